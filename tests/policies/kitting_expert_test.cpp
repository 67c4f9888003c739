#include "onramp/policies/kitting_expert.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "expert_testing.h"
#include "onramp/core/tensor_io.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

ObservationSpec kitting_spec() {
  EntrySpec entry{.name = "privileged", .shape = {22}, .privileged = true};
  for (const char* field :
       {"tool_x_m", "tool_y_m", "tool_z_m", "tool_rx_rad", "tool_ry_rad", "tool_rz_rad", "width_m", "force_N"}) {
    entry.fields.push_back(field);
  }
  for (const std::string kind : {"block", "bracket"}) {
    for (const char* what : {"_x_m", "_y_m", "_z_m", "_turn_rad", "_is_in_tray", "_slot_x_m", "_slot_y_m"}) {
      entry.fields.push_back(kind + what);
    }
  }
  return {{entry}};
}

/// The hand at (0, 0, z); the block at (x, 0.1), the bracket at (x, -0.1).
Observation parts_and_hand(float z, float width, float x, bool block_is_done) {
  return {
      {"privileged",
       copy_to_tensor<float>(
           std::vector<float>{
               0,     0,      z, 0,     0,      0, width, 0,     x,      0.1f, 0.019f, 0, block_is_done ? 1.0f : 0.0f,
               0.13f, 0.045f, x, -0.1f, 0.019f, 0, 0,     0.13f, -0.045f},
           {1, 22})}};
}

std::unique_ptr<Policy> kitter(double noise) {
  KittingExpertConfig config;
  config.noise = noise;
  return make_kitting_expert(config, kitting_spec(), {.dim = 7});
}

TEST(KittingExpert, GoesForTheKindThatIsNotInTheTrayYet) {
  for (const bool block_is_done : {false, true}) {
    const auto policy = kitter(0.0);
    const auto state = policy->begin(1);
    Rng random = RandomStream(1, "act").next();
    const auto a =
        policy->act(parts_and_hand(0.2f, 0.08f, -0.07f, block_is_done), *state, ActMode::kMode, random).action[0];
    EXPECT_EQ(a[1].item<float>() < 0.0f, block_is_done);
    EXPECT_LT(a[6].item<float>(), 0.0f) << "open";
  }
}

TEST(KittingExpert, TheSameDrawGivesTheSameActionAndAResetForgets) {
  test::expect_the_draw_decides_and_a_reset_forgets(*kitter(1.0), parts_and_hand(0.2f, 0.08f, -0.07f, false));
}

TEST(KittingExpert, ActionsStayInTheirBoundsWhateverTheNoise) {
  test::expect_actions_in_bounds(*kitter(5.0), parts_and_hand(0.1f, 0.08f, -0.07f, false));
}

TEST(KittingExpert, RefusesAnEnvironmentThatDoesNotTell) {
  test::expect_throws<ConfigError>([] { make_kitting_expert({}, {}, {.dim = 7}); }, "acts in kitting only");
}

}  // namespace
}  // namespace onramp
