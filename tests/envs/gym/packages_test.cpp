// robosuite and the Kitchen, as configs/q2rl has them. Their packages are large, so that scripts/gym_check.sh alone asks for these
// tests (ONRAMP_GYM_CHECK).
#include <gtest/gtest.h>

#include <cstdlib>

#include "gym_testing.h"
#include "onramp/base/error.h"
#include "onramp/core/tensor_io.h"
#include "onramp/envs/wrappers.h"
#include "support/expect_throws.h"

namespace onramp::test {
namespace {

bool asked_for() { return std::getenv("ONRAMP_GYM_CHECK") != nullptr; }

gym::GymConfig of_file(gym::GymPackages packages, const std::string& file, const std::string& id,
                       const std::string& kwargs = "{}") {
  gym::GymConfig config;
  config.packages = packages;
  config.file = ONRAMP_SOURCE_DIR "/configs/q2rl/parts/" + file;
  config.id = id;
  config.kwargs = parse_config_text("kwargs: " + kwargs, "test").at("kwargs");
  return config;
}

/// Few steps, since a test takes many episodes.
gym::GymConfig robosuite(const std::string& id, const std::string& kwargs = "{}") {
  auto config = of_file(gym::GymPackages::kRobosuite, "robosuite_tasks.py", id, kwargs);
  config.reward = gym::GymReward::kSuccess;
  config.ends_at_success = true;
  config.max_steps = 8;
  return config;
}
gym::GymConfig kitchen(const std::string& kwargs = "{}") {
  return of_file(gym::GymPackages::kKitchen, "kitchen_task.py", "kitchen", kwargs);
}

}  // namespace

NamedEnvironments package_environments() {
  if (!asked_for()) return {};
  auto short_kitchen = kitchen();
  short_kitchen.max_steps = 20;
  NamedEnvironments cases{{"kitchen", [=] { return gym::make_gym_environment(short_kitchen); }}};
  for (const std::string id : {"lift", "can", "square"}) {
    cases.emplace_back("robosuite_" + id, [id] { return gym::make_gym_environment(robosuite(id)); });
  }
  return cases;
}

namespace {

std::vector<float> state_after(Environment& environment, uint64_t seed,
                               const std::vector<std::vector<float>>& actions) {
  auto observation = environment.reset(seed);
  for (const auto& action : actions) observation = environment.step(copy_to_tensor(action)).obs;
  return copy_to_vector<float>(observation.at("state"));
}

/// {eef position 3, quaternion 4 (x y z w), gripper 2, object ...}: what robomimic's low_dim files hold, in its order.
TEST(Robosuite, StateIsRobomimics) {
  if (!asked_for()) GTEST_SKIP() << "scripts/gym_check.sh";
  const auto lift = gym::make_gym_environment(robosuite("lift"));
  const auto s = state_after(*lift, 3, {});
  ASSERT_EQ(s.size(), 3U + 4 + 2 + 10);
  const auto norm = [](const float* q) { return std::hypot(std::hypot(q[0], q[1]), std::hypot(q[2], q[3])); };
  EXPECT_NEAR(norm(&s[3]), 1, 1e-4);
  EXPECT_NEAR(s[7], -s[8], 1e-3) << "fingers mirror each other";
  EXPECT_NEAR(norm(&s[12]), 1, 1e-4) << "the cube's";
  EXPECT_LT(std::abs(s[9]), 0.035) << "the cube lies within 3 cm of the middle of the table";
  EXPECT_LT(std::abs(s[10]), 0.035);
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(s[16 + i], s[9 + i] - s[i], 1e-5) << "cube minus gripper";
  const auto old = state_after(*gym::make_gym_environment(robosuite("lift", "{recorded_with: 1.4}")), 3, {});
  for (size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(old[16 + i], s[i] - s[9 + i], 1e-5) << "robosuite 1.4: the other way round";
}

TEST(Robosuite, ObjectsStandInTheOrderOfTheVersionThatRecorded) {
  if (!asked_for()) GTEST_SKIP() << "scripts/gym_check.sh";
  for (const std::string id : {"can", "square"}) {
    const auto s = state_after(*gym::make_gym_environment(robosuite(id)), 3, {});
    const auto old = state_after(*gym::make_gym_environment(robosuite(id, "{recorded_with: '1.4'}")), 3, {});
    ASSERT_EQ(s.size(), 3U + 4 + 2 + 14);
    ASSERT_EQ(old.size(), s.size());
    for (size_t i = 0; i < 7; ++i) {
      EXPECT_EQ(old[9 + i], s[16 + i]) << id;
      EXPECT_EQ(old[16 + i], s[9 + i]) << id;
    }
    // Its distance to the gripper is the same, seen from either.
    const double apart = std::hypot(s[16] - s[0], s[17] - s[1], s[18] - s[2]);
    EXPECT_NEAR(std::hypot(s[9], s[10], s[11]), apart, 1e-4) << id << ": also before the first step";
  }
}

// robomimic's OSC_POSE: 1 is 5 cm along that axis of the world, and a gripper of 1 closes.
TEST(Robosuite, ActionsMoveTheHandAsRobomimicsDo) {
  if (!asked_for()) GTEST_SKIP() << "scripts/gym_check.sh";
  const auto lift = gym::make_gym_environment(robosuite("lift"));
  const auto start = state_after(*lift, 3, {});
  for (size_t axis = 0; axis < 3; ++axis) {
    std::vector<float> action(7, 0.0F);
    action[axis] = 0.4F;
    action[6] = -1;
    const auto moved = state_after(*lift, 3, std::vector<std::vector<float>>(6, action));
    for (size_t i = 0; i < 3; ++i) {
      if (i == axis) {
        EXPECT_GT(moved[i] - start[i], 0.015) << i;  // six goals 2 cm ahead, each from where the hand is by then
      } else {
        EXPECT_LT(std::abs(moved[i] - start[i]), 0.01) << i << " of " << axis;
      }
    }
  }
  const std::vector<float> close{0, 0, 0, 0, 0, 0, 1}, open{0, 0, 0, 0, 0, 0, -1};
  EXPECT_LT(state_after(*lift, 3, std::vector<std::vector<float>>(7, close))[7],
            state_after(*lift, 3, std::vector<std::vector<float>>(7, open))[7]);
}

TEST(Robosuite, IsFilmedByACamera) {
  if (!asked_for()) GTEST_SKIP() << "scripts/gym_check.sh";
  auto config = robosuite("lift", "{camera: agentview}");
  config.render = true;
  const auto environment = gym::make_gym_environment(config);
  environment->reset(1);
  const auto picture = find_renderable(*environment)->render(64, 64);
  EXPECT_GT(picture.to(at::kFloat).std().item<float>(), 10) << "something is to be seen";
}

TEST(Kitchen, ShowsWhatRecordedSetsHold) {
  if (!asked_for()) GTEST_SKIP() << "scripts/gym_check.sh";
  const auto d4rl = gym::make_gym_environment(kitchen()),
             own = gym::make_gym_environment(kitchen("{observes: gymnasium}"));
  EXPECT_EQ(d4rl->spec().action.dim, 9);
  EXPECT_EQ(d4rl->spec().max_steps, 280);
  const auto s = state_after(*d4rl, 3, {}), g = state_after(*own, 3, {});
  ASSERT_EQ(s.size(), 60U);
  ASSERT_EQ(g.size(), 59U);
  for (size_t i = 0; i < 9; ++i) EXPECT_EQ(s[i], g[i]);            // joints
  for (size_t i = 0; i < 21; ++i) EXPECT_EQ(s[9 + i], g[18 + i]);  // objects
  EXPECT_EQ(s[30 + 22], -0.75F);                                   // microwave
  EXPECT_EQ(s[30 + 19], 0.37F);                                    // slide cabinet
  EXPECT_EQ((std::vector<float>(s.begin() + 30 + 23, s.end())),
            (std::vector<float>{-0.23F, 0.75F, 1.62F, 0.99F, 0, 0, -0.06F}));
}

// kitchen_opens.py does a subtask at each second step.
TEST(Kitchen, RewardCountsSubtasksAndTheLastEndsTheEpisode) {
  if (!asked_for()) GTEST_SKIP() << "scripts/gym_check.sh";
  auto config = kitchen();
  config.file = ONRAMP_TESTS_DIR "/envs/gym/kitchen_opens.py";
  config.id = "Opens";
  const auto environment = gym::make_gym_environment(config);
  for (const uint64_t seed : {1, 2}) {  // the second does not begin with what the first has done
    environment->reset(seed);
    std::vector<double> rewards;
    Step step;
    while (!step.end && rewards.size() < 20) {
      step = environment->step(copy_to_tensor(std::vector<float>(9, 0.0F)));
      rewards.push_back(step.reward);
      EXPECT_EQ(step.success, step.reward == 4);
    }
    EXPECT_EQ(rewards, (std::vector<double>{0, 1, 1, 2, 2, 3, 3, 4}));
    EXPECT_EQ(step.end, EndReason::kSuccess);
  }
}

TEST(Kitchen, InAPythonWithAnotherMujocoSaysWhichToMake) {
  const auto python = python_with_gymnasium();
  if (python.empty()) GTEST_SKIP() << kNoGymnasium;
  auto config = kitchen();
  config.python = python;
  expect_throws<EnvironmentError>([&] { gym::make_gym_environment(config); },
                                  "Kitchen does not work with MuJoCo 4.0.0; scripts/setup.sh --kitchen makes a Python");
}

TEST(Packages, ThatAreNotThereAreNamedWithTheCommandThatMakesThem) {
  auto lift = robosuite("lift");
  lift.python = "/usr/bin/python3";
  expect_throws<ConfigError>([&] { gym::make_gym_environment(lift); },
                             "'; scripts/setup.sh --robosuite makes a Python that has it");
  auto kitchens = kitchen();
  kitchens.python = "/usr/bin/python3";
  expect_throws<ConfigError>([&] { gym::make_gym_environment(kitchens); },
                             "has no package 'gymnasium'; scripts/setup.sh --kitchen makes a Python that has it");
}

}  // namespace
}  // namespace onramp::test
