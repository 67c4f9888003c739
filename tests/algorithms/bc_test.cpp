#include "onramp/algorithms/bc.h"

#include <cmath>

#include "learner_testing.h"
#include "onramp/base/error.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

BcConfig small_config() {
  BcConfig config;
  config.input = {.images = EncoderMode::kNone, .normalize = false};
  return config;
}

BcConfig picture_config(EncoderMode mode) {
  BcConfig config;
  config.input = {.images = mode, .encoder = {.feature_dim = 8, .channels = {4, 4}}, .normalize = false};
  return config;
}

LearnerContext picture_context(const Parts* given = nullptr) {
  return {.observation = picture_and_state(), .action = {2, {}}, .seed = 1, .given = given};
}

// The demonstrator's action is linear in the state: a = 0.5 s, s in [-1, 1]^2.
TEST(Bc, LearnsALinearDemonstrator) {
  auto config = small_config();
  config.optimizer.learning_rate = 3e-3;
  Bc agent(config, state_context(2, 2, test_seed()));
  const auto held_out = uniforms({200, 2}, 777);
  const auto error = [&] {
    auto policy = agent.policy();
    auto random = RandomStream(1, "act").next();
    const auto action = policy->act({{"state", held_out}}, *policy->begin(200), ActMode::kMode, random).action;
    return (action - 0.5 * held_out).abs().mean().item<double>();
  };
  const auto before = error();
  for (uint64_t i = 0; i < 300; ++i) {
    Batch batch;
    const auto s = uniforms({64, 2}, 1000 * test_seed() + i);
    batch.obs = {{"state", s}};
    batch.action = 0.5 * s;
    agent.update({{"batch", batch}});
  }
  EXPECT_GT(before, 0.15);
  expect_below("bc error", error(), 0.03);
}

TEST(Bc, ContinuesBitForBitAfterLoad) {
  auto config = picture_config(EncoderMode::kEndToEnd);
  config.random_shift = 2;
  Bc agent(config, picture_context()), fresh(config, picture_context());
  expect_continues_bit_for_bit(agent, fresh, {{"batch", picture_batch(8, 2)}});
}

TEST(Bc, EachSettingOfTheUpdateChangesItsResult) {
  const auto run = [](const std::function<void(BcConfig&)>& change) {
    auto config = picture_config(EncoderMode::kEndToEnd);
    change(config);
    Bc agent(config, picture_context());
    agent.update({{"batch", picture_batch(8, 2)}});
    return content_hash(saved(agent)["actor"]);
  };
  const auto base = run([](auto&) {});
  EXPECT_NE(run([](auto& c) { c.random_shift = 3; }), base);
  EXPECT_NE(run([](auto& c) { c.optimizer.learning_rate = 1e-3; }), base);
  EXPECT_NE(run([](auto& c) { c.actor.mlp.hidden = {8}; }), base);
  EXPECT_NE(run([](auto& c) { c.input.images = EncoderMode::kNone; }), base);
  EXPECT_NE(run([](auto& c) { c.input.observations = {"wrist"}; }), base);
}

TEST(Bc, PlanNamesSourceSizeAndFormOfImages) {
  auto config = picture_config(EncoderMode::kEndToEnd);
  config.batch_size = 17;
  config.source = "demonstrations";
  const auto plan = Bc(config, picture_context()).sample_plan();
  ASSERT_EQ(plan.size(), 1U);
  EXPECT_EQ(plan[0].size, 17);
  EXPECT_EQ(plan[0].sources[0].source, "demonstrations");
  EXPECT_EQ(plan[0].images, ImageForm::kPixels);
  auto generator = generator_of(1);
  Parts given;
  given["encoder"] = save_encoder(ImageEncoders(picture_and_state(), config.input.encoder, generator));
  EXPECT_EQ(Bc(picture_config(EncoderMode::kFrozen), picture_context(&given)).sample_plan()[0].images,
            ImageForm::kFrameIds);
}

TEST(Bc, ItsPolicyIsASnapshotThatActsOneWay) {
  Bc agent(small_config(), state_context(3, 2));
  const auto policy = agent.policy();
  const Observation obs{{"state", normals({4, 3}, 9)}};
  auto random = RandomStream(1, "act").next();
  const auto action = policy->act(obs, *policy->begin(4), ActMode::kSample, random).action;
  agent.update({{"batch", random_batch(32, 3, 2)}});
  expect_equal(policy->act(obs, *policy->begin(4), ActMode::kMode, random).action, action);
}

TEST(Bc, RandomShiftNeedsPixels) {
  auto config = picture_config(EncoderMode::kFrozen);
  config.random_shift = 4;
  expect_throws<ConfigError>([&] { config.validate(); }, "random_shift = 4 needs pixels in each update");
}

TEST(Bc, StartsFromTheEncoderHandedOverWhereToldTo) {
  auto config = picture_config(EncoderMode::kEndToEnd);
  config.input.start = EncoderStart::kPretrained;
  auto generator = generator_of(1);
  Parts given;
  given["encoder"] = save_encoder(ImageEncoders(picture_and_state(), config.input.encoder, generator));
  Bc agent(config, picture_context(&given));
  const auto parts = saved(agent);
  for (const auto& [name, tensor] : given.at("encoder").tensors) {
    expect_equal(parts.at("actor").tensors.at("encoder.images." + name), tensor);
  }
}

// Appendix E: 100 000 updates, judged each 10 000.
TEST(Bc, ItsOwnCourseIsThePapers) {
  const auto phases = Bc::default_phases({}, "cloning", /*environment=*/true);
  ASSERT_EQ(phases.size(), 1U);
  EXPECT_EQ(phases[0].at("updates").as<int64_t>(), 100000);
  EXPECT_EQ(phases[0].at("keep_policy_every").as<int64_t>(), 10000);
}

TEST(Bc, HasNobodyToShareAnEncoderWith) {
  auto config = picture_config(EncoderMode::kEndToEnd);
  config.input.share_encoder = true;
  expect_throws<ConfigError>([&] { config.validate(); }, "nothing to share with");
}

}  // namespace
}  // namespace onramp
