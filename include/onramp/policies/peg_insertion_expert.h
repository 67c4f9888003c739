// Scripted expert of `peg_insertion`: above the hole, upright and turned to it, down. Reads only `privileged`.
//
// With noise 0 it nearly always succeeds. Noise makes it mediocre the way people are: it aims beside the hole and holds the peg
// askew (another error each attempt), its hand shakes, some attempts are slow, and when the peg comes down on the board it
// does not always lift it and try again.
#pragma once

#include <memory>

#include "onramp/base/config.h"
#include "onramp/data/policy.h"

namespace onramp {

/// How good the expert is: 0 noise is as good as it can be.
struct PegInsertionExpertConfig {
  double noise = 1.0;
  double aim_error_m = 0.0005;
  double turn_error_rad = 0.01;
  double action_noise = 0.03;
  double slow = 0.4;
  double retry = 0.6;
  double delta_m = 0.015;
  double delta_rad = 0.02625;

  template <class V>
  void fields(V& v) {
    v("noise", noise, "scales all errors below; 0: as well as it can", in_range(0.0, 5.0));
    v("aim_error_m", aim_error_m, "standard deviation of where it aims beside the hole, anew each try", at_least(0.0));
    v("turn_error_rad", turn_error_rad, "standard deviation of how it holds the peg, about each axis, anew each try",
      at_least(0.0));
    v("action_noise", action_noise, "standard deviation of what is added to each delta in each step", at_least(0.0));
    v("slow", slow, "speed is drawn between this share of the limit and the limit (noise 0: 0.9)", in_range(0.05, 1.0));
    v("retry", retry, "probability of trying again after a miss; noise 0: always", in_range(0.0, 1.0));
    v("delta_m", delta_m, "the environment's delta at action 1", greater_than(0.0));
    v("delta_rad", delta_rad, "the environment's turn at action 1", greater_than(0.0));
  }
};

/// Acts on the entry `privileged` of the observation.
/// @throws ConfigError when the environment has no such entry, or not the fields of peg_insertion
std::unique_ptr<Policy> make_peg_insertion_expert(const PegInsertionExpertConfig& config,
                                                  const ObservationSpec& observation, const ActionSpec& action);

}  // namespace onramp
