// How a motion of the hand, tilt and all, becomes an action of deltas. (pick_expert.h keeps the hand upright.) Internal.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "onramp/base/random.h"

namespace onramp {

/// What a hand is to do: how far to go and to turn until it is there, along and about the axes of the base frame.
struct HandMotion {
  std::array<double, 3> move_m{}, turn_rad{};
  bool close = false;
};

/// How it does it.
struct HandPace {
  double delta_m, delta_rad;  ///< the environment's, at action 1
  double steps = 2.5;         ///< it covers the distance that is left in about so many
  double speed = 1.0;         ///< at most this share of the environment's
  double shake = 0.0;         ///< standard deviation of what is added to each delta, in units of the action
};

/// [move, turn, gripper], still to be clipped. Draws six numbers, also where nothing shakes.
inline std::array<double, 7> action_of(const HandMotion& motion, const HandPace& pace, Rng& random) {
  std::array<double, 7> action{};
  for (size_t i = 0; i < 3; ++i) {
    const double move = motion.move_m[i] / pace.steps / pace.delta_m;
    const double turn = motion.turn_rad[i] / pace.steps / pace.delta_rad;
    action[i] = std::clamp(move, -pace.speed, pace.speed) + pace.shake * random.normal();
    action[3 + i] = std::clamp(turn, -pace.speed, pace.speed) + pace.shake * random.normal();
  }
  action[6] = motion.close ? 1.0 : -1.0;
  return action;
}

/// Of an attempt: a share of the fastest, between `slow` and 1 with noise 1, between 0.9 and 1 without.
inline double drawn_speed(double noise, double slow, Rng& random) {
  return random.uniform(0.9 + std::min(1.0, noise) * (slow - 0.9), 1.0);
}

/// Whether it tries again after a miss: always without noise, with probability `retry` at noise 1.
inline bool tries_again(double noise, double retry, Rng& random) {
  return random.bernoulli(1.0 - std::min(1.0, noise) * (1.0 - retry));
}

}  // namespace onramp
