// Environments in Python, several at once: the same seeds are the same episodes, however many processes there are.
#include <gtest/gtest.h>

#include <filesystem>

#include "envs/gym/gym_testing.h"
#include "onramp/core/device.h"
#include "onramp/policies/random_policy.h"
#include "onramp/policies/torchscript_policy.h"
#include "onramp/training/evaluation.h"
#include "support/torchscript_files.h"

namespace onramp::test {
namespace {

EvaluationResult score(const gym::GymConfig& config, Policy& policy, int64_t episodes, int64_t batch, int64_t threads,
                       bool sample = true) {
  BatchedEnvironment environments([&] { return gym::make_gym_environment(config); }, batch, threads);
  return evaluate(environments, policy, "policy", {.episodes = episodes, .batch = batch, .sample = sample});
}

/// Sees Point's state of three values and acts in both dimensions.
ScriptParts for_point(ScriptParts parts) {
  const auto replace = [](std::string& text, const std::string& what, const std::string& with) {
    text.replace(text.find(what), what.size(), with);
  };
  replace(parts.spec, "[2]", "[3]");
  replace(parts.spec, R"("action": {"dim": 1})", R"("action": {"dim": 2})");
  replace(parts.spec, R"("noise": {"dim": 1})", R"("noise": {"dim": 2})");
  replace(parts.mean, "torch.narrow(obs[\"state\"], 1, 0, 1)", "torch.narrow(obs[\"state\"], 1, 0, 2)");
  return parts;
}

// Its reward is the point's place after the step, to the last bit; its noise follows the seed.
TEST(GymEvaluation, IsTheSameWithAnyNumberOfProcessesAndThreads) {
  TorchScriptPolicy remembers(script_file(for_point(with_memory())), "memory.pt");
  RandomPolicy chance(ActionSpec{.dim = 2});
  const auto config = tiny("Point", "{length: 9}");
  for (Policy* policy : {static_cast<Policy*>(&remembers), static_cast<Policy*>(&chance)})
    for (const bool sample : {false, true}) {
      const auto one = score(config, *policy, 9, 1, 1, sample).to_json();
      for (const auto& [batch, threads] : {std::pair{3, 1}, std::pair{3, 2}, std::pair{8, 2}, std::pair{8, 8}}) {
        EXPECT_EQ(score(config, *policy, 9, batch, threads, sample).to_json(), one) << batch << ", " << threads;
      }
    }
}

TEST(GymEvaluation, OfAdroitsDoorIsTheSameWithAnyNumberOfProcesses) {
  const auto python = python_with_gymnasium();
  if (python.empty()) GTEST_SKIP() << kNoGymnasium;
  gym::GymConfig config;
  config.id = "AdroitHandDoor-v1";
  config.imports = {"gymnasium_robotics"};
  config.python = python;
  config.max_steps = 40;
  RandomPolicy chance(ActionSpec{.dim = 28});
  const auto one = score(config, chance, 5, 1, 1).to_json();
  EXPECT_EQ(score(config, chance, 5, 3, 3).to_json(), one);
  EXPECT_EQ(score(config, chance, 5, 3, 2).to_json(), one);
  EXPECT_NE(one.at("returns")[0], one.at("returns")[1]);
}

}  // namespace
}  // namespace onramp::test
