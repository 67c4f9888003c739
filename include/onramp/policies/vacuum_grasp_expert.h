// Scripted expert of `vacuum_grasp`: above the item, down, suction, up, hold. Reads only `privileged`.
//
// With noise 0 it nearly always succeeds. Noise makes it mediocre the way people are: it aims beside the item (another
// error each attempt), its hand shakes, some attempts are slow, and sometimes it gives up. Good and bad attempts visit the
// same places, so that a learner can tell what made the difference.
#pragma once

#include <cstdint>
#include <memory>

#include "onramp/base/config.h"
#include "onramp/data/policy.h"

namespace onramp {

/// How good the expert is: 0 noise is as good as it can be.
struct VacuumGraspExpertConfig {
  double noise = 1.0;
  double aim_error_m = 0.028;
  double action_noise = 0.15;
  double slow = 0.5;
  double give_up = 0.1;
  double retry = 0.3;
  double linear_speed_m_s = 0.2;
  double angular_speed_rad_s = 0.3;

  template <class V>
  void fields(V& v) {
    v("noise", noise, "scales all errors below; 0: as well as it can", in_range(0.0, 5.0));
    v("aim_error_m", aim_error_m, "standard deviation of where it aims beside and above the item, anew each attempt",
      at_least(0.0));
    v("action_noise", action_noise, "standard deviation of what is added to each velocity in each step", at_least(0.0));
    v("slow", slow, "speed is drawn between this share of the limit and the limit (noise 0: 0.9)", in_range(0.05, 1.0));
    v("give_up", give_up, "probability of giving up at a random step", in_range(0.0, 1.0));
    v("retry", retry, "probability of trying again after a miss; noise 0: always", in_range(0.0, 1.0));
    v("linear_speed_m_s", linear_speed_m_s, "the environment's speed at action 1", greater_than(0.0));
    v("angular_speed_rad_s", angular_speed_rad_s, "the environment's speed at action 1", greater_than(0.0));
  }
};

/// Acts on the entry `privileged` of the observation.
/// @throws ConfigError when the environment has no such entry, or not the fields of vacuum_grasp
std::unique_ptr<Policy> make_vacuum_grasp_expert(const VacuumGraspExpertConfig& config,
                                                 const ObservationSpec& observation, const ActionSpec& action);

}  // namespace onramp
