// Claims about the simulated task `square`, made by driving it by hand.
#include "onramp/envs/mujoco/square.h"

#include <gtest/gtest.h>

#include <cmath>

#include "by_hand.h"

namespace onramp::mujoco {
namespace {

constexpr double kPegX_m = 0.08, kPegY_m = 0.1, kToHandle_m = 0.063;

/// Straight and where it always lies, its handle away from the robot.
std::unique_ptr<Environment> square_with_straight_nut() {
  SquareConfig config;
  config.nut_rotation_rad = 0.0;
  config.nut_spread_m = {0.0, 0.0};
  config.max_steps = 300;
  return make_square(config);
}

/// Takes the nut by its handle and holds it over a place, higher than the peg.
LedHand nut_in_hand(Environment& environment, double x, double y) {
  LedHand hand(environment, 1);
  const double nut_x = hand.truth().thing_x(), nut_y = hand.truth().thing_y();
  hand.go(nut_x + kToHandle_m, nut_y, 0.08, false, 30);
  hand.go(nut_x + kToHandle_m, nut_y, 0.02, false, 30);
  hand.stay(true, 14);
  EXPECT_NEAR(hand.truth().width(), 0.032, 1e-3) << "it holds the handle";
  hand.go(nut_x + kToHandle_m, nut_y, 0.19, true, 40);
  for (int i = 0; i < 80; ++i) {  // by what is seen of the nut
    const TableTruth t = hand.truth();
    hand.go(t.x() + x - t.thing_x(), t.y() + y - t.thing_y(), 0.19, true, 1);
  }
  EXPECT_FALSE(hand.last().end);
  EXPECT_GT(hand.truth().thing_z(), 0.15);
  return hand;
}

void lower(LedHand& hand, double to_z) {
  const double x = hand.truth().x(), y = hand.truth().y();
  hand.go(x, y, to_z, true, 60);
}

TEST(Square, TheNutAroundThePegEndsTheAttemptWithOne) {
  const auto environment = square_with_straight_nut();
  LedHand hand = nut_in_hand(*environment, kPegX_m, kPegY_m);
  lower(hand, 0.08);
  EXPECT_LT(hand.truth().thing_z(), 0.1) << "around the peg ...";
  EXPECT_FALSE(hand.last().end) << "... and not yet far down";
  EXPECT_EQ(hand.last().reward, 0.0);
  lower(hand, 0.03);
  EXPECT_EQ(hand.last().end, EndReason::kSuccess);
  EXPECT_EQ(hand.last().reward, 1.0);
  EXPECT_TRUE(hand.last().success);
  EXPECT_NEAR(hand.truth().thing_z(), 0.05, 0.012);
}

TEST(Square, BesideThePegOrOnTopOfItIsNotOnIt) {
  const auto environment = square_with_straight_nut();
  LedHand beside = nut_in_hand(*environment, kPegX_m, kPegY_m - 0.1);
  lower(beside, 0.02);
  EXPECT_FALSE(beside.last().end);
  EXPECT_LT(beside.truth().thing_z(), 0.03);
  LedHand on_top = nut_in_hand(*environment, kPegX_m, kPegY_m - 0.014);
  lower(on_top, 0.12);
  EXPECT_FALSE(on_top.last().end);
  EXPECT_GT(on_top.truth().thing_z(), 0.13) << "a rim stands on the peg";
}

TEST(Square, NutsLieOverTheirRegionTurnedWithinTheirRangeAndRest) {
  const auto environment = make_square({});
  double least[3] = {9, 9, 9}, most[3] = {-9, -9, -9};
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const TableTruth t(environment->reset(seed));
    const double place[3] = {t.thing_x() + 0.11, t.thing_y() + 0.04, t.turn()};
    for (int i = 0; i < 3; ++i) {
      least[i] = std::min(least[i], place[i]);
      most[i] = std::max(most[i], place[i]);
    }
  }
  const double spread[3] = {0.02, 0.0575, 0.8};
  for (int i = 0; i < 3; ++i) {
    EXPECT_LT(least[i], -0.95 * spread[i]);
    EXPECT_GE(least[i], -spread[i] - 1e-6);
    EXPECT_GT(most[i], 0.95 * spread[i]);
    EXPECT_LE(most[i], spread[i] + 1e-6);
  }
  LedHand hand(*environment, 1);
  const double x = hand.truth().thing_x();
  hand.stay(false, 40);
  EXPECT_NEAR(hand.truth().thing_x(), x, 2e-4);
  EXPECT_NEAR(hand.truth().thing_z(), 0.015, 1e-3);
}

int64_t brass_pixels(const at::Tensor& rgb) {
  const uint8_t* p = rgb.const_data_ptr<uint8_t>();
  int64_t count = 0;
  for (int64_t i = 0; i < rgb.numel(); i += 3) count += p[i] > 90 && p[i] > 2 * p[i + 2] && 2 * p[i + 1] > p[i];
  return count;
}

TEST(Square, PicturesTakeThePlaceOfTheNutsStateAndShowIt) {
  EXPECT_NE(make_square({})->spec().observation.find("object"), nullptr);
  SquareConfig config;
  config.images = true;
  const auto environment = make_square(config);
  EXPECT_EQ(environment->spec().observation.find("object"), nullptr);
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const Observation first = environment->reset(seed);
    EXPECT_GT(brass_pixels(first.at("scene")), 25) << "seed " << seed;
    EXPECT_EQ(first.at("wrist").sizes(), (at::IntArrayRef{84, 84, 3}));
  }
}

}  // namespace
}  // namespace onramp::mujoco
