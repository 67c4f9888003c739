// Claims about the simulated task `pipe_assembly`, made by driving it by hand.
#include "onramp/envs/mujoco/pipe_assembly.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "onramp/envs/wrappers.h"

namespace onramp::mujoco {
namespace {

/// `privileged`, by name.
struct PipeTruth {
  explicit PipeTruth(const Observation& observation) : values(observation.at("privileged")) {}
  at::Tensor values;
  const float* p = values.const_data_ptr<float>();
  double tool(int i) const { return p[i]; }
  double yaw() const { return p[5]; }
  double width() const { return p[6]; }
  double force_N() const { return p[7]; }
  double pipe(int i) const { return p[8 + i]; }
  double turn() const { return p[11]; }
  double mouth(int i) const { return p[13 + i]; }
  double fixture_turn() const { return p[16]; }
  /// Of the pipe's front end, from the mouth, along the way in and to its left.
  double end_along() const { return std::cos(fixture_turn()) * dx() + std::sin(fixture_turn()) * dy(); }
  double end_left() const { return -std::sin(fixture_turn()) * dx() + std::cos(fixture_turn()) * dy(); }
  double dx() const { return pipe(0) + 0.08 * std::cos(turn()) - mouth(0); }
  double dy() const { return pipe(1) + 0.08 * std::sin(turn()) - mouth(1); }
};

at::Tensor seven(double x, double y, double z, bool close, double yaw = 0.0) {
  auto action = at::zeros({7});
  const double v[] = {x, y, z, 0, 0, yaw};
  for (int i = 0; i < 6; ++i) action[i] = std::clamp(v[i], -1.0, 1.0);
  action[6] = close ? 1.0 : -1.0;
  return action;
}

/// The pipe in the hand, 40 mm behind its middle.
Observation with_the_pipe(Environment& environment, uint64_t seed) {
  Observation observation = environment.reset(seed);
  Step step;
  for (int i = 0; i < 65; ++i) {
    const PipeTruth t(observation);
    const double x = t.pipe(0) - 0.04 - t.tool(0), y = t.pipe(1) - t.tool(1), z = (i < 20 ? 0.15 : 0.02) - t.tool(2);
    step = environment.step(seven(x / 0.04, y / 0.04, z / 0.04, i > 55, (t.turn() - t.yaw()) / 0.08));
    EXPECT_FALSE(step.end);
    observation = step.obs;
  }
  EXPECT_NEAR(PipeTruth(observation).width(), 0.04, 1e-3);
  return observation;
}

/// Held before the mouth, on its axis, turned to it but for `askew_rad`; then pushed in.
Step pushed_in(Environment& environment, uint64_t seed, double askew_rad, double* deepest_m) {
  Observation observation = with_the_pipe(environment, seed);
  Step step;
  *deepest_m = -1;
  for (int i = 0; i < 120 && !step.end; ++i) {
    const PipeTruth t(observation);
    const bool aims = i < 60, raises = i < 15;
    const double along = aims ? -0.015 - t.end_along() : 0.02, left = -t.end_left(), up = t.mouth(2) - t.pipe(2);
    const double c = std::cos(t.fixture_turn()), s = std::sin(t.fixture_turn());
    const double x = raises ? 0 : c * along - s * left, y = raises ? 0 : s * along + c * left;
    const double turn = t.fixture_turn() + askew_rad - t.turn();
    step = environment.step(seven(x / 0.04, y / 0.04, up / 0.04, true, turn / 0.08));
    observation = step.obs;
    *deepest_m = std::max(*deepest_m, PipeTruth(observation).end_along());
  }
  return step;
}

PipeAssemblyConfig in_place() {
  PipeAssemblyConfig config;
  config.pipe_spread_m = config.pipe_rotation_rad = 0.0;
  return config;
}

TEST(PipeAssembly, ThePipeFiftySevenMillimetresDeepEndsTheAttemptWithOne) {
  const auto environment = make_pipe_assembly(in_place());
  double deepest_m = 0;
  const Step step = pushed_in(*environment, 1, /*askew_rad=*/0.0, &deepest_m);
  EXPECT_EQ(step.end, EndReason::kSuccess);
  EXPECT_EQ(step.reward, 1.0);
  EXPECT_TRUE(step.success);
  EXPECT_GT(deepest_m, 0.0565);
  EXPECT_LT(deepest_m, 0.0595) << "behind it the fixture is closed";
}

TEST(PipeAssembly, APipeThatIsNotTurnedToTheFixtureJams) {
  const auto environment = make_pipe_assembly(in_place());
  double deepest_m = 0;
  const Step step = pushed_in(*environment, 1, /*askew_rad=*/-0.26, &deepest_m);  // as it lay
  EXPECT_FALSE(step.success);
  EXPECT_LT(deepest_m, 0.02);
}

TEST(PipeAssembly, ThePipeLiesAlmostWhereItAlwaysLiesAndRests) {
  const auto environment = make_pipe_assembly({});
  double least = 9, most = -9, least_turn = 9, most_turn = -9;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const PipeTruth t(environment->reset(seed));
    EXPECT_NEAR(t.tool(0), 0.0, 1e-4);
    EXPECT_NEAR(t.tool(2), 0.42, 1e-4) << "the hand starts where it always starts";
    EXPECT_LE(std::abs(t.pipe(1) + 0.1), 0.003 + 1e-6);
    least = std::min(least, t.pipe(0) + 0.06);
    most = std::max(most, t.pipe(0) + 0.06);
    least_turn = std::min(least_turn, t.turn());
    most_turn = std::max(most_turn, t.turn());
  }
  EXPECT_NEAR(least, -0.003, 3e-4);
  EXPECT_NEAR(most, 0.003, 3e-4);
  EXPECT_NEAR(least_turn, -0.03, 3e-3);
  EXPECT_NEAR(most_turn, 0.03, 3e-3);
  const PipeTruth first(environment->reset(1));
  Observation last;
  for (int i = 0; i < 40; ++i) last = environment->step(seven(0, 0, 0, false)).obs;
  const PipeTruth t(last);
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(t.pipe(i), first.pipe(i), 3e-4) << "it does not roll";
  EXPECT_NEAR(t.turn(), first.turn(), 1e-3);
}

TEST(PipeAssembly, TheHandStaysInItsWorkspace) {
  const auto environment = make_pipe_assembly({});
  const double low[3] = {-0.2, -0.2, 0.02}, high[3] = {0.1, 0.2, 0.47};
  for (const int corner : {0, 1, 2, 4, 5, 6}) {  // not down where the fixture stands
    const double sx = corner & 1 ? 1 : -1, sy = corner & 2 ? 1 : -1, sz = corner & 4 ? 1 : -1;
    environment->reset(static_cast<uint64_t>(corner));
    Step step;
    for (int i = 0; i < 60; ++i) {
      step = environment->step(seven(sx, sy, i < 20 && sz < 0 ? 0 : sz, false, sy));
      ASSERT_FALSE(step.end) << to_string(*step.end) << ", corner " << corner;
    }
    const PipeTruth t(step.obs);
    for (int k = 0; k < 3; ++k) {
      const double sign = k == 0 ? sx : k == 1 ? sy : sz;
      EXPECT_NEAR(t.tool(k), sign > 0 ? high[k] : low[k], 0.004) << "corner " << corner << " axis " << k;
    }
    EXPECT_NEAR(t.yaw(), sy * 0.349, 0.02) << "corner " << corner;
  }
}

TEST(PipeAssembly, PoliciesSeePipeAndMouthWithoutPicturesAndPicturesInTheirPlace) {
  PipeAssemblyConfig config;
  const auto blind = make_pipe_assembly(config);
  EXPECT_EQ(blind->spec().action.dim, 7);
  EXPECT_FALSE(blind->spec().safety_stop_is_terminal);
  const Observation observation = blind->reset(5);
  const PipeTruth t(observation);
  const auto seen = observation.at("object");
  EXPECT_NEAR(seen[0].item<float>() * 0.1, -t.dx(), 1e-6);
  EXPECT_NEAR(seen[1].item<float>() * 0.1, -t.dy(), 1e-6);
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(seen[3 + i].item<float>() * 0.1, t.pipe(i) - t.tool(i), 1e-6);
  EXPECT_NEAR(2 * std::atan2(seen[9].item<float>(), seen[6].item<float>()), t.turn(), 1e-5);
  config.images = true;
  const auto seeing = make_pipe_assembly(config);
  EXPECT_EQ(seeing->spec().observation.find("object"), nullptr);
  const Observation first = seeing->reset(1);
  for (const char* camera : {"scene", "wrist"}) EXPECT_EQ(first.at(camera).sizes(), (at::IntArrayRef{84, 84, 3}));
}

/// The fixture's blue; nothing else of the scene is as blue.
int64_t blue_pixels(const at::Tensor& rgb) {
  const uint8_t* p = rgb.const_data_ptr<uint8_t>();
  int64_t count = 0;
  for (int64_t i = 0; i < rgb.numel(); i += 3) count += p[i + 2] > p[i] + 30;
  return count;
}

TEST(PipeAssembly, TheSceneCameraSeesTheFixtureAndPeopleSeeNothingBlack) {
  PipeAssemblyConfig config;
  config.images = true;
  const auto environment = make_pipe_assembly(config);
  EXPECT_GT(blue_pixels(environment->reset(1).at("scene")), 30);
  const auto picture = find_renderable(*environment)->render(160, 120);
  EXPECT_EQ(picture.to(at::kInt).sum(2).le(20).sum().item<int64_t>(), 0);
}

}  // namespace
}  // namespace onramp::mujoco
