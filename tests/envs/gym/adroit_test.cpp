// Adroit of Gymnasium-Robotics, where scripts/setup.sh --gym was called; and against episodes that others recorded in it.
#include <gtest/gtest.h>

#include <filesystem>

#include "gym_testing.h"
#include "onramp/core/tensor_io.h"
#include "onramp/data/d4rl_reader.h"
#include "support/d4rl_files.h"

namespace onramp::test {
namespace {

gym::GymConfig adroit(const std::string& task) {
  gym::GymConfig config;
  config.id = "AdroitHand" + task + "-v1";
  config.imports = {"gymnasium_robotics"};
  config.python = python_with_gymnasium();
  return config;
}

}  // namespace

NamedEnvironments adroit_environments() {
  // Asked for before any test runs, where nothing can fail: whether it is there is told by the tests below.
  if (!std::filesystem::exists(kGymnasiumPython)) return {};
  auto sparse = adroit("Pen");
  sparse.reward = gym::GymReward::kSuccessMinusOne;
  sparse.ends_at_success = true;
  sparse.max_steps = 40;
  return {{"door", [] { return gym::make_gym_environment(adroit("Door")); }},
          {"pen_sparse", [=] { return gym::make_gym_environment(sparse); }}};
}

namespace {

/// Replays the first episodes of a file in the environment: number k was recorded with seed k. Its actions are float32, not
/// what was taken to the last bit, so that the two part: by 1e-8 after a step, by 1e-4 after 60 to 100. Another action, seed or
/// order of the joints is off by 1e-2 after the first.
constexpr size_t kSteps = 60;
void expect_as_recorded(const std::string& task, const std::string& name) {
  if (python_with_gymnasium().empty()) GTEST_SKIP() << kNoGymnasium;
  const auto file = real_data(name);
  if (!file) GTEST_SKIP() << "adroit/" << name << " is neither in ONRAMP_TEST_DATA nor in ../shared/data";
  const auto episodes = read_d4rl(*file, {.reward = D4rlReward::kFile, .cut_at_success = false});
  const auto environment = gym::make_gym_environment(adroit(task));
  for (size_t k = 0; k < 3; ++k) {
    const Episode& episode = episodes.at(k);
    const auto states = episode.vectors.at("state");
    const auto dim = static_cast<size_t>(environment->spec().observation.entries.at(0).numel());
    const auto action_dim = static_cast<size_t>(environment->spec().action.dim);
    const auto expect_state = [&](const Observation& observation, size_t t) {
      const auto state = copy_to_vector<float>(observation.at("state"));
      for (size_t i = 0; i < dim; ++i) {
        ASSERT_NEAR(state[i], states[t * dim + i], 1e-3) << "episode " << k << ", step " << t << ", value " << i;
      }
    };
    expect_state(environment->reset(k), 0);
    for (size_t t = 0; t < kSteps; ++t) {
      const auto action = std::span<const float>(episode.action).subspan(t * action_dim, action_dim);
      const Step step = environment->step(copy_to_tensor(action, {static_cast<int64_t>(action_dim)}));
      ASSERT_NO_FATAL_FAILURE(expect_state(step.obs, t + 1));
      ASSERT_NEAR(step.reward, episode.reward[t], 1e-3) << "episode " << k << ", step " << t;
      ASSERT_EQ(step.success, episode.success[t] != 0) << "episode " << k << ", step " << t;
    }
  }
}

TEST(GymAdroit, DoorGoesAsItWasRecorded) { expect_as_recorded("Door", "door_expert.hdf5"); }
TEST(GymAdroit, PenGoesAsItWasRecorded) { expect_as_recorded("Pen", "pen_expert.hdf5"); }

}  // namespace
}  // namespace onramp::test
