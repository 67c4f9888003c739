// The same task and agent in a loop of one's own: no catalog, no config, no files.
#include <iostream>

#include "experiment.h"

int main() {
  using namespace experiment;
  Reach world;
  const auto& spec = world.spec();
  Replay replay(spec.observation, spec.action);
  replay.add_source("offline");
  const auto attempt = [&](Policy& policy, uint64_t seed) {
    replay.add(collect_episode(world, policy, ActMode::kSample, seed).episode, {"offline"});
  };
  RandomPolicy chance(spec.action);
  for (uint64_t seed = 0; seed < 200; ++seed) attempt(chance, seed);

  const Parts given{{"normalizer", save_normalizer(fit_normalizer(replay, "offline"))}};
  Smooth agent({}, {.observation = spec.observation, .action = spec.action, .seed = 1, .given = &given});
  Sampler sampler(/*seed=*/1);
  const auto learn = [&](int updates) {
    for (int i = 0; i < updates; ++i) agent.update(sampler.sample(agent.sample_plan(), replay));
  };
  learn(1000);
  for (uint64_t seed = 200; seed < 230; ++seed) attempt(*agent.policy(), seed), learn(20);

  auto worlds = environments_for({}, [] { return std::make_unique<Reach>(); });
  std::cout << success_table({evaluate(worlds, chance, "chance", {}), evaluate(worlds, *agent.policy(), "agent", {})});
}
