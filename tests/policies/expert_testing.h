// What holds of every scripted expert.
#pragma once

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "onramp/base/random.h"
#include "onramp/data/policy.h"

namespace onramp::test {

/// @param policy  with noise
inline void expect_the_draw_decides_and_a_reset_forgets(Policy& policy, const Observation& observation) {
  const auto act = [&](PolicyState& state, uint64_t k) {
    Rng random = RandomStream(2, "act").at(k);
    return policy.act(observation, state, ActMode::kSample, random).action;
  };
  const auto one = policy.begin(1), two = policy.begin(1);
  EXPECT_TRUE(at::equal(act(*one, 0), act(*two, 0)));
  EXPECT_TRUE(at::equal(act(*one, 1), act(*two, 1)));
  one->reset(0);
  EXPECT_TRUE(at::equal(act(*one, 0), act(*policy.begin(1), 0)));
  EXPECT_FALSE(at::equal(act(*two, 5), act(*two, 6)));
}

/// @param policy  with a lot of noise
inline void expect_actions_in_bounds(Policy& policy, const Observation& observation) {
  const auto state = policy.begin(1);
  RandomStream stream(3, "act");
  for (int i = 0; i < 100; ++i) {
    Rng random = stream.next();
    const auto action = policy.act(observation, *state, ActMode::kSample, random).action;
    EXPECT_LE(action.abs().max().item<float>(), 1.0f);
  }
}

}  // namespace onramp::test
