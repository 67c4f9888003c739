#include "onramp/policies/square_expert.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <array>

#include "expert_testing.h"
#include "onramp/core/tensor_io.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

ObservationSpec square_spec() {
  EntrySpec entry{.name = "privileged", .shape = {14}, .privileged = true};
  for (const char* field : {"tool_x_m", "tool_y_m", "tool_z_m", "tool_rx_rad", "tool_ry_rad", "tool_rz_rad", "width_m",
                            "force_N", "nut_x_m", "nut_y_m", "nut_z_m", "nut_turn_rad", "peg_x_m", "peg_y_m"}) {
    entry.fields.push_back(field);
  }
  return {{entry}};
}

/// The tool upright at `tool`, its fingers `width` apart; the nut at `nut`, turned; the peg at (0.1, 0.1).
Observation hand_and_nut(std::array<float, 3> tool, float width, std::array<float, 3> nut, float turn) {
  return {{"privileged", copy_to_tensor<float>(std::vector<float>{tool[0], tool[1], tool[2], 0, 0, 0, width, 0, nut[0],
                                                                  nut[1], nut[2], turn, 0.1f, 0.1f},
                                               {1, 14})}};
}

std::unique_ptr<Policy> nut_mover(double noise) {
  SquareExpertConfig config;
  config.noise = noise;
  return make_square_expert(config, square_spec(), {.dim = 7});
}

class NutAttempt {
 public:
  at::Tensor act(const Observation& observation) {
    Rng random = RandomStream(1, "act").next();
    return policy_->act(observation, *state_, ActMode::kMode, random).action[0];
  }
  void grip() {  // a nut at the origin, straight
    for (int i = 0; i < 6; ++i) act(hand_and_nut({0.063f, 0, 0.02f}, i < 2 ? 0.08f : 0.032f, {0, 0, 0.015f}, 0));
  }

 private:
  const std::unique_ptr<Policy> policy_ = nut_mover(0.0);
  const std::unique_ptr<PolicyState> state_ = policy_->begin(1);
};

TEST(SquareExpert, GoesToTheHandleAndTurnsTheHandAlongIt) {
  const auto a = NutAttempt().act(hand_and_nut({0, 0, 0.2f}, 0.08f, {0, 0, 0.015f}, 0.7f));
  EXPECT_GT(a[0].item<float>(), 0.8f) << "63 mm from the nut's middle, 0.7 rad to the left";
  EXPECT_GT(a[1].item<float>(), 0.8f);
  EXPECT_GT(a[5].item<float>(), 0.8f);
  EXPECT_FLOAT_EQ(a[6].item<float>(), -1.0f);
}

TEST(SquareExpert, CarriesTheNutUpThenOverThePegStraightThenDown) {
  NutAttempt attempt;
  attempt.grip();
  auto a = attempt.act(hand_and_nut({0.063f, 0, 0.1f}, 0.032f, {0, 0, 0.09f}, 0.3f));
  EXPECT_GT(a[2].item<float>(), 0.8f) << "up";
  EXPECT_FLOAT_EQ(a[0].item<float>(), 0.0f);
  a = attempt.act(hand_and_nut({0.063f, 0, 0.17f}, 0.032f, {0, 0, 0.16f}, 0.3f));
  EXPECT_GT(a[0].item<float>(), 0.8f) << "over the peg";
  EXPECT_GT(a[1].item<float>(), 0.8f);
  EXPECT_LT(a[5].item<float>(), -0.8f) << "and straight";
  a = attempt.act(hand_and_nut({0.163f, 0.1f, 0.17f}, 0.032f, {0.1f, 0.1f, 0.16f}, 0.3f));
  EXPECT_GT(a[2].item<float>(), 0.0f) << "over it, askew: not yet down";
  a = attempt.act(hand_and_nut({0.163f, 0.1f, 0.17f}, 0.032f, {0.1f, 0.1f, 0.16f}, 0.02f));
  EXPECT_LT(a[2].item<float>(), -0.8f) << "down";
  EXPECT_FLOAT_EQ(a[6].item<float>(), 1.0f);
}

TEST(SquareExpert, ANutThatStandsOnThePegIsLiftedAndTriedAgain) {
  NutAttempt attempt;
  attempt.grip();
  const auto over = hand_and_nut({0.163f, 0.1f, 0.17f}, 0.032f, {0.1f, 0.1f, 0.16f}, 0);
  const auto stuck = hand_and_nut({0.163f, 0.1f, 0.15f}, 0.032f, {0.1f, 0.1f, 0.14f}, 0);
  attempt.act(over);
  EXPECT_LT(attempt.act(stuck)[2].item<float>(), -0.8f);
  at::Tensor a;
  for (int i = 0; i < 16; ++i) a = attempt.act(stuck);
  EXPECT_GT(a[2].item<float>(), 0.5f) << "up again";
}

TEST(SquareExpert, TheSameDrawGivesTheSameActionAndAResetForgets) {
  test::expect_the_draw_decides_and_a_reset_forgets(*nut_mover(1.0),
                                                    hand_and_nut({0, 0, 0.2f}, 0.08f, {0, 0, 0.015f}, 0.2f));
}

TEST(SquareExpert, ActionsStayInTheirBoundsWhateverTheNoise) {
  test::expect_actions_in_bounds(*nut_mover(5.0), hand_and_nut({0, 0, 0.2f}, 0.08f, {0, 0, 0.015f}, 0.2f));
}

TEST(SquareExpert, RefusesAnEnvironmentThatDoesNotTell) {
  test::expect_throws<ConfigError>(
      [] { make_square_expert({}, {}, {.dim = 7}); },
      "square_expert: the environment does not tell where the nut lies; it acts in square only");
}

}  // namespace
}  // namespace onramp
