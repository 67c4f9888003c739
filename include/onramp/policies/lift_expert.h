// Scripted expert of `lift`: above the cube, turned to its faces, down, close, up. Reads only `privileged`.
//
// With noise 0 it nearly always succeeds. Noise makes it mediocre the way people are: it aims beside the cube (another error
// each attempt) and turns the hand wrongly, its hand shakes, some attempts are slow, and after a miss it does not always try
// again. What it aims at is not seen by who imitates it: a clone of its successes knows the way and not the last centimetre.
#pragma once

#include <memory>

#include "onramp/base/config.h"
#include "onramp/data/policy.h"

namespace onramp {

/// How good the expert is: 0 noise is as good as it can be.
struct LiftExpertConfig {
  double noise = 1.0;
  double aim_error_m = 0.012;
  double turn_error_rad = 0.2;
  double action_noise = 0.1;
  double slow = 0.4;
  double retry = 0.5;
  double delta_m = 0.015;
  double delta_rad = 0.05;

  template <class V>
  void fields(V& v) {
    v("noise", noise, "scales all errors below; 0: as well as it can", in_range(0.0, 5.0));
    v("aim_error_m", aim_error_m, "standard deviation of where it aims beside the cube, anew each attempt",
      at_least(0.0));
    v("turn_error_rad", turn_error_rad, "standard deviation of how it turns the hand, anew each attempt",
      at_least(0.0));
    v("action_noise", action_noise, "standard deviation of what is added to each delta in each step", at_least(0.0));
    v("slow", slow, "speed is drawn between this share of the limit and the limit (noise 0: 0.9)", in_range(0.05, 1.0));
    v("retry", retry, "probability of trying again after a miss; noise 0: always", in_range(0.0, 1.0));
    v("delta_m", delta_m, "the environment's delta at action 1", greater_than(0.0));
    v("delta_rad", delta_rad, "the environment's turn at action 1", greater_than(0.0));
  }
};

/// Acts on the entry `privileged` of the observation.
/// @throws ConfigError when the environment has no such entry, or not the fields of lift
std::unique_ptr<Policy> make_lift_expert(const LiftExpertConfig& config, const ObservationSpec& observation,
                                         const ActionSpec& action);

}  // namespace onramp
