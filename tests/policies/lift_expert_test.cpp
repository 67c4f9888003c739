#include "onramp/policies/lift_expert.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "expert_testing.h"
#include "onramp/core/tensor_io.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

ObservationSpec lift_spec() {
  EntrySpec entry{.name = "privileged", .shape = {12}, .privileged = true};
  for (const char* field : {"tool_x_m", "tool_y_m", "tool_z_m", "tool_rx_rad", "tool_ry_rad", "tool_rz_rad", "width_m",
                            "force_N", "cube_x_m", "cube_y_m", "cube_z_m", "cube_turn_rad"}) {
    entry.fields.push_back(field);
  }
  return {{entry}};
}

/// The tool at the origin, the cube at (x, y) on the table.
Observation hand_and_cube(float z, float width, float x, float y, float turn) {
  return {{"privileged",
           copy_to_tensor<float>(std::vector<float>{0, 0, z, 0.05f, 0, 0, width, 0, x, y, 0.021f, turn}, {1, 12})}};
}

std::unique_ptr<Policy> lifter(double noise) { return make_lift_expert({.noise = noise}, lift_spec(), {.dim = 7}); }

at::Tensor first_action(const Observation& observation) {
  const auto policy = lifter(0.0);
  const auto state = policy->begin(1);
  Rng random = RandomStream(1, "act").next();
  return policy->act(observation, *state, ActMode::kMode, random).action[0];
}

TEST(LiftExpert, GoesToTheCubeOpenAndTurnsTheHandToItsFacesTheShorterWay) {
  const auto a = first_action(hand_and_cube(0.19f, 0.08f, 0.1f, -0.08f, 1.3f));  // a quarter turn less: -0.27
  EXPECT_GT(a[0].item<float>(), 0.8f);
  EXPECT_LT(a[1].item<float>(), -0.8f);
  EXPECT_LT(a[3].item<float>(), -0.1f) << "and upright";
  EXPECT_LT(a[5].item<float>(), -0.8f);
  EXPECT_LT(a[6].item<float>(), 0.0f);
}

TEST(LiftExpert, ClosesAroundTheCubeThenLiftsAndOpensAfterAMiss) {
  const auto policy = lifter(0.0);
  const auto act = [&](PolicyState& state, float width) {
    Rng random = RandomStream(1, "act").next();
    return policy->act(hand_and_cube(0.021f, width, 0, 0, 0), state, ActMode::kMode, random).action[0];
  };
  for (const bool held : {true, false}) {
    const auto state = policy->begin(1);
    auto a = act(*state, 0.08f);
    EXPECT_GT(a[6].item<float>(), 0.0f) << "around it: close";
    EXPECT_FLOAT_EQ(a[2].item<float>(), 0.0f) << "and stay";
    for (int i = 0; i < 12; ++i) a = act(*state, held ? 0.042f : 0.0f);
    EXPECT_GT(a[2].item<float>(), 0.5f);
    EXPECT_EQ(a[6].item<float>() > 0.0f, held);
  }
}

TEST(LiftExpert, TheSameDrawGivesTheSameActionAndAResetForgets) {
  test::expect_the_draw_decides_and_a_reset_forgets(*lifter(1.0), hand_and_cube(0.19f, 0.08f, 0.02f, 0.02f, 0.4f));
}

TEST(LiftExpert, ActionsStayInTheirBoundsWhateverTheNoise) {
  test::expect_actions_in_bounds(*lifter(5.0), hand_and_cube(0.1f, 0.08f, 0.1f, 0, 0));
}

TEST(LiftExpert, RefusesAnEnvironmentThatDoesNotTell) {
  test::expect_throws<ConfigError>([] { make_lift_expert({}, {}, {.dim = 7}); }, "acts in lift only");
}

}  // namespace
}  // namespace onramp
