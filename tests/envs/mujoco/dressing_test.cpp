// What pictures for people show beside the model.
#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "onramp/envs/mujoco/vacuum_grasp.h"
#include "onramp/envs/wrappers.h"

namespace onramp::mujoco {
namespace {

TEST(Dressing, PicturesForPeopleHaveNoBlackBehindThem) {
  const auto environment = make_vacuum_grasp({.images = false});
  environment->reset(1);
  const auto picture = find_renderable(*environment)->render(160, 120);
  EXPECT_EQ(picture.to(at::kInt).sum(2).le(30).sum().item<int64_t>(), 0);
}

/// What people see is drawn beside the model: nothing of it reaches what policies see, nor the physics.
TEST(Dressing, DrawingForPeopleChangesNothingElse) {
  VacuumGraspConfig config;
  config.view = View::kBoth;
  const auto watched = make_vacuum_grasp(config), alone = make_vacuum_grasp(config);
  for (uint64_t seed = 0; seed < 3; ++seed) {
    auto a = watched->reset(seed), b = alone->reset(seed);
    for (int i = 0; i < 20; ++i) {
      for (const auto& [name, value] : a) EXPECT_TRUE(at::equal(value, b.at(name))) << name << " at step " << i;
      find_renderable(*watched)->render(96, 72);
      const auto action = at::tensor({0.4, -0.3, -0.7, 0.0, 0.0, 0.0, i > 10 ? 1.0 : -1.0}, at::kFloat);
      a = watched->step(action).obs;
      b = alone->step(action).obs;
    }
  }
  // The scene camera as a policy sees it shows the bare model before black; as people see it, not.
  const auto bare = watched->reset(1).at("scene");
  EXPECT_GT(bare.to(at::kInt).sum(2).eq(0).sum().item<int64_t>(), 100);
}

}  // namespace
}  // namespace onramp::mujoco
