// Scripted expert of `pipe_assembly`: across the pipe, close, up, its end before the fixture's mouth
// and turned to it, in. Reads only `privileged`.
//
// With noise 0 it nearly always succeeds. Noise makes it mediocre the way people are: it grips the pipe elsewhere and aims it beside the
// mouth and askew (another error each try), its hand shakes, some attempts are slow, and after a miss or when the pipe jams it
// does not always try again.
#pragma once

#include <memory>

#include "onramp/data/policy.h"
#include "onramp/policies/hand_expert.h"

namespace onramp {

/// How good the expert is: it aims beside the mouth, turns the pipe askew, and grips the pipe beside its middle.
struct PipeAssemblyExpertConfig : HandExpertConfig {
  double grip_error_m = 0.01;

  PipeAssemblyExpertConfig() {
    aim_error_m = 0.0004;
    turn_error_rad = 0.008;
    action_noise = 0.03;
    retry = 0.7;
    delta_rad = 0.02625;
  }
  template <class V>
  void fields(V& v) {
    HandExpertConfig::fields(v);
    v("grip_error_m", grip_error_m, "standard deviation of where it grips beside its aim, anew each try",
      at_least(0.0));
  }
};

/// Acts on the entry `privileged` of the observation.
/// @throws ConfigError when the environment has no such entry, or not the fields of pipe_assembly
std::unique_ptr<Policy> make_pipe_assembly_expert(const PipeAssemblyExpertConfig& config,
                                                  const ObservationSpec& observation, const ActionSpec& action);

}  // namespace onramp
