// Claims about the simulated task `peg_insertion`, made by driving it by hand.
#include "onramp/envs/mujoco/peg_insertion.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "onramp/envs/wrappers.h"
#include "scene_pictures.h"

namespace onramp::mujoco {
namespace {

/// `privileged`, by name.
struct PegTruth {
  explicit PegTruth(const Observation& observation) : values(observation.at("privileged")) {}
  at::Tensor values;
  const float* p = values.const_data_ptr<float>();
  double tool(int i) const { return p[i]; }
  double turn(int i) const { return p[3 + i]; }
  double width() const { return p[6]; }
  double tip(int i) const { return p[8 + i]; }
  double peg_turn(int i) const { return p[11 + i]; }
  double hole(int i) const { return p[14 + i]; }
  double depth() const { return hole(2) - tip(2); }
};

at::Tensor six(std::array<double, 6> values) {
  auto action = at::zeros({6});
  for (int i = 0; i < 6; ++i) action[i] = std::clamp(values[static_cast<size_t>(i)], -1.0, 1.0);
  return action;
}

/// The peg upright, `aside_m` along x from above the hole, its tip `height_m` above the rim.
Observation above_the_hole(Environment& environment, uint64_t seed, double aside_m, double height_m) {
  Observation observation = environment.reset(seed);
  for (int i = 0; i < 50; ++i) {
    const PegTruth t(observation);
    const double x = t.hole(0) + aside_m - t.tip(0), y = t.hole(1) - t.tip(1), z = height_m + t.depth();
    const auto push = [](double d) { return d / 0.04; };
    const auto turn = [&](int axis) { return -t.peg_turn(axis) / 0.08; };
    const Step step = environment.step(six({push(x), push(y), push(z), turn(0), turn(1), turn(2)}));
    EXPECT_FALSE(step.end);
    observation = step.obs;
  }
  return observation;
}

TEST(PegInsertion, AnAttemptStartsWithThePegInTheHandAndItStaysThere) {
  const auto environment = make_peg_insertion({});
  EXPECT_EQ(environment->spec().action.dim, 6) << "the gripper is off";
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const PegTruth first(environment->reset(seed));
    Step step;
    for (int i = 0; i < 60; ++i) step = environment->step(six({0, 0, 0, 0, 0, 0}));
    const PegTruth last(step.obs);
    EXPECT_NEAR(last.width(), 0.024, 5e-4);
    EXPECT_NEAR(last.tip(2) - last.tool(2), first.tip(2) - first.tool(2), 1.5e-3) << "six seconds on";
    EXPECT_NEAR(last.tip(0) - last.tool(0), first.tip(0) - first.tool(0), 1.5e-3);
  }
}

TEST(PegInsertion, StartsLieOverTheirRegionCutOffByTheWorkspace) {
  const auto environment = make_peg_insertion({});
  std::array<double, 6> least, most;
  least.fill(9);
  most.fill(-9);
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const PegTruth t(environment->reset(seed));
    for (int i = 0; i < 6; ++i) {
      const double value = i < 3 ? t.tool(i) : t.turn(i - 3);
      least[static_cast<size_t>(i)] = std::min(least[static_cast<size_t>(i)], value);
      most[static_cast<size_t>(i)] = std::max(most[static_cast<size_t>(i)], value);
    }
    EXPECT_GT(-t.depth(), 0.015) << "above the board";
  }
  const double start_z = 0.182;  // 15 mm below inserted is the box's floor, 0.13 m below the start
  const double low[6] = {-0.02, -0.045, start_z - 0.045, -0.07875, -0.07875, -0.07875};
  const double high[6] = {0.045, 0.02, start_z + 0.02, 0.07875, 0.07875, 0.07875};
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_NEAR(least[i], low[i], 0.03 * (high[i] - low[i])) << i;
    EXPECT_NEAR(most[i], high[i], 0.03 * (high[i] - low[i])) << i;
  }
}

TEST(PegInsertion, FiftyMillimetresDeepEndTheAttemptWithOne) {
  const auto environment = make_peg_insertion({});
  Observation observation = above_the_hole(*environment, 2, /*aside_m=*/0.0, /*height_m=*/0.006);
  double depth = 0.0;
  Step step;
  for (int i = 0; i < 60 && !step.end; ++i) {
    depth = PegTruth(observation).depth();
    EXPECT_LT(depth, 0.05);
    step = environment->step(six({0, 0, -0.4, 0, 0, 0}));
    observation = step.obs;
    EXPECT_EQ(step.reward > 0, step.end.has_value());
  }
  EXPECT_EQ(step.end, EndReason::kSuccess);
  EXPECT_EQ(step.reward, 1.0);
  EXPECT_TRUE(step.success);
  EXPECT_GT(depth, 0.03) << "it goes in smoothly";
  EXPECT_GE(PegTruth(observation).depth(), 0.05 - 1e-6);
}

TEST(PegInsertion, BesideTheHoleThePegStandsOnTheBoardPressedNoHarderThanTheArmIsStiff) {
  const auto environment = make_peg_insertion({});
  for (const double aside_m : {0.004, -0.004}) {
    above_the_hole(*environment, 3, aside_m, /*height_m=*/0.006);
    Step step;
    for (int i = 0; i < 40; ++i) {
      step = environment->step(six({0, 0, -0.3, 0, 0, 0}));
      ASSERT_FALSE(step.end) << to_string(*step.end);
    }
    const PegTruth t(step.obs);
    EXPECT_LT(std::abs(t.depth()), 1e-3) << "neither in nor through";
    EXPECT_NEAR(t.p[7], 1024 * 0.03, 6.0);
  }
}

TEST(PegInsertion, ThePegIsNotInsertedBesideTheBoard) {
  const auto environment = make_peg_insertion({});
  above_the_hole(*environment, 4, /*aside_m=*/-0.03, /*height_m=*/0.03);
  Step step;
  for (int i = 0; i < 30; ++i) {  // out at the far face of the workspace, where the board is still below
    step = environment->step(six({0, -1, -0.2, 0, 0, 0}));
    ASSERT_FALSE(step.success);
  }
}

TEST(PegInsertion, TheHandStaysInItsWorkspaceAndUpright) {
  const auto environment = make_peg_insertion({});
  const double start_z = 0.182;
  const double low[3] = {-0.02, -0.1, start_z - 0.13}, high[3] = {0.05, 0.02, start_z + 0.02};
  for (int corner = 0; corner < 4; ++corner) {
    const double sx = corner & 1 ? 1 : -1, sy = corner & 2 ? 1 : -1;
    environment->reset(static_cast<uint64_t>(corner));
    double worst = 0.0;
    Step step;
    for (int i = 0; i < 40; ++i) {
      step = environment->step(six({sx, sy, 1, sx, -sx, sy}));
      ASSERT_FALSE(step.end) << to_string(*step.end);
      const PegTruth t(step.obs);
      for (int k = 0; k < 3; ++k) worst = std::max({worst, low[k] - t.tool(k), t.tool(k) - high[k]});
    }
    const PegTruth t(step.obs);
    EXPECT_LT(worst, 0.011) << "corner " << corner;
    EXPECT_NEAR(t.tool(0), sx > 0 ? 0.05 : -0.02, 0.003) << "corner " << corner;
    EXPECT_NEAR(t.tool(1), sy > 0 ? 0.02 : -0.1, 0.003) << "corner " << corner;
    EXPECT_NEAR(t.turn(2), sy * 0.349, 0.02) << "corner " << corner;
    for (int k = 0; k < 2; ++k) EXPECT_LT(std::abs(t.turn(k)), 0.0873 + 0.01) << "corner " << corner;
  }
}

TEST(PegInsertion, AStopAboveTheForceLimitIsCutOffAndNotTerminal) {
  PegInsertionConfig config;
  config.max_force_N = 12.0;
  const auto environment = make_peg_insertion(config);
  EXPECT_FALSE(environment->spec().safety_stop_is_terminal);
  above_the_hole(*environment, 5, /*aside_m=*/0.004, /*height_m=*/0.006);
  Step step;
  for (int i = 0; i < 40 && !step.end; ++i) step = environment->step(six({0, 0, -0.3, 0, 0, 0}));
  EXPECT_EQ(step.end, EndReason::kSafetyStop);
  EXPECT_EQ(step.reward, 0.0);
}

TEST(PegInsertion, PoliciesSeeThePegAgainstTheHoleWithoutPicturesAndPicturesInItsPlace) {
  PegInsertionConfig config;
  config.board_spread_m = 0.01;
  const auto blind = make_peg_insertion(config);
  const Observation observation = blind->reset(5);
  const PegTruth t(observation);
  EXPECT_GT(std::abs(t.hole(0) - 0.015), 1e-4) << "the board lies elsewhere";
  const auto seen = observation.at("object");
  for (int i = 0; i < 3; ++i) {
    EXPECT_NEAR(seen[i].item<float>() * 0.1, t.hole(i) - t.tip(i), 1e-6);
    EXPECT_NEAR(seen[7 + i].item<float>() * 0.1, t.hole(i), 1e-6);
    EXPECT_NEAR(2 * seen[4 + i].item<float>(), t.peg_turn(i), 1e-3);
  }
  config.images = true;
  const auto seeing = make_peg_insertion(config);
  EXPECT_EQ(seeing->spec().observation.find("object"), nullptr);
  const Observation first = seeing->reset(1);
  for (const char* camera : {"scene", "wrist"}) {
    EXPECT_EQ(first.at(camera).sizes(), (at::IntArrayRef{84, 84, 3}));
    EXPECT_GT(test::red_pixels(first.at(camera)), 20) << camera << " sees the peg";
  }
}

TEST(PegInsertion, CanBeDrawnForPeople) {
  const auto environment = make_peg_insertion({});
  environment->reset(1);
  const auto picture = find_renderable(*environment)->render(160, 120);
  EXPECT_GT(test::red_pixels(picture), 50) << "the peg is to be seen";
  EXPECT_EQ(picture.to(at::kInt).sum(2).le(20).sum().item<int64_t>(), 0) << "nothing black behind it";
}

}  // namespace
}  // namespace onramp::mujoco
