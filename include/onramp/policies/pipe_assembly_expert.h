// Scripted expert of `pipe_assembly`: across the pipe, close, up, its end before the fixture's mouth
// and turned to it, in. Reads only `privileged`.
//
// With noise 0 it nearly always succeeds. Noise makes it mediocre the way people are: it grips the pipe elsewhere and aims it beside the
// mouth and askew (another error each try), its hand shakes, some attempts are slow, and after a miss or when the pipe jams it
// does not always try again.
#pragma once

#include <memory>

#include "onramp/base/config.h"
#include "onramp/data/policy.h"

namespace onramp {

/// How good the expert is: 0 noise is as good as it can be.
struct PipeAssemblyExpertConfig {
  double noise = 1.0;
  double grip_error_m = 0.01;
  double aim_error_m = 0.0004;
  double turn_error_rad = 0.008;
  double action_noise = 0.03;
  double slow = 0.4;
  double retry = 0.7;
  double delta_m = 0.015;
  double delta_rad = 0.02625;

  template <class V>
  void fields(V& v) {
    v("noise", noise, "scales all errors below; 0: as well as it can", in_range(0.0, 5.0));
    v("grip_error_m", grip_error_m, "standard deviation of where it grips beside its aim, anew each try",
      at_least(0.0));
    v("aim_error_m", aim_error_m, "standard deviation of where it aims beside the mouth, anew each try", at_least(0.0));
    v("turn_error_rad", turn_error_rad, "standard deviation of how it turns the pipe, anew each try", at_least(0.0));
    v("action_noise", action_noise, "standard deviation of what is added to each delta in each step", at_least(0.0));
    v("slow", slow, "speed is drawn between this share of the limit and the limit (noise 0: 0.9)", in_range(0.05, 1.0));
    v("retry", retry, "probability of trying again after a miss; noise 0: always", in_range(0.0, 1.0));
    v("delta_m", delta_m, "the environment's delta at action 1", greater_than(0.0));
    v("delta_rad", delta_rad, "the environment's turn at action 1", greater_than(0.0));
  }
};

/// Acts on the entry `privileged` of the observation.
/// @throws ConfigError when the environment has no such entry, or not the fields of pipe_assembly
std::unique_ptr<Policy> make_pipe_assembly_expert(const PipeAssemblyExpertConfig& config,
                                                  const ObservationSpec& observation, const ActionSpec& action);

}  // namespace onramp
