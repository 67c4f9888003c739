#include "onramp/policies/can_expert.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "expert_testing.h"
#include "onramp/core/tensor_io.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

ObservationSpec can_spec() {
  EntrySpec entry{.name = "privileged", .shape = {14}, .privileged = true};
  for (const char* field : {"tool_x_m", "tool_y_m", "tool_z_m", "tool_rx_rad", "tool_ry_rad", "tool_rz_rad", "width_m",
                            "force_N", "can_x_m", "can_y_m", "can_z_m", "can_turn_rad", "target_x_m", "target_y_m"}) {
    entry.fields.push_back(field);
  }
  return {{entry}};
}

/// The tool at (x, y, z) with its fingers `width` apart, the can at (0, -0.2) with its middle at `can_z`, its bin at (0.1, 0.3).
Observation hand_and_can(float x, float y, float z, float width, float can_z = 0.05f) {
  return {
      {"privileged", copy_to_tensor<float>(
                         std::vector<float>{x, y, z, 0, 0, 0, width, 0, 0, -0.2f, can_z, 1.0f, 0.1f, 0.3f}, {1, 14})}};
}

std::unique_ptr<Policy> can_mover(double noise) {
  CanExpertConfig config;
  config.noise = noise;
  return make_can_expert(config, can_spec(), {.dim = 7});
}

/// Shows one attempt a course of what is seen.
class CanAttempt {
 public:
  at::Tensor act(const Observation& observation) {
    Rng random = RandomStream(1, "act").next();
    return policy_->act(observation, *state_, ActMode::kMode, random).action[0];
  }
  /// Until it has closed around the can.
  void grip() {
    for (int i = 0; i < 6; ++i) act(hand_and_can(0, -0.2f, 0.07f, i < 2 ? 0.08f : 0.05f));
  }

 private:
  const std::unique_ptr<Policy> policy_ = can_mover(0.0);
  const std::unique_ptr<PolicyState> state_ = policy_->begin(1);
};

TEST(CanExpert, GripsAStandingCanAboveItsMiddleAndALyingOneThere) {
  EXPECT_FLOAT_EQ(CanAttempt().act(hand_and_can(0, -0.2f, 0.07f, 0.08f))[6].item<float>(), 1.0f);
  EXPECT_FLOAT_EQ(CanAttempt().act(hand_and_can(0, -0.2f, 0.05f + 0.045f, 0.08f))[6].item<float>(), -1.0f)
      << "too high";
  EXPECT_FLOAT_EQ(CanAttempt().act(hand_and_can(0, -0.2f, 0.025f, 0.08f, 0.025f))[6].item<float>(), 1.0f);
}

TEST(CanExpert, CarriesItUpThenAcrossThenDownAndLetsGo) {
  CanAttempt attempt;
  attempt.grip();
  auto a = attempt.act(hand_and_can(0, -0.2f, 0.1f, 0.05f, 0.08f));
  EXPECT_GT(a[2].item<float>(), 0.8f) << "up";
  EXPECT_FLOAT_EQ(a[1].item<float>(), 0.0f) << "and not yet across";
  a = attempt.act(hand_and_can(0, -0.2f, 0.16f, 0.05f, 0.14f));
  EXPECT_GT(a[1].item<float>(), 0.8f) << "across";
  a = attempt.act(hand_and_can(0.1f, 0.29f, 0.17f, 0.05f, 0.15f));
  EXPECT_LT(a[2].item<float>(), -0.8f) << "down";
  EXPECT_FLOAT_EQ(a[6].item<float>(), 1.0f) << "and holds it";
  a = attempt.act(hand_and_can(0.1f, 0.29f, 0.087f, 0.05f, 0.067f));
  EXPECT_FLOAT_EQ(a[6].item<float>(), -1.0f) << "lets go";
  EXPECT_FLOAT_EQ(a[2].item<float>(), 0.0f) << "and stays";
  a = attempt.act(hand_and_can(0.1f, 0.29f, 0.087f, 0.075f, 0.05f));
  EXPECT_GT(a[2].item<float>(), 0.8f) << "away";
}

TEST(CanExpert, ACanThatSlippedIsFetchedAgain) {
  CanAttempt attempt;
  attempt.grip();
  attempt.act(hand_and_can(0, -0.2f, 0.16f, 0.05f, 0.14f));
  auto a = attempt.act(hand_and_can(0.05f, 0, 0.17f, 0.0f));
  EXPECT_FLOAT_EQ(a[6].item<float>(), -1.0f) << "opens";
  for (int i = 0; i < 3; ++i) a = attempt.act(hand_and_can(0.05f, 0, 0.17f, 0.08f));
  EXPECT_LT(a[1].item<float>(), -0.8f) << "goes back to it";
}

TEST(CanExpert, TheSameDrawGivesTheSameActionAndAResetForgets) {
  test::expect_the_draw_decides_and_a_reset_forgets(*can_mover(1.0), hand_and_can(0, 0, 0.2f, 0.08f));
}

TEST(CanExpert, ActionsStayInTheirBoundsWhateverTheNoise) {
  test::expect_actions_in_bounds(*can_mover(5.0), hand_and_can(0, 0, 0.2f, 0.08f));
}

TEST(CanExpert, RefusesAnEnvironmentThatDoesNotTell) {
  test::expect_throws<ConfigError>([] { make_can_expert({}, {}, {.dim = 7}); },
                                   "can_expert: the environment does not tell where the can lies; it acts in can only");
}

}  // namespace
}  // namespace onramp
