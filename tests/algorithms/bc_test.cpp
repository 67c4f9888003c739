#include "onramp/algorithms/bc.h"

#include <cmath>
#include <functional>

#include "learner_testing.h"
#include "onramp/base/error.h"
#include "onramp/policies/actor_policy.h"
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

// ---- policies with a density ----

BcConfig with_density(ActorType policy) {
  auto config = small_config();
  config.policy = policy;
  config.actor.mlp.hidden = {32};
  config.mixture.components = 2;
  config.optimizer.learning_rate = 3e-3;
  return config;
}

class BcWithDensity : public ::testing::TestWithParam<ActorType> {};
INSTANTIATE_TEST_SUITE_P(Policies, BcWithDensity, ::testing::Values(ActorType::kSquashedGaussian, ActorType::kMixture));

TEST_P(BcWithDensity, ContinuesBitForBitAfterLoad) {
  Bc agent(with_density(GetParam()), state_context(3, 2)), fresh(with_density(GetParam()), state_context(3, 2));
  expect_continues_bit_for_bit(agent, fresh, {{"batch", random_batch(32, 3, 2)}});
}

TEST_P(BcWithDensity, HandsOverAPolicyThatActsAndRatesAsItsOwn) {
  Bc agent(with_density(GetParam()), state_context(3, 2));
  agent.update({{"batch", random_batch(32, 3, 2)}});
  EXPECT_EQ(Bc::has_density(with_density(GetParam())), true);
  const auto handed = load_policy(saved(agent).at("cloned_policy")), own = agent.policy();
  EXPECT_EQ(handed->content_hash(), own->content_hash());
  ASSERT_TRUE(handed->can_evaluate());
  const Observation obs{{"state", normals({4, 3}, 9)}};
  const auto action = uniforms({4, 2}, 10);
  expect_equal(handed->evaluate(obs, action).log_prob, own->evaluate(obs, action).log_prob);
  expect_equal(handed->evaluate(obs, action).entropy, own->evaluate(obs, action).entropy);
  auto a = RandomStream(1, "act").next(), b = RandomStream(1, "act").next();
  expect_equal(handed->act(obs, *handed->begin(4), ActMode::kSample, a).action,
               own->act(obs, *own->begin(4), ActMode::kSample, b).action);
}

TEST(Bc, WithoutADensityItHandsItsPolicyOverAllTheSame) {
  EXPECT_EQ(Bc::provides(), std::vector<std::string>{"cloned_policy"});
  EXPECT_EQ(Bc::has_density({}), false);
  Bc agent(small_config(), state_context(3, 2));
  const auto handed = load_policy(saved(agent).at("cloned_policy"));
  EXPECT_EQ(handed->content_hash(), agent.policy()->content_hash());
  EXPECT_FALSE(handed->can_evaluate());
}

// a = +-0.5 with a deviation of 0.02, whatever the state: the mean is 0, which no demonstration showed.
Batch two_ways(uint64_t seed) {
  Batch batch;
  batch.obs = {{"state", uniforms({64, 2}, 2 * seed)}};
  batch.action = (0.5 * uniforms({64, 1}, 2 * seed + 1).sign() + 0.02 * normals({64, 1}, 3 * seed)).contiguous();
  return batch;
}

std::unique_ptr<Policy> shown_two_ways(BcConfig config, uint64_t seed) {
  config.mixture.components = MixtureConfig{}.components;
  Bc agent(config, state_context(2, 1, seed));
  for (uint64_t k = 0; k < 500; ++k) agent.update({{"batch", two_ways(10000 * seed + k)}});
  return agent.policy();
}

at::Tensor mode_of(Policy& policy, const Observation& obs) {
  auto random = RandomStream(1, "act").next();
  return policy.act(obs, *policy.begin(obs.batch_size()), ActMode::kMode, random).action;
}

// Log-likelihoods: of the data's own distribution -log 2 - 1.4189 - log 0.02 = 1.80; of the best single Gaussian, whose variance
// is 0.25 + 0.02^2, -1.4189 - log(0.5004) = -0.727. Only what knows both ways is a nat above the latter.
TEST(Bc, AMixtureLearnsTwoWaysWhereAGaussianTakesTheirMean) {
  constexpr double kBestGaussian = -0.727;
  const auto held_out = two_ways(7);
  for (uint64_t seed = 5 * test_seed(); seed < 5 * test_seed() + 5; ++seed) {
    SCOPED_TRACE(seed);
    const auto mixture = shown_two_ways(with_density(ActorType::kMixture), seed);
    const auto likelihood = mixture->evaluate(held_out.obs, held_out.action).log_prob.mean().item<double>();
    expect_below("nats by which a mixture is no better than a Gaussian", kBestGaussian - likelihood, -1.0);
    auto random = RandomStream(1, "sample").next();
    const auto drawn = mixture->sample(held_out.obs, 30, random);  // [64, 30, 1]
    const auto near = [&](double way) { return ((drawn - way).abs() < 0.15).to(at::kFloat).mean().item<double>(); };
    expect_below("what a half has more than draws near one way", 0.5 - near(0.5), 0.25);
    expect_below("what a half has more than draws near the other", 0.5 - near(-0.5), 0.25);
    expect_below("draws near neither", 1 - near(0.5) - near(-0.5), 0.1);
    expect_below("distance of a mixture's mode from a way",
                 (mode_of(*mixture, held_out.obs).abs() - 0.5).abs().mean().item<double>(), 0.1);
    const auto gaussian = shown_two_ways(with_density(ActorType::kSquashedGaussian), seed);
    expect_below("size of a Gaussian's mode", mode_of(*gaussian, held_out.obs).abs().mean().item<double>(),
                 0.25);  // nearer to the mean than to a way
  }
}

// Constant actions N(u; 0.3, 0.5) squashed: what likelihood finds is the deviation too.
TEST(Bc, AGaussianLearnsTheDeviationOfItsData) {
  auto config = with_density(ActorType::kSquashedGaussian);
  Bc agent(config, state_context(2, 1, test_seed()));
  for (uint64_t k = 0; k < 600; ++k) {
    Batch batch;
    batch.obs = {{"state", uniforms({64, 2}, 1000 * test_seed() + 2 * k)}};
    batch.action = (0.3 + 0.5 * normals({64, 1}, 1000 * test_seed() + 2 * k + 1)).tanh();
    agent.update({{"batch", batch}});
  }
  const Observation obs{{"state", uniforms({50, 2}, 7)}};
  const auto entropy = agent.policy()->evaluate(obs, at::zeros({50, 1})).entropy.mean().item<double>();
  expect_below("error of the entropy", std::abs(entropy - (std::log(0.5) + 1.4189385)),
               0.15);  // from log std -1.5: 0.8
}

TEST(Bc, EachSettingOfADensityChangesItsResult) {
  const auto run = [](const std::function<void(BcConfig&)>& change) {
    auto config = with_density(ActorType::kMixture);
    change(config);
    Bc agent(config, state_context(3, 2));
    agent.update({{"batch", random_batch(32, 3, 2)}});
    return hash_of_acts(*agent.policy());
  };
  const auto base = run([](auto&) {});
  EXPECT_NE(run([](auto& c) { c.policy = ActorType::kSquashedGaussian; }), base);
  EXPECT_NE(run([](auto& c) { c.mixture.components = 3; }), base);
  EXPECT_NE(run([](auto& c) { c.mixture.min_std = 0.1; }), base);
  EXPECT_NE(run([](auto& c) { c.mixture.low_noise = true; }), base);
}

}  // namespace
}  // namespace onramp
