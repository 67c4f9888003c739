// Claims about the simulated task `lift`, made by driving it by hand.
#include "onramp/envs/mujoco/lift.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <cmath>

#include "by_hand.h"
#include "onramp/envs/wrappers.h"

namespace onramp::mujoco {
namespace {

/// `privileged`, by name.
struct LiftTruth : TableTruth {
  using TableTruth::TableTruth;
  double cube_x() const { return thing_x(); }
  double cube_y() const { return thing_y(); }
  double cube_z() const { return thing_z(); }
};

/// The cube straight, the hand around it (and `beside_m` along y, the way the fingers close), open.
Observation around_the_cube(Environment& environment, uint64_t seed, double beside_m = 0.0, double height_m = 0.021) {
  Observation observation = environment.reset(seed);
  for (int i = 0; i < 40; ++i) {
    const LiftTruth t(observation);
    const double x = t.cube_x() - t.x(), y = t.cube_y() + beside_m - t.y();
    const double height = i < 15 ? 0.08 : height_m;
    const Step step = environment.step(nudge(x / 0.06, y / 0.06, (height - t.z()) / 0.06, false));
    EXPECT_FALSE(step.end);
    observation = step.obs;
  }
  return observation;
}

LiftConfig straight() {
  LiftConfig config;
  config.cube_rotation_rad = 0.0;
  config.max_steps = 200;
  return config;
}

LiftConfig with_pictures() {
  LiftConfig config;
  config.images = true;
  return config;
}

TEST(Lift, AnActionMovesTheHandByItsDelta) {
  const auto environment = make_lift(straight());
  const LiftTruth before(environment->reset(1));
  const double x = before.x(), y = before.y(), z = before.z(), yaw = before.yaw();
  Observation observation;
  for (int i = 0; i < 4; ++i) observation = environment->step(nudge(1.0, -0.5, 0.25, false, 0.5)).obs;
  EXPECT_NEAR(observation.at("proprio")[6].item<float>(), 1.0, 0.1) << "it moves at its speed";
  for (int i = 0; i < 20; ++i) observation = environment->step(nudge(0, 0, 0, false)).obs;
  const LiftTruth after(observation);
  EXPECT_NEAR(after.x() - x, 4 * 0.015, 6e-4);
  EXPECT_NEAR(after.y() - y, -2 * 0.015, 6e-4);
  EXPECT_NEAR(after.z() - z, 0.015, 6e-4);
  EXPECT_NEAR(after.yaw() - yaw, 2 * 0.05, 2e-3);
}

TEST(Lift, TheCubeLiftedFourCentimetresEndsTheAttemptWithOne) {
  const auto environment = make_lift(straight());
  around_the_cube(*environment, 2);
  Step step;
  for (int i = 0; i < 12; ++i) {
    step = environment->step(nudge(0, 0, 0, true));
    ASSERT_FALSE(step.end) << "gripped, not lifted";
    ASSERT_EQ(step.reward, 0.0);
  }
  EXPECT_NEAR(LiftTruth(step.obs).width(), 0.042, 1e-3);
  double height = 0.0;
  for (int i = 0; i < 20 && !step.end; ++i) {
    height = LiftTruth(step.obs).cube_z();
    EXPECT_LE(height, 0.04);
    step = environment->step(nudge(0, 0, 0.5, true));
  }
  EXPECT_EQ(step.end, EndReason::kSuccess);
  EXPECT_EQ(step.reward, 1.0);
  EXPECT_TRUE(step.success);
  EXPECT_GT(LiftTruth(step.obs).cube_z(), 0.04);
}

TEST(Lift, NothingIsLiftedWithOpenFingersNorBesideTheCube) {
  const auto environment = make_lift(straight());
  for (const bool beside : {false, true}) {
    around_the_cube(*environment, 3, beside ? 0.1 : 0.0);
    Step step;
    for (int i = 0; i < 12; ++i) step = environment->step(nudge(0, 0, 0, beside));
    for (int i = 0; i < 30; ++i) step = environment->step(nudge(0, 0, 0.5, beside));
    EXPECT_FALSE(step.end);
    EXPECT_GT(LiftTruth(step.obs).z(), 0.1);
    EXPECT_NEAR(LiftTruth(step.obs).cube_z(), 0.021, 2e-3) << "it lies where it lay";
  }
}

TEST(Lift, TheHandStaysInItsWorkspaceAndUpright) {
  LiftConfig config = straight();
  config.max_steps = 120;
  const auto environment = make_lift(config);
  const double low[3] = {-0.2, -0.2, 0.02}, high[3] = {0.3, 0.2, 0.25};
  for (int corner = 0; corner < 8; ++corner) {
    const double sx = corner & 1 ? 1 : -1, sy = corner & 2 ? 1 : -1, sz = corner & 4 ? 1 : -1;
    environment->reset(static_cast<uint64_t>(corner));
    auto action = nudge(sx, sy, sz, false, sy);
    if (sz > 0) {  // tilted at its lowest, a finger would touch the table
      action[3] = sx;
      action[4] = -sx;
    }
    double worst = 0.0, worst_turn = 0.0;
    Step step;
    for (int i = 0; i < 60; ++i) {
      step = environment->step(action);
      ASSERT_FALSE(step.end) << to_string(*step.end);
      const LiftTruth t(step.obs);
      for (int k = 0; k < 3; ++k) worst = std::max({worst, low[k] - t.p[k], t.p[k] - high[k]});
      for (int k = 0; k < 3; ++k) worst_turn = std::max(worst_turn, std::abs(t.p[3 + k]) - (k < 2 ? 0.087 : 0.9));
    }
    EXPECT_LT(worst, 0.011) << "turning and moving at full speed it swings by up to 9 mm, corner " << corner;
    EXPECT_LT(worst_turn, 0.06) << "it swings by up to 0.043 rad about its limit, corner " << corner;
    for (int k = 0; k < 2; ++k) EXPECT_LT(std::abs(LiftTruth(step.obs).p[3 + k]), 0.087 + 0.01) << "corner " << corner;
    const LiftTruth there(step.obs);
    EXPECT_NEAR(there.x(), sx > 0 ? 0.3 : -0.2, 0.003) << "corner " << corner;
    EXPECT_NEAR(there.y(), sy * 0.2, 0.003) << "corner " << corner;
    EXPECT_NEAR(there.yaw(), sy * 0.9, 0.02) << "corner " << corner;
    EXPECT_LT(step.executed_action.slice(0, 0, 3).abs().max().item<float>(), 0.2f);
  }
}

TEST(Lift, PushingDownOnTheCubeIsBoundedByTheComplianceAndStopsAboveTheLimit) {
  LiftConfig config = straight();
  for (const double limit_N : {60.0, 15.0}) {
    config.max_force_N = limit_N;
    const auto environment = make_lift(config);
    around_the_cube(*environment, 4, 0.0, /*height_m=*/0.08);
    Step step;
    for (int i = 0; i < 14; ++i) step = environment->step(nudge(0, 0, 0, true));  // shut above the cube
    for (int i = 0; i < 60 && !step.end; ++i) step = environment->step(nudge(0, 0, -0.15, true));
    if (limit_N > 40.0) {
      EXPECT_FALSE(step.end);
      EXPECT_NEAR(LiftTruth(step.obs).force_N(), 1024 * 0.03, 3.0);
    } else {
      EXPECT_EQ(step.end, EndReason::kSafetyStop);
      EXPECT_EQ(step.reward, 0.0);
    }
  }
  EXPECT_FALSE(make_lift(config)->spec().safety_stop_is_terminal);
}

TEST(Lift, CubesLieOverTheirRegionTurnedAnyWayAndRest) {
  const auto environment = make_lift({});
  double least = 1, most = -1, least_turn = 9, most_turn = -9;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const LiftTruth t(environment->reset(seed));
    for (const double place : {t.cube_x(), t.cube_y()}) {
      EXPECT_LE(std::abs(place), 0.03 + 1e-6);
      least = std::min(least, place);
      most = std::max(most, place);
    }
    least_turn = std::min(least_turn, t.turn());
    most_turn = std::max(most_turn, t.turn());
  }
  EXPECT_LT(least, -0.028);
  EXPECT_GT(most, 0.028);
  EXPECT_LT(least_turn, -2.9);
  EXPECT_GT(most_turn, 2.9);
  const Observation first = environment->reset(1);
  const double x = LiftTruth(first).cube_x();
  Observation last;
  for (int i = 0; i < 40; ++i) last = environment->step(nudge(0, 0, 0, false)).obs;
  EXPECT_NEAR(LiftTruth(last).cube_x(), x, 2e-4);
  EXPECT_NEAR(LiftTruth(last).cube_z(), 0.021, 1e-3);
}

TEST(Lift, PoliciesSeeTheCubesStateWithoutPicturesAndPicturesInItsPlace) {
  const auto blind = make_lift({});
  const auto* object = blind->spec().observation.find("object");
  ASSERT_NE(object, nullptr);
  EXPECT_FALSE(object->privileged);
  const Observation observation = blind->reset(5);
  const LiftTruth t(observation);
  const auto seen = observation.at("object");
  EXPECT_NEAR(seen[0].item<float>() * 0.1, t.cube_x(), 1e-6);
  EXPECT_NEAR(seen[1].item<float>() * 0.1, t.cube_y(), 1e-6);
  EXPECT_NEAR(2 * std::atan2(seen[6].item<float>(), seen[3].item<float>()), t.turn(), 1e-5);
  EXPECT_NEAR(seen[7].item<float>() * 0.1, t.cube_x() - t.x(), 1e-6);
  EXPECT_NEAR(seen[9].item<float>() * 0.1, t.cube_z() - t.z(), 1e-6);
  EXPECT_NEAR(observation.at("proprio")[12].item<float>(), 1.0, 1e-3) << "the hand is open";

  const auto seeing = make_lift(with_pictures());
  EXPECT_EQ(seeing->spec().observation.find("object"), nullptr);
  for (const char* camera : {"scene", "wrist"}) {
    EXPECT_EQ(seeing->spec().observation.find(camera)->shape, (std::vector<int64_t>{84, 84, 3}));
  }
}

int64_t red_pixels(const at::Tensor& rgb) {
  const uint8_t* p = rgb.const_data_ptr<uint8_t>();
  int64_t count = 0;
  for (int64_t i = 0; i < rgb.numel(); i += 3) count += p[i] > 60 && p[i] > 3 * p[i + 1] && p[i] > 3 * p[i + 2];
  return count;
}

TEST(Lift, BothCamerasSeeTheCubeAtTheStartAndTheWristsBetweenTheFingers) {
  LiftConfig config = with_pictures();
  config.cube_rotation_rad = 0.0;
  const auto environment = make_lift(config);
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const Observation first = environment->reset(seed);
    EXPECT_GT(red_pixels(first.at("scene")), 40) << "seed " << seed;
    EXPECT_GT(red_pixels(first.at("wrist")), 40) << "seed " << seed;
    EXPECT_GT(red_pixels(around_the_cube(*environment, seed).at("wrist")), 60) << "seed " << seed;
  }
}

TEST(Lift, LatencyDelaysTheArm) {
  LiftConfig config = straight();
  config.latency_s = 0.05;
  const auto environment = make_lift(config);
  const double x = LiftTruth(environment->reset(1)).x();
  EXPECT_NEAR(LiftTruth(environment->step(nudge(1, 0, 0, false)).obs).x(), x, 2e-4) << "a whole step late";
  EXPECT_GT(LiftTruth(environment->step(nudge(1, 0, 0, false)).obs).x(), x + 0.002);
}

TEST(Lift, CanBeDrawnForPeople) {
  const auto environment = make_lift({});
  environment->reset(1);
  Renderable* renderable = find_renderable(*environment);
  ASSERT_NE(renderable, nullptr);
  const auto picture = renderable->render(160, 120);
  EXPECT_EQ(picture.sizes(), (at::IntArrayRef{120, 160, 3}));
  EXPECT_GT(red_pixels(picture), 50) << "the cube is to be seen";
  EXPECT_EQ(picture.to(at::kInt).sum(2).le(20).sum().item<int64_t>(), 0) << "nothing black behind it";
}

}  // namespace
}  // namespace onramp::mujoco
