// Claims about the simulated task `kitting`, made by driving it by hand.
#include "onramp/envs/mujoco/kitting.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "onramp/envs/wrappers.h"
#include "scene_pictures.h"

namespace onramp::mujoco {
namespace {

/// `privileged`, by name; kind 0: block, 1: bracket.
struct KitTruth {
  explicit KitTruth(const Observation& observation) : values(observation.at("privileged")) {}
  at::Tensor values;
  const float* p = values.const_data_ptr<float>();
  double tool(int i) const { return p[i]; }
  double width() const { return p[6]; }
  double part(int kind, int i) const { return p[8 + 7 * kind + i]; }
  double turn(int kind) const { return p[8 + 7 * kind + 3]; }
  bool in_tray(int kind) const { return p[8 + 7 * kind + 4] > 0.5f; }
  double slot(int kind, int i) const { return p[8 + 7 * kind + 5 + i]; }
};

/// Drives the hand by hand.
struct Driver {
  Environment& environment;
  Observation observation;
  Step step = {};

  void towards(double x, double y, double z, bool close, int steps) {
    for (int i = 0; i < steps && !step.end; ++i) {
      const KitTruth t(observation);
      auto action = at::zeros({7});
      const double v[] = {x - t.tool(0), y - t.tool(1), z - t.tool(2)};
      for (int k = 0; k < 3; ++k) action[k] = std::clamp(v[k] / 0.04, -1.0, 1.0);
      action[6] = close ? 1.0 : -1.0;
      step = environment.step(action);
      observation = step.obs;
    }
  }
  void take(int kind) {
    const KitTruth t(observation);
    const double x = t.part(kind, 0), y = t.part(kind, 1);
    towards(x, y, 0.1, false, 30);
    towards(x, y, 0.02, false, 20);
    towards(x, y, 0.02, true, 12);
    towards(x, y, 0.08, true, 15);
  }
  void bring(int kind) {
    const KitTruth t(observation);
    const double x = t.slot(kind, 0), y = t.slot(kind, 1);
    towards(x, y, 0.08, true, 30);
    towards(x, y, 0.026, true, 15);
  }
  void let_go(int kind) {
    const KitTruth t(observation);
    towards(t.slot(kind, 0), t.slot(kind, 1), 0.026, false, 12);
    towards(t.slot(kind, 0), t.slot(kind, 1), 0.1, false, 12);
  }
};

KittingConfig laid(KittingLayout layout) {
  KittingConfig config;
  config.layout = layout;
  return config;
}

KittingConfig straight(KittingLayout layout) {
  KittingConfig config = laid(layout);
  config.part_rotation_rad = 0.0;
  return config;
}

TEST(Kitting, OneOfEachKindInTheTrayAndLetGoEndsTheAttemptWithOne) {
  for (const auto layout : {KittingLayout::kOriginal, KittingLayout::kModified}) {
    const auto environment = make_kitting(straight(layout));
    Driver hand{*environment, environment->reset(1)};
    hand.take(0);
    EXPECT_GT(KitTruth(hand.observation).part(0, 2), 0.06) << "in the hand";
    hand.bring(0);
    EXPECT_FALSE(KitTruth(hand.observation).in_tray(0)) << "still held";
    hand.let_go(0);
    EXPECT_TRUE(KitTruth(hand.observation).in_tray(0));
    EXPECT_FALSE(hand.step.success) << "one kind is not enough";
    hand.take(1);
    hand.bring(1);
    EXPECT_FALSE(hand.step.success) << "held in the tray";
    EXPECT_EQ(hand.step.reward, 0.0);
    hand.let_go(1);
    EXPECT_EQ(hand.step.end, EndReason::kSuccess);
    EXPECT_EQ(hand.step.reward, 1.0);
    EXPECT_TRUE(hand.step.success);
    EXPECT_NEAR(KitTruth(hand.observation).part(1, 2), 0.019, 4e-3) << "it lies";
  }
}

// Either block would do, and either bracket; a block and a block would not.
TEST(Kitting, TwoOfTheSameKindAreNotAKit) {
  const auto environment = make_kitting(straight(KittingLayout::kModified));
  Driver hand{*environment, environment->reset(1)};
  hand.take(0);
  hand.bring(0);
  hand.let_go(0);
  ASSERT_TRUE(KitTruth(hand.observation).in_tray(0));
  // The other block lies two thirds of the bin away from where this one lay, along x.
  const double x = -0.1, y = 0.115;
  hand.towards(x, y, 0.1, false, 30);
  hand.towards(x, y, 0.02, false, 20);
  hand.towards(x, y, 0.02, true, 12);
  ASSERT_GT(KitTruth(hand.observation).width(), 0.025) << "there it is";
  hand.towards(x, y, 0.08, true, 15);
  hand.bring(1);
  hand.let_go(1);
  EXPECT_FALSE(hand.step.success);
  EXPECT_FALSE(hand.step.end);
}

TEST(Kitting, PartsLieInTheMiddleOfTheirBinsOrAtItsThirds) {
  for (const auto layout : {KittingLayout::kOriginal, KittingLayout::kModified}) {
    const auto environment = make_kitting(laid(layout));
    const double x = layout == KittingLayout::kOriginal ? -0.07 : -0.04;  // of the two the one nearer to the tray
    double least = 9, most = -9, least_turn = 9, most_turn = -9;
    for (uint64_t seed = 0; seed < 200; ++seed) {
      const KitTruth t(environment->reset(seed));
      EXPECT_NEAR(t.tool(0), 0.0, 1e-4);
      EXPECT_NEAR(t.tool(2), 0.2, 1e-4) << "the hand starts where it always starts";
      for (int kind = 0; kind < 2; ++kind) {
        EXPECT_LE(std::abs(t.part(kind, 1) - (kind == 0 ? 0.115 : -0.115)), 0.005 + 1e-6);
        least = std::min(least, t.part(kind, 0) - x);
        most = std::max(most, t.part(kind, 0) - x);
        least_turn = std::min(least_turn, t.turn(kind));
        most_turn = std::max(most_turn, t.turn(kind));
      }
    }
    EXPECT_NEAR(least, -0.005, 3e-4);
    EXPECT_NEAR(most, 0.005, 3e-4);
    EXPECT_NEAR(least_turn, -0.1, 6e-3);
    EXPECT_NEAR(most_turn, 0.1, 6e-3);
    const KitTruth first(environment->reset(1));
    Driver hand{*environment, environment->reset(1)};
    hand.towards(0, 0, 0.2, false, 30);
    const KitTruth t(hand.observation);
    for (int kind = 0; kind < 2; ++kind) {
      for (int i = 0; i < 3; ++i) EXPECT_NEAR(t.part(kind, i), first.part(kind, i), 1e-3) << "they rest";
    }
  }
}

TEST(Kitting, BothLayoutsShowTheSameFieldsAndPicturesTakeTheirPlace) {
  const auto original = make_kitting({}), modified = make_kitting(laid(KittingLayout::kModified));
  EXPECT_EQ(original->spec().observation, modified->spec().observation);
  EXPECT_FALSE(original->spec().safety_stop_is_terminal);
  const Observation observation = modified->reset(5);
  const KitTruth t(observation);
  const auto seen = observation.at("object");
  for (int kind = 0; kind < 2; ++kind) {
    for (int i = 0; i < 3; ++i) {
      EXPECT_NEAR(seen[10 * kind + i].item<float>() * 0.1, t.part(kind, i), 1e-6);
      EXPECT_NEAR(seen[10 * kind + 7 + i].item<float>() * 0.1, t.part(kind, i) - t.tool(i), 1e-6);
    }
  }
  KittingConfig config;
  config.images = true;
  const auto seeing = make_kitting(config);
  EXPECT_EQ(seeing->spec().observation.find("object"), nullptr);
  const Observation first = seeing->reset(1);
  EXPECT_EQ(first.at("wrist").sizes(), (at::IntArrayRef{84, 84, 3}));
  EXPECT_GT(test::red_pixels(first.at("scene")), 15) << "the block";
  config.layout = KittingLayout::kModified;
  EXPECT_GT(test::red_pixels(make_kitting(config)->reset(1).at("scene")), 30) << "two blocks";
}

TEST(Kitting, CanBeDrawnForPeople) {
  const auto environment = make_kitting({});
  environment->reset(1);
  const auto picture = find_renderable(*environment)->render(160, 120);
  EXPECT_GT(test::red_pixels(picture), 30) << "the block is to be seen";
  EXPECT_EQ(picture.to(at::kInt).sum(2).le(20).sum().item<int64_t>(), 0) << "nothing black behind it";
}

}  // namespace
}  // namespace onramp::mujoco
