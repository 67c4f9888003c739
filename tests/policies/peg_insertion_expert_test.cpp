#include "onramp/policies/peg_insertion_expert.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "expert_testing.h"
#include "onramp/core/tensor_io.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

ObservationSpec peg_spec() {
  EntrySpec entry{.name = "privileged", .shape = {17}, .privileged = true};
  for (const char* field : {"tool_x_m", "tool_y_m", "tool_z_m", "tool_rx_rad", "tool_ry_rad", "tool_rz_rad", "width_m",
                            "force_N", "peg_x_m", "peg_y_m", "peg_z_m", "peg_rx_rad", "peg_ry_rad", "peg_rz_rad",
                            "hole_x_m", "hole_y_m", "hole_z_m"}) {
    entry.fields.push_back(field);
  }
  return {{entry}};
}

/// The hole's rim 52 mm above the origin; the peg's lower face at (x, y), `above` higher, turned.
Observation peg_over_hole(float x, float y, float above, float rx, float rz) {
  return {{"privileged", copy_to_tensor<float>(std::vector<float>{x, y, 0.117f + above, rx, 0, rz, 0.024f, 0, x, y,
                                                                  0.052f + above, rx, 0, rz, 0, 0, 0.052f},
                                               {1, 17})}};
}

std::unique_ptr<Policy> inserter(double noise) {
  PegInsertionExpertConfig config;
  config.noise = noise;
  return make_peg_insertion_expert(config, peg_spec(), {.dim = 6});
}

at::Tensor acts(Policy& policy, PolicyState& state, const Observation& observation) {
  Rng random = RandomStream(1, "act").next();
  return policy.act(observation, state, ActMode::kMode, random).action[0];
}

TEST(PegInsertionExpert, GoesOverTheHoleAndTurnsThePegUprightAndIntoLineTheShorterWay) {
  const auto policy = inserter(0.0);
  const auto a = acts(*policy, *policy->begin(1), peg_over_hole(-0.04f, 0.03f, 0.06f, 0.06f, 1.5f));
  ASSERT_EQ(a.size(0), 6) << "no gripper";
  EXPECT_GT(a[0].item<float>(), 0.8f);
  EXPECT_NEAR(a[1].item<float>(), -0.8f, 0.01f);
  EXPECT_LT(a[3].item<float>(), -0.8f);
  EXPECT_GT(a[5].item<float>(), 0.8f) << "a quarter turn is none: 1.57 is nearer than 0";
}

TEST(PegInsertionExpert, PushesDownWhenAlignedAndLiftsAgainWhenThePegDoesNotGoIn) {
  const auto policy = inserter(0.0);
  const auto state = policy->begin(1);
  EXPECT_LT(acts(*policy, *state, peg_over_hole(0.0f, 0.0f, 0.005f, 0, 0))[2].item<float>(), -0.4f);
  at::Tensor a;
  for (int i = 0; i < 8; ++i) a = acts(*policy, *state, peg_over_hole(0.0f, 0.0f, 0.0f, 0, 0));
  EXPECT_GT(a[2].item<float>(), 0.4f);
}

TEST(PegInsertionExpert, DoesNotPushWhileThePegIsAsideOrAskew) {
  for (const auto& where : {peg_over_hole(0.002f, 0, 0.006f, 0, 0), peg_over_hole(0, 0, 0.006f, 0.05f, 0),
                            peg_over_hole(0, 0, 0.006f, 0, 0.06f)}) {
    const auto policy = inserter(0.0);
    EXPECT_GT(acts(*policy, *policy->begin(1), where)[2].item<float>(), 0.0f);
  }
}

TEST(PegInsertionExpert, TheSameDrawGivesTheSameActionAndAResetForgets) {
  test::expect_the_draw_decides_and_a_reset_forgets(*inserter(1.0), peg_over_hole(0.01f, 0.01f, 0.05f, 0, 0));
}

TEST(PegInsertionExpert, ActionsStayInTheirBoundsWhateverTheNoise) {
  test::expect_actions_in_bounds(*inserter(5.0), peg_over_hole(0.05f, 0, 0.05f, 0, 0));
}

TEST(PegInsertionExpert, RefusesAnEnvironmentThatDoesNotTell) {
  test::expect_throws<ConfigError>([] { make_peg_insertion_expert({}, {}, {.dim = 6}); }, "acts in peg_insertion only");
}

}  // namespace
}  // namespace onramp
