// Attempts of a policy at a task, each from a seed of its own.
#pragma once

#include <ATen/Functions.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "onramp/base/random.h"
#include "onramp/data/policy.h"
#include "onramp/envs/environment.h"

namespace onramp::test {

/// @param see    is shown what the policy is about to act on, and may change it; may be empty
/// @param after  is shown each step
inline void attempt(Environment& environment, Policy& policy, uint64_t seed,
                    const std::function<void(Observation&)>& see, const std::function<void(const Step&)>& after) {
  Observation observation = environment.reset(seed);
  RandomStream draws(seed, "act");
  const auto state = policy.begin(1);
  for (bool running = true; running;) {
    if (see) see(observation);
    Rng random = draws.next();
    Step step =
        environment.step(policy.act(observation.unsqueeze(), *state, ActMode::kSample, random).action[0].contiguous());
    after(step);
    running = !step.end;
    observation = std::move(step.obs);
  }
}

/// How many of `attempts` succeed. @param name  of the stream of seeds
inline int successes_of(Environment& environment, Policy& policy, const std::string& name, int attempts,
                        const std::function<void(Observation&)>& see = {}) {
  int successes = 0;
  for (int i = 0; i < attempts; ++i) {
    bool success = false;
    attempt(environment, policy, derive_seed(0, name, static_cast<uint64_t>(i)), see,
            [&](const Step& step) { success |= step.success; });
    successes += success;
  }
  return successes;
}

/// Everything that attempts show, pictures as the sum of their bytes. @param name  of the stream of seeds
inline std::vector<double> course_of(Environment& environment, Policy& policy, const std::string& name, int attempts) {
  std::vector<double> values;
  const auto look = [&](const Observation& observation) {
    for (const auto& [entry, value] : observation) {
      if (value.scalar_type() == at::kByte) {
        values.push_back(value.sum().item<double>());
      } else {
        const auto flat = value.contiguous();
        values.insert(values.end(), flat.const_data_ptr<float>(), flat.const_data_ptr<float>() + flat.numel());
      }
    }
  };
  for (int i = 0; i < attempts; ++i) {
    attempt(environment, policy, derive_seed(3, name, static_cast<uint64_t>(i)), look, [&](const Step& step) {
      values.push_back(step.reward);
      if (step.end) look(step.obs);
    });
  }
  return values;
}

}  // namespace onramp::test
