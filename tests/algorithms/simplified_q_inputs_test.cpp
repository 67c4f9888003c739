// What the networks of Simplified Q see: pictures through a frozen encoder or end to end, normalised vectors.
#include "onramp/algorithms/simplified_q.h"

#include "onramp/base/error.h"
#include "simplified_q_testing.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

LearnerContext picture_context(const Parts* given) {
  return {.observation = picture_and_state(), .action = {2, {}}, .seed = 1, .given = given};
}

Parts handed_over(uint64_t seed = 1) {
  auto generator = generator_of(seed);
  Parts parts;
  parts["encoder"] =
      save_encoder(ImageEncoders(picture_and_state(), EncoderConfig{.feature_dim = 8, .channels = {4, 4}}, generator));
  parts["normalizer"] = save_normalizer(fit_normalizer({{"state", normals({50, 3}, seed)}}));
  return parts;
}

SimplifiedQConfig picture_config(EncoderMode mode) {
  auto config = small_config();
  config.input = {.images = mode, .encoder = {.feature_dim = 8, .channels = {4, 4}}};
  return config;
}

TEST(SimplifiedQ, AFrozenEncoderIsSharedAndNeverChanges) {
  const auto given = handed_over();
  SimplifiedQ agent(picture_config(EncoderMode::kFrozen), picture_context(&given));
  EXPECT_EQ(agent.sample_plan()[0].images, ImageForm::kFrameIds);
  EXPECT_EQ(agent.sample_plan()[0].observations, (std::vector<std::string>{"wrist", "state"}));
  auto batch = picture_batch(8, 2);
  const auto encoder = load_encoder(given.at("encoder"));
  for (auto* obs : {&batch.obs, &batch.next_obs})
    obs->set("wrist", encoder->encode("wrist", obs->at("wrist")).detach());
  for (int i = 0; i < 3; ++i) agent.update({{"batch", batch}});
  for (const auto& part : {"critic", "actor"}) {
    const auto state = saved(agent)[part];
    for (const auto& [name, tensor] : state.tensors) EXPECT_EQ(name.find("images"), std::string::npos) << name;
  }
  // The policy carries the encoder: it acts on pictures as on their features.
  auto policy = agent.policy();
  auto random = RandomStream(1, "act").next();
  const auto raw = picture_batch(8, 2);
  expect_equal(policy->act(raw.obs, *policy->begin(8), ActMode::kMode, random).action,
               policy->act(batch.obs, *policy->begin(8), ActMode::kMode, random).action);
}

// The first step of Adam moves each weight that has a gradient by the learning rate (appendix E: 5e-5 on line).
TEST(SimplifiedQ, OnAFrozenEncoderItLearnsMoreSlowlyOnLine) {
  const auto given = handed_over();
  const auto first_step = [&](EncoderMode mode) {
    SimplifiedQ agent(picture_config(mode), picture_context(&given));
    agent.begin_stage(Stage::kOnline);
    auto batch = picture_batch(8, 2);
    const auto encoder = load_encoder(given.at("encoder"));
    for (auto* obs : {&batch.obs, &batch.next_obs}) {
      if (mode == EncoderMode::kFrozen) obs->set("wrist", encoder->encode("wrist", obs->at("wrist")).detach());
    }
    const auto before = saved(agent)["critic"].tensors.at("mlp.weight_out");
    agent.update({{"batch", batch}});
    return (saved(agent)["critic"].tensors.at("mlp.weight_out") - before).abs().max().item<double>();
  };
  EXPECT_NEAR(first_step(EncoderMode::kFrozen), 5e-5, 5e-7);
  EXPECT_NEAR(first_step(EncoderMode::kEndToEnd), 3e-4, 3e-6);
}

TEST(SimplifiedQ, EndToEndEachNetworkTrainsAnEncoderOfItsOwn) {
  const auto given = handed_over();
  SimplifiedQ agent(picture_config(EncoderMode::kEndToEnd), picture_context(&given));
  EXPECT_EQ(agent.sample_plan()[0].images, ImageForm::kPixels);
  const auto before = saved(agent);
  agent.update({{"batch", picture_batch(8, 2)}});
  const auto after = saved(agent);
  int encoders_moved = 0;
  for (const auto& part : {"critic", "actor"}) {
    for (const auto& [name, tensor] : after.at(part).tensors) {
      if (name.find("images") == std::string::npos) continue;
      encoders_moved += !at::equal(tensor, before.at(part).tensors.at(name));
      if (tensor.dim() == 4) {
        EXPECT_FALSE(at::equal(after.at("critic").tensors.at(name), after.at("actor").tensors.at(name)));
      }
    }
  }
  EXPECT_GE(encoders_moved, 8);  // convolutions and projection of both networks
}

TEST(SimplifiedQ, EndToEndContinuesBitForBitAfterLoad) {
  const auto given = handed_over();
  const auto config = picture_config(EncoderMode::kEndToEnd);
  SimplifiedQ agent(config, picture_context(&given)), fresh(config, picture_context(&given));
  expect_continues_bit_for_bit(agent, fresh, {{"batch", picture_batch(8, 2)}});
}

TEST(SimplifiedQ, WithoutPicturesItAsksForNone) {
  const auto given = handed_over();
  SimplifiedQ agent(picture_config(EncoderMode::kNone), picture_context(&given));
  EXPECT_EQ(agent.sample_plan()[0].observations, std::vector<std::string>{"state"});
  agent.update({{"batch", random_batch(8, 3, 2)}});
}

TEST(SimplifiedQ, NormalisedInputsChangeTheResult) {
  const auto given = handed_over();
  auto context = state_context(3, 2);
  context.given = &given;
  const auto run = [&](bool normalize) {
    auto config = small_config();
    config.input.normalize = normalize;
    SimplifiedQ agent(config, context);
    agent.update({{"batch", random_batch(32, 3, 2)}});
    return content_hash(saved(agent)["critic"]);
  };
  EXPECT_NE(run(true), run(false));
}

TEST(SimplifiedQ, SaysWhichPartIsMissingOrAnother) {
  auto given = handed_over();
  given.erase("encoder");
  expect_throws<ConfigError>([&] { SimplifiedQ(picture_config(EncoderMode::kFrozen), picture_context(&given)); },
                             "needs the part 'encoder'");
  expect_throws<ConfigError>([&] { SimplifiedQ(picture_config(EncoderMode::kFrozen), picture_context(nullptr)); },
                             "needs the part 'normalizer'");
  const auto one = handed_over(1), two = handed_over(2);
  SimplifiedQ agent(picture_config(EncoderMode::kFrozen), picture_context(&one));
  SimplifiedQ other(picture_config(EncoderMode::kFrozen), picture_context(&two));
  expect_throws<CheckpointError>([&] { other.load(saved(agent)); }, "another encoder or normaliser");
  auto incomplete = saved(agent);
  incomplete.erase("actor");
  expect_throws<CheckpointError>([&] { agent.load(incomplete); }, "actor");
}

TEST(SimplifiedQ, PrivilegedEntriesAreRefused) {
  auto config = picture_config(EncoderMode::kNone);
  config.input.normalize = false;
  config.input.observations = {"truth"};
  expect_throws<ConfigError>([&] { SimplifiedQ(config, picture_context(nullptr)); }, "'truth' is privileged");
}

}  // namespace
}  // namespace onramp
