#include "onramp/algorithms/hilbert.h"

#include <torch/types.h>

#include <cmath>

#include "learner_testing.h"
#include "onramp/base/error.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

constexpr int64_t kCells = 8;

// A random walk in a corridor of 8 cells, shown as one-hot vectors; goals are uniform.
Batch corridor_batch(int64_t B, uint64_t seed) {
  const auto cell = at::randint(kCells, {B}, generator_of(3 * seed), at::TensorOptions(at::kLong));
  const auto step = 2 * at::randint(2, {B}, generator_of(3 * seed + 1), at::TensorOptions(at::kLong)) - 1;
  const auto goal = at::randint(kCells, {B}, generator_of(3 * seed + 2), at::TensorOptions(at::kLong));
  const auto cells = at::eye(kCells);
  Batch batch;
  batch.obs = {{"state", cells.index_select(0, cell)}};
  batch.next_obs = {{"state", cells.index_select(0, (cell + step).clamp(0, kCells - 1))}};
  batch.goal = {{"state", cells.index_select(0, goal)}};
  batch.columns["reached"] = (cell == goal).to(at::kFloat);
  return batch;
}

HilbertConfig corridor_config() {
  HilbertConfig config;
  config.observations = {"state"};
  config.head.hidden = {64};
  config.latent_dim = 16;
  config.optimizer.learning_rate = 3e-3;
  config.target_rate = 0.05;
  return config;
}

TEST(Hilbert, DistanceIsTheNumberOfStepsBetweenTwoCells) {
  Hilbert learner(corridor_config(), state_context(kCells, 1, test_seed()));
  for (uint64_t i = 0; i < 800; ++i) learner.update({{"batch", corridor_batch(128, 10000 * test_seed() + i)}});
  const auto cells = at::eye(kCells);
  double worst = 0;
  for (int64_t s = 0; s < kCells; ++s) {
    const Observation from{{"state", cells.narrow(0, s, 1).expand({kCells, kCells}).contiguous()}},
        to{{"state", cells}};
    const auto value = learner.value(from, to);  // [8], one a goal
    for (int64_t g = 0; g < kCells; ++g) {
      const auto steps = static_cast<double>(std::abs(s - g));
      const double want = -(1 - std::pow(0.99, steps)) / 0.01;  // -1 a step, discounted
      worst = std::max(worst, std::abs(value[g].item<double>() - want));
      const auto one_nearer = g + (g < s) - (g > s);
      if (g != s) {
        EXPECT_LT(value[g].item<double>(), value[one_nearer].item<double>()) << s << " -> " << g;
      }
    }
  }
  expect_below("hilbert worst error", worst, 0.9);
}

HilbertConfig picture_config() {
  HilbertConfig config;
  config.encoder = {.feature_dim = 8, .channels = {4, 4}};
  return config;
}

Batch goal_batch(uint64_t seed) {
  auto batch = picture_batch(8, 2, seed);
  batch.goal = {{"wrist", pictures(8, 10 * seed + 6)}};
  batch.columns["reached"] = at::tensor({1.F, 0.F, 0.F, 0.F, 0.F, 0.F, 0.F, 0.F});
  return batch;
}

TEST(Hilbert, HandsOverTheEncoderItTrained) {
  Hilbert learner(picture_config(), picture_context());
  const auto before = saved(learner);
  for (uint64_t i = 0; i < 3; ++i) learner.update({{"batch", goal_batch(i)}});
  const auto after = saved(learner);
  const auto x = pictures(4, 99);
  const auto encoded = load_encoder(after.at("encoder"))->encode("wrist", x);
  EXPECT_EQ(encoded.sizes(), (std::vector<int64_t>{4, 8}));
  EXPECT_FALSE(at::equal(encoded, load_encoder(before.at("encoder"))->encode("wrist", x)));
}

TEST(Hilbert, ContinuesBitForBitAfterLoad) {
  Hilbert learner(picture_config(), picture_context()), fresh(picture_config(), picture_context());
  expect_continues_bit_for_bit(learner, fresh, {{"batch", goal_batch(1)}});
}

TEST(Hilbert, EachSettingOfTheUpdateChangesItsResult) {
  const auto run = [](const std::function<void(HilbertConfig&)>& change) {
    auto config = picture_config();
    change(config);
    Hilbert learner(config, picture_context());
    for (uint64_t i = 0; i < 2; ++i) learner.update({{"batch", goal_batch(i)}});
    return hash_of(learner);
  };
  const auto base = run([](auto&) {});
  EXPECT_NE(run([](auto& c) { c.encoder.channels = {4, 8}; }), base);
  EXPECT_NE(run([](auto& c) { c.head.hidden = {8}; }), base);
  EXPECT_NE(run([](auto& c) { c.latent_dim = 4; }), base);
  EXPECT_NE(run([](auto& c) { c.gamma = 0.5; }), base);
  EXPECT_NE(run([](auto& c) { c.expectile = 0.5; }), base);
  EXPECT_NE(run([](auto& c) { c.target_rate = 0.5; }), base);
  EXPECT_NE(run([](auto& c) { c.optimizer.learning_rate = 1e-3; }), base);
  EXPECT_NE(run([](auto& c) { c.random_shift = 2; }), base);
}

TEST(Hilbert, PlanAsksForGoalsOverPicturesAlone) {
  auto config = picture_config();
  config.batch_size = 17;
  config.goal_future = 0.5;
  config.goal_self = 0.25;
  config.source = "demonstrations";
  config.gamma = 0.9;
  const auto plan = Hilbert(config, picture_context()).sample_plan();
  ASSERT_EQ(plan.size(), 1U);
  EXPECT_EQ(plan[0].kind, SampleKind::kGoal);
  EXPECT_EQ(plan[0].size, 17);
  EXPECT_EQ(plan[0].goal_future, 0.5);
  EXPECT_EQ(plan[0].goal_self, 0.25);
  EXPECT_EQ(plan[0].gamma, 0.9);
  EXPECT_EQ(plan[0].images, ImageForm::kPixels);
  EXPECT_EQ(plan[0].observations, std::vector<std::string>{"wrist"});
  EXPECT_EQ(plan[0].sources[0].source, "demonstrations");
}

TEST(Hilbert, RefusesNothingToRepresentAndTooManyGoals) {
  expect_throws<ConfigError>([] { Hilbert(HilbertConfig{}, state_context(3, 1)); }, "no pictures to represent");
  auto config = picture_config();
  config.observations = {"truth"};
  expect_throws<ConfigError>([&] { Hilbert(config, picture_context()); }, "'truth' is privileged");
  config = picture_config();
  config.goal_self = 0.5;
  expect_throws<ConfigError>([&] { config.validate(); }, "goal_future + goal_self = 1.125");
}

}  // namespace
}  // namespace onramp
