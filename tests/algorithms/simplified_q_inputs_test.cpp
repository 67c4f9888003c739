// What the networks of Simplified Q see: pictures through a frozen encoder or end to end, normalised vectors.
#include "onramp/algorithms/simplified_q.h"

#include "onramp/base/error.h"
#include "onramp/policies/actor_policy.h"
#include "simplified_q_testing.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

SimplifiedQConfig picture_config(EncoderMode mode) { return small_agent_with_pictures<SimplifiedQConfig>(mode); }

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

int encoder_tensors(const Parts& parts, const std::string& part) {
  int count = 0;
  for (const auto& [name, tensor] : parts.at(part).tensors) count += name.find("images") != std::string::npos;
  return count;
}

TEST(SimplifiedQ, ASharedEncoderIsTrainedByTheCriticsLossAlone) {
  const auto given = handed_over();
  const auto encoder_after_update = [&](double temperature, double reward) {
    auto config = picture_config(EncoderMode::kEndToEnd);
    config.input.share_encoder = true;
    config.temperature = temperature;
    SimplifiedQ agent(config, picture_context(&given));
    const auto before = saved(agent);
    EXPECT_EQ(encoder_tensors(before, "actor"), 0);
    EXPECT_GE(encoder_tensors(before, "critic"), 4);
    auto batch = picture_batch(8, 2);
    batch.reward.add_(reward);
    agent.update({{"batch", batch}});
    PartState encoder;
    const auto after = saved(agent);
    for (const auto& [name, tensor] : after.at("critic").tensors) {
      if (name.find("images") != std::string::npos) encoder.tensors[name] = tensor;
    }
    for (const auto& [name, tensor] : encoder.tensors) {
      if (tensor.dim() == 4) {
        EXPECT_FALSE(at::equal(tensor, before.at("critic").tensors.at(name)));
      }
    }
    return content_hash(encoder);
  };
  EXPECT_EQ(encoder_after_update(0.0, 0.0), encoder_after_update(100.0, 0.0)) << "not by the policy's loss";
  EXPECT_NE(encoder_after_update(0.0, 0.0), encoder_after_update(0.0, -9.0));
}

// What is encoded once has the values that each network would have found itself: an update without learning says so.
TEST(SimplifiedQ, ASharedEncoderGivesTheValuesOfTwoEqualOnes) {
  const auto given = handed_over();
  const auto metrics_of = [&](bool share) {
    auto config = picture_config(EncoderMode::kEndToEnd);
    config.input.start = EncoderStart::kPretrained;  // so that both networks begin with one and the same
    config.input.share_encoder = share;
    config.optimizer.learning_rate = 0;
    SimplifiedQ agent(config, picture_context(&given));
    return agent.update({{"batch", picture_batch(8, 2)}});
  };
  const auto shared = metrics_of(true), own = metrics_of(false);
  for (size_t i = 0; i < shared.size(); ++i) {
    EXPECT_NEAR(shared[i].second.item<double>(), own[i].second.item<double>(), 1e-5) << shared[i].first;
  }
}

TEST(SimplifiedQ, APolicyWithASharedEncoderIsWhole) {
  const auto given = handed_over();
  auto config = picture_config(EncoderMode::kEndToEnd);
  config.input.share_encoder = true;
  SimplifiedQ agent(config, picture_context(&given));
  const auto policy = agent.policy();
  const auto from_disk = load_policy(save_policy(*policy));
  const auto batch = picture_batch(8, 2);
  const auto act = [&](Policy& p) {
    auto random = RandomStream(1, "act").next();
    return p.act(batch.obs, *p.begin(8), ActMode::kMode, random).action;
  };
  const auto before = act(*policy);
  expect_equal(act(*from_disk), before);
  for (int i = 0; i < 3; ++i) agent.update({{"batch", batch}});
  expect_equal(act(*policy), before);
  expect_equal(act(*from_disk), before);
  EXPECT_FALSE(at::equal(act(*agent.policy()), before));
  EXPECT_NE(agent.policy()->content_hash(), policy->content_hash());
}

TEST(SimplifiedQ, EndToEndItStartsFromTheEncoderHandedOverWhereToldTo) {
  auto given = handed_over();
  auto config = picture_config(EncoderMode::kEndToEnd);
  config.input.start = EncoderStart::kPretrained;
  SimplifiedQ agent(config, picture_context(&given));
  auto parts = saved(agent);
  for (const char* part : {"critic", "actor"}) {
    int found = 0;
    for (const auto& [name, tensor] : given.at("encoder").tensors) {
      expect_equal(parts.at(part).tensors.at("encoder.images." + name), tensor);
      ++found;
    }
    EXPECT_EQ(found, encoder_tensors(parts, part));
  }
  agent.update({{"batch", picture_batch(8, 2)}});
  const auto after = saved(agent);
  for (const auto& [name, tensor] : given.at("encoder").tensors) {
    if (tensor.dim() != 4) continue;
    const auto& critics = after.at("critic").tensors.at("encoder.images." + name);
    EXPECT_FALSE(at::equal(critics, tensor)) << "it is trained";
    EXPECT_FALSE(at::equal(critics, after.at("actor").tensors.at("encoder.images." + name))) << "each its own";
  }
  given.erase("encoder");
  expect_throws<ConfigError>([&] { SimplifiedQ(config, picture_context(&given)); },
                             "input.start: pretrained needs the part 'encoder'");
  EXPECT_EQ(NetworkInputs::needs(config.input, picture_and_state()),
            (std::vector<std::string>{"normalizer", "encoder"}));
}

TEST(SimplifiedQ, EndToEndContinuesBitForBitAfterLoad) {
  expect_continues_end_to_end<SimplifiedQ>(picture_config(EncoderMode::kEndToEnd), handed_over(), picture_batch(8, 2));
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
