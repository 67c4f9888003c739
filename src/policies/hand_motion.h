// How a motion of the hand becomes an action of deltas, and what is drawn of how an expert does it. Internal.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "onramp/base/random.h"
#include "onramp/policies/hand_expert.h"

namespace onramp {

/// What a hand is to do: how far to go and to turn until it is there, along and about the axes of the base frame.
struct HandMotion {
  std::array<double, 3> move_m{}, turn_rad{};
  bool close = false;
};

/// [move, turn, gripper], still to be clipped: at most the share `speed` of the environment's deltas, and it shakes. Draws six
/// numbers, also where nothing shakes.
inline std::array<double, 7> action_of(const HandMotion& motion, const HandExpertConfig& config, double speed,
                                       Rng& random) {
  constexpr double kSteps = 2.5;  // it covers the distance that is left in about so many
  const double shake = config.noise * config.action_noise;
  std::array<double, 7> action{};
  for (size_t i = 0; i < 3; ++i) {
    const double move = motion.move_m[i] / kSteps / config.delta_m;
    const double turn = motion.turn_rad[i] / kSteps / config.delta_rad;
    action[i] = std::clamp(move, -speed, speed) + shake * random.normal();
    action[3 + i] = std::clamp(turn, -speed, speed) + shake * random.normal();
  }
  action[6] = motion.close ? 1.0 : -1.0;
  return action;
}

/// Of an attempt: a share of the fastest, between `slow` and 1 with noise 1, between 0.9 and 1 without.
inline double drawn_speed(const HandExpertConfig& config, Rng& random) {
  return random.uniform(0.9 + std::min(1.0, config.noise) * (config.slow - 0.9), 1.0);
}

/// Whether it tries again after a miss: always without noise, with probability `retry` at noise 1.
inline bool tries_again(const HandExpertConfig& config, Rng& random) {
  return random.bernoulli(1.0 - std::min(1.0, config.noise) * (1.0 - config.retry));
}

}  // namespace onramp
