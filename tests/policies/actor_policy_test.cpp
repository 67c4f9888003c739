#include "onramp/policies/actor_policy.h"

#include <torch/types.h>

#include "models/model_testing.h"
#include "onramp/base/error.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

struct Variant {
  ActorType type;
  bool trainable;
  std::string name;
};

std::unique_ptr<ActorPolicy> make_policy(ActorType type, bool trainable, uint64_t seed = 1) {
  auto generator = generator_of(seed);
  const auto spec = select_observations(picture_and_state(), {}, EncoderMode::kFrozen);
  auto images = std::make_shared<ImageEncoders>(spec, EncoderConfig{.feature_dim = 8, .channels = {4, 4}}, generator);
  auto encoder =
      std::make_shared<ObservationEncoder>(spec, fit_normalizer({{"state", normals({9, 3}, 5)}}), images, trainable);
  return std::make_unique<ActorPolicy>(make_actor(type, encoder, 2, {}, generator), ActionSpec{2, {"x", "y"}});
}

class EachPolicy : public ::testing::TestWithParam<Variant> {
 protected:
  std::unique_ptr<ActorPolicy> policy_ = make_policy(GetParam().type, GetParam().trainable);
  Observation obs_{{"wrist", pictures(3, 1)}, {"state", normals({3, 3}, 2)}};
  static at::Tensor act(Policy& policy, const Observation& obs, ActMode mode, uint64_t draw = 0) {
    auto random = RandomStream(7, "act").at(draw);
    return policy.act(obs, *policy.begin(3), mode, random).action;
  }
};
INSTANTIATE_TEST_SUITE_P(Kinds, EachPolicy,
                         ::testing::Values(Variant{ActorType::kDeterministic, false, "DeterministicFrozen"},
                                           Variant{ActorType::kSquashedGaussian, false, "GaussianFrozen"},
                                           Variant{ActorType::kSquashedGaussian, true, "GaussianEndToEnd"}),
                         [](const auto& p) { return p.param.name; });

TEST_P(EachPolicy, ActsTheSameAfterSaveAndLoadFromThePartAlone) {
  const auto loaded = load_policy(save_policy(*policy_));
  for (const auto mode : {ActMode::kMode, ActMode::kSample})
    expect_equal(act(*loaded, obs_, mode), act(*policy_, obs_, mode));
  EXPECT_EQ(loaded->content_hash(), policy_->content_hash());
  EXPECT_EQ(loaded->action_spec(), policy_->action_spec());
  EXPECT_EQ(dynamic_cast<ActorPolicy&>(*loaded).observation_spec(), policy_->observation_spec());
}

TEST_P(EachPolicy, OneDrawIsOneAction) {
  expect_equal(act(*policy_, obs_, ActMode::kSample, 3), act(*policy_, obs_, ActMode::kSample, 3));
  const bool differs = !at::equal(act(*policy_, obs_, ActMode::kSample, 3), act(*policy_, obs_, ActMode::kSample, 4));
  EXPECT_EQ(differs, GetParam().type == ActorType::kSquashedGaussian);
}

TEST_P(EachPolicy, IsRefusedWithoutEachOfItsTensors) {
  const auto saved = save_policy(*policy_);
  for (const auto& [name, tensor] : saved.tensors) {
    auto damaged = saved;
    damaged.tensors.erase(name);
    expect_throws<CheckpointError>([&] { load_policy(damaged); }, name.substr(name.rfind('.') + 1));
  }
}

TEST_P(EachPolicy, IsRefusedWhenAWeightWasChanged) {
  auto saved = save_policy(*policy_);
  auto& tensor = saved.tensors.begin()->second;
  tensor = tensor + 1e-3;
  expect_throws<CheckpointError>([&] { load_policy(saved); }, "does not match its hash");
}

TEST_P(EachPolicy, AnotherPolicyHasAnotherHash) {
  EXPECT_NE(policy_->content_hash(), make_policy(GetParam().type, GetParam().trainable, 2)->content_hash());
}

TEST(ActorPolicy, EvaluatesTheDensityThatItSamplesFrom) {
  const auto policy = make_policy(ActorType::kSquashedGaussian, false);
  EXPECT_TRUE(policy->can_evaluate());
  const Observation obs{{"wrist", pictures(2, 1)}, {"state", normals({2, 3}, 2)}};
  auto random = RandomStream(7, "act").at(0);
  const auto actions = policy->sample(obs, 5, random);
  EXPECT_EQ(actions.sizes(), (std::vector<int64_t>{2, 5, 2}));
  const auto at_sample = policy->evaluate(obs, actions.select(1, 0));
  EXPECT_EQ(at_sample.log_prob.sizes(), (std::vector<int64_t>{2}));
  auto* actor = dynamic_cast<const SquashedGaussianActor*>(&policy->actor());
  ASSERT_NE(actor, nullptr);
  const auto distribution = const_cast<SquashedGaussianActor*>(actor)->distribution(obs);
  expect_equal(at_sample.log_prob, distribution.log_prob(actions.select(1, 0)));
}

TEST(ActorPolicy, ADeterministicOneOffersNoDensity) {
  const auto policy = make_policy(ActorType::kDeterministic, false);
  EXPECT_FALSE(policy->can_evaluate());
  EXPECT_THROW(policy->evaluate({{"wrist", pictures(2, 1)}, {"state", normals({2, 3}, 2)}}, at::zeros({2, 2})), Error);
}

TEST(ActorPolicy, DamagedDescriptionsAreRefused) {
  const auto saved = save_policy(*make_policy(ActorType::kDeterministic, false));
  for (const auto& key : {"kind", "observation", "action", "actor", "normalizer", "encoder", "hash"}) {
    auto damaged = saved;
    damaged.host[key] = 5;
    EXPECT_THROW(load_policy(damaged), CheckpointError) << key;
    damaged.host.erase(key);
    EXPECT_THROW(load_policy(damaged), CheckpointError) << key;
  }
}

}  // namespace
}  // namespace onramp
