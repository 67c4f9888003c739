// Claims about the simulated task `can`, made by driving it by hand.
#include "onramp/envs/mujoco/can.h"

#include <gtest/gtest.h>

#include <cmath>

#include "by_hand.h"

namespace onramp::mujoco {
namespace {

/// Takes the can `above_m` above its middle and holds it at a place, over the walls.
LedHand can_in_hand(Environment& environment, double x, double y, double above_m = 0.02) {
  LedHand hand(environment, 1);
  const double can_x = hand.truth().thing_x(), can_y = hand.truth().thing_y();
  hand.go(can_x, can_y, 0.16, false, 50);
  hand.go(can_x, can_y, 0.05 + above_m, false, 40);
  hand.stay(true, 14);
  hand.go(can_x, can_y, 0.2, true, 40);
  hand.go(x, y, 0.2, true, 90);
  EXPECT_FALSE(hand.last().end);
  EXPECT_NEAR(hand.truth().width(), 0.05, 1e-3) << "it holds the can";
  EXPECT_NEAR(hand.truth().thing_z(), 0.2 - above_m, 0.01);
  return hand;
}

TEST(Can, InItsBinAndLetGoItEndsTheAttemptWithOne) {
  const auto environment = make_can({});
  LedHand hand = can_in_hand(*environment, 0.095, 0.3);
  hand.go(0.095, 0.3, 0.08, true, 30);
  EXPECT_FALSE(hand.last().end) << "in its bin, and held";
  EXPECT_EQ(hand.last().reward, 0.0);
  hand.stay(false, 12);
  hand.go(0.095, 0.3, 0.2, false, 30);
  EXPECT_EQ(hand.last().end, EndReason::kSuccess);
  EXPECT_EQ(hand.last().reward, 1.0);
  EXPECT_TRUE(hand.last().success);
  EXPECT_GT(hand.truth().z() - hand.truth().thing_z(), 0.04) << "the hand is away";
  EXPECT_LT(hand.truth().z(), 0.16) << "and no farther than it must be";
}

TEST(Can, EachBinIsTheRightOneWhereItIsAskedForAndNoneOtherIs) {
  const double places[4][2] = {{-0.095, 0.12}, {0.095, 0.12}, {-0.095, 0.3}, {0.095, 0.3}};
  for (int asked = 0; asked < 4; ++asked) {
    CanConfig config;
    config.target_bin = asked;
    const auto environment = make_can(config);
    for (const int chosen : {asked, (asked + 1) % 4}) {
      const auto& [x, y] = places[chosen];
      LedHand hand = can_in_hand(*environment, x, y);
      hand.go(x, y, 0.08, true, 30);
      hand.stay(false, 12);
      hand.go(x, y, 0.2, false, 30);
      EXPECT_EQ(hand.last().success, chosen == asked) << asked << ", put into " << chosen;
      EXPECT_LT(hand.truth().thing_z(), 0.06) << "it stands there";
    }
  }
}

TEST(Can, HeldByItsEndInItsBinItIsNotYetPutDown) {
  const auto environment = make_can({});
  LedHand hand = can_in_hand(*environment, 0.095, 0.3, /*above_m=*/0.047);
  hand.go(0.095, 0.3, 0.106, true, 40);
  const TableTruth t = hand.truth();
  EXPECT_GT(t.z() - t.thing_z(), 0.042) << "the hand is as far as one that has let go";
  EXPECT_LT(t.thing_z(), 0.08);
  EXPECT_FALSE(hand.last().end);
  hand.stay(false, 12);
  EXPECT_EQ(hand.last().end, EndReason::kSuccess);
}

TEST(Can, CansStandOverTheirRegionAndRest) {
  const auto environment = make_can({});
  double least[2] = {1, 1}, most[2] = {-1, -1};
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const TableTruth t(environment->reset(seed));
    const double place[2] = {t.thing_x(), t.thing_y() + 0.21};
    for (int i = 0; i < 2; ++i) {
      least[i] = std::min(least[i], place[i]);
      most[i] = std::max(most[i], place[i]);
    }
    EXPECT_NEAR(t.x(), 0.0, 0.0205);
    EXPECT_NEAR(t.y(), -0.06, 0.0205);
    EXPECT_NEAR(t.z(), 0.22, 0.0205);
  }
  const double spread[2] = {0.14, 0.13};
  for (int i = 0; i < 2; ++i) {
    EXPECT_LT(least[i], -0.95 * spread[i]);
    EXPECT_GE(least[i], -spread[i] - 1e-6);
    EXPECT_GT(most[i], 0.95 * spread[i]);
    EXPECT_LE(most[i], spread[i] + 1e-6);
  }
  LedHand hand(*environment, 1);
  const double x = hand.truth().thing_x();
  hand.stay(false, 40);
  EXPECT_NEAR(hand.truth().thing_x(), x, 2e-4);
  EXPECT_NEAR(hand.truth().thing_z(), 0.05, 1e-3);
}

TEST(Can, TheHandReachesOverBothSidesUprightAndNoFarther) {
  const auto environment = make_can({});
  for (int corner = 0; corner < 4; ++corner) {
    const double sx = corner & 1 ? 1 : -1, sy = corner & 2 ? 1 : -1;
    LedHand hand(*environment, static_cast<uint64_t>(corner));
    hand.go(sx, sy, 1.0, false, 90);  // far outside
    EXPECT_FALSE(hand.last().end);
    EXPECT_NEAR(hand.truth().x(), sx * 0.18, 0.004) << "corner " << corner;
    EXPECT_NEAR(hand.truth().y(), sy * 0.37, 0.004) << "corner " << corner;
    EXPECT_NEAR(hand.truth().z(), 0.3, 0.004) << "corner " << corner;
    EXPECT_LT(std::hypot(hand.truth().roll(), hand.truth().pitch()), 0.02) << "corner " << corner;
  }
}

int64_t can_pixels(const at::Tensor& rgb) {  // its side is a deeper red than the mark of its bin
  const uint8_t* p = rgb.const_data_ptr<uint8_t>();
  int64_t count = 0;
  for (int64_t i = 0; i < rgb.numel(); i += 3) count += p[i] > 40 && p[i] > 6 * p[i + 1] && p[i] > 4 * p[i + 2];
  return count;
}

TEST(Can, PicturesTakeThePlaceOfTheCansStateAndShowIt) {
  EXPECT_NE(make_can({})->spec().observation.find("object"), nullptr);
  CanConfig config;
  config.images = true;
  const auto environment = make_can(config);
  EXPECT_EQ(environment->spec().observation.find("object"), nullptr);
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const Observation first = environment->reset(seed);
    EXPECT_GT(can_pixels(first.at("scene")), 12) << "seed " << seed;
    EXPECT_EQ(first.at("wrist").sizes(), (at::IntArrayRef{84, 84, 3}));
  }
}

}  // namespace
}  // namespace onramp::mujoco
