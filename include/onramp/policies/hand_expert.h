// What scripted experts of a hand at a table have in common: how good they are. 0 noise is as good as they can be.
//
// Noise makes them mediocre the way people are: they aim beside the place (another error each try) and turn the hand wrongly, their
// hand shakes, some attempts are slow, and after a miss they do not always try again. What they aim at is not seen by who imitates
// them: a clone of their successes knows the way and not the last centimetre.
#pragma once

#include "onramp/base/config.h"

namespace onramp {

/// Settings of every such expert. Errors are standard deviations at noise 1.
struct HandExpertConfig {
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
    v("aim_error_m", aim_error_m, "standard deviation of where it aims beside the place, anew each try", at_least(0.0));
    v("turn_error_rad", turn_error_rad, "standard deviation of how it turns the hand, anew each try", at_least(0.0));
    v("action_noise", action_noise, "standard deviation of what is added to each delta in each step", at_least(0.0));
    v("slow", slow, "speed is drawn between this share of the limit and the limit (noise 0: 0.9)", in_range(0.05, 1.0));
    v("retry", retry, "probability of trying again after a miss; noise 0: always", in_range(0.0, 1.0));
    v("delta_m", delta_m, "the environment's delta at action 1", greater_than(0.0));
    v("delta_rad", delta_rad, "the environment's turn at action 1", greater_than(0.0));
  }
};

}  // namespace onramp
