#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <cmath>

#include "expert_testing.h"
#include "onramp/core/tensor_io.h"
#include "onramp/policies/random_policy.h"
#include "onramp/policies/vacuum_grasp_expert.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

ObservationSpec spec() {
  EntrySpec entry{.name = "privileged", .shape = {13}, .privileged = true};
  for (const char* field :
       {"tool_x_m", "tool_y_m", "tool_z_m", "tool_rx_rad", "tool_ry_rad", "tool_rz_rad", "vacuum_Pa", "force_N",
        "item_0_x_m", "item_0_y_m", "item_0_top_z_m", "item_0_turn_rad", "item_0_height_m"}) {
    entry.fields.push_back(field);
  }
  return {{entry}};
}

/// Tool 20 cm above the floor at the origin, an item at (x, y) with its top at 4 cm.
std::vector<float> row(float x, float y, float tool_z = 0.2f, float vacuum_Pa = 0) {
  return {0, 0, tool_z, 0, 0, 0, vacuum_Pa, 0, x, y, 0.04f, 0, 0.04f};
}

Observation observe(const std::vector<std::vector<float>>& rows) {
  std::vector<float> all;
  for (const auto& r : rows) all.insert(all.end(), r.begin(), r.end());
  return {{"privileged", copy_to_tensor<float>(all, {static_cast<int64_t>(rows.size()), 13})}};
}

std::unique_ptr<Policy> expert(double noise) {
  VacuumGraspExpertConfig config;
  config.noise = noise;
  return make_vacuum_grasp_expert(config, spec(), {.dim = 7});
}

TEST(VacuumGraspExpert, GoesToTheItemAndDownAndLiftsWhenItHolds) {
  const auto policy = expert(0.0);
  const auto state = policy->begin(3);
  Rng random = RandomStream(1, "act").next();
  const auto a =
      policy->act(observe({row(0.1f, -0.05f), row(0, 0), row(0, 0, 0.035f, 60e3f)}), *state, ActMode::kMode, random)
          .action;
  EXPECT_GT(a[0][0].item<float>(), 0.8f);
  EXPECT_LT(a[0][1].item<float>(), -0.8f);
  EXPECT_LT(a[1][2].item<float>(), -0.8f) << "straight above it: down";
  EXPECT_LT(a[1][6].item<float>(), 0.0f) << "no suction yet";
  EXPECT_GT(a[2][2].item<float>(), 0.8f) << "holds: up";
  EXPECT_GT(a[2][6].item<float>(), 0.0f) << "and keeps the suction on";
}

TEST(VacuumGraspExpert, TheSameDrawGivesTheSameActionAndAResetForgets) {
  test::expect_the_draw_decides_and_a_reset_forgets(*expert(1.0), observe({row(0.1f, 0.05f)}));
}

TEST(VacuumGraspExpert, ActionsStayInTheirBoundsWhateverTheNoise) {
  test::expect_actions_in_bounds(*expert(5.0), observe({row(0.1f, 0)}));
}

TEST(VacuumGraspExpert, RefusesAnEnvironmentThatDoesNotTell) {
  test::expect_throws<ConfigError>([] { make_vacuum_grasp_expert({}, {}, {.dim = 7}); }, "acts in vacuum_grasp only");
}

TEST(RandomPolicy, IsUniformOnTheBox) {
  RandomPolicy policy({.dim = 2});
  const auto state = policy.begin(1);
  Rng random = RandomStream(4, "act").next();
  const Observation observation{{"state", at::zeros({20000, 1})}};
  const auto a = policy.act(observation, *state, ActMode::kSample, random).action;
  EXPECT_EQ(a.sizes(), (at::IntArrayRef{20000, 2}));
  EXPECT_LE(a.abs().max().item<float>(), 1.0f);
  // Variance 1/3; n = 40000: s.e. of the mean 0.0029, of the variance 0.0015.
  EXPECT_NEAR(a.mean().item<float>(), 0.0f, 5 * 0.0029);
  EXPECT_NEAR(a.var().item<float>(), 1.0f / 3, 5 * 0.0015);
}

}  // namespace
}  // namespace onramp
