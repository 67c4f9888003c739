#include "onramp/policies/actor_policy.h"

#include <torch/types.h>

#include "models/model_testing.h"
#include "onramp/base/error.h"
#include "onramp/models/mixture_actor.h"
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
  const ActionSpec action{2, {"x", "y"}};
  if (type == ActorType::kMixture) {
    return std::make_unique<ActorPolicy>(
        std::make_shared<MixtureActor>(encoder, 2, ActorConfig{}, MixtureConfig{.components = 3}, generator), action);
  }
  return std::make_unique<ActorPolicy>(make_actor(type, encoder, 2, {}, generator), action);
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
                                           Variant{ActorType::kSquashedGaussian, true, "GaussianEndToEnd"},
                                           Variant{ActorType::kMixture, false, "MixtureFrozen"}),
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
  EXPECT_EQ(differs, GetParam().type != ActorType::kDeterministic);
}

TEST_P(EachPolicy, ProposesWhatItWouldDo) {
  for (const auto mode : {ActMode::kMode, ActMode::kSample}) {
    auto random = RandomStream(7, "act").at(0);
    expect_equal(policy_->propose(obs_, *policy_->begin(3), mode, random), act(*policy_, obs_, mode));
  }
}

// The same draw and the same distribution: the action of act(), the density and entropy of evaluate() there.
TEST_P(EachPolicy, RatesWhatItDoes) {
  const bool stochastic = GetParam().type != ActorType::kDeterministic;
  for (const auto mode : {ActMode::kMode, ActMode::kSample}) {
    auto random = RandomStream(7, "act").at(0);
    const auto state = policy_->begin(3);
    if (!stochastic) {
      expect_throws<Error>([&] { policy_->act_rated(obs_, *state, mode, random); }, "offers no density");
      continue;
    }
    const auto rated = policy_->act_rated(obs_, *state, mode, random);
    expect_equal(rated.action, act(*policy_, obs_, mode));
    const auto density = policy_->evaluate(obs_, rated.action);
    expect_equal(rated.density.log_prob, density.log_prob);
    expect_equal(rated.density.entropy, density.entropy);
  }
}

TEST_P(EachPolicy, ActsByItsModeWhereNobodySaysUnlessItIsAMixture) {
  const bool mixture = GetParam().type == ActorType::kMixture;
  EXPECT_EQ(act_mode(ActSetting::kAuto, *policy_), mixture ? ActMode::kSample : ActMode::kMode);
  EXPECT_EQ(act_mode(ActSetting::kMode, *policy_), ActMode::kMode);
  EXPECT_EQ(act_mode(ActSetting::kSample, *policy_), ActMode::kSample);
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

// An actor without hidden layers whose weights are zero: mean and log std follow from the output's bias alone.
std::unique_ptr<ActorPolicy> constant_gaussian(const at::Tensor& bias) {
  auto generator = generator_of(1);
  auto encoder = std::make_shared<ObservationEncoder>(state_only(3), Normalizer(), nullptr, false);
  auto actor = make_actor(ActorType::kSquashedGaussian, encoder, 2, {.mlp = {.hidden = {}}}, generator);
  const at::NoGradGuard no_gradient;
  for (auto& item : actor->named_parameters()) {
    if (item.key() == "mlp.bias_out") item.value().copy_(bias);
    if (item.key() == "mlp.weight_out") item.value().zero_();
  }
  return std::make_unique<ActorPolicy>(actor, ActionSpec{.dim = 2});
}

TEST(ActorPolicy, DensityAndEntropyAreThoseBeforeTheTanhWorkedByHand) {
  // log std = -5 + 3.5 (tanh(b) + 1): b = atanh(3/7) = 0.4581454 gives 0, b = 0 gives -1.5.
  const auto policy = constant_gaussian(at::tensor({0.5f, 0.0f, 0.4581454f, 0.0f}));
  EXPECT_TRUE(policy->can_evaluate());
  const Observation obs{{"state", at::zeros({2, 3})}};
  // tanh(0.5) = 0.4621172 is u = (0.5, 0), the mean: log N = -0 - 0 + 1.5 - log(2 pi) = 1.5 - 1.8378771.
  // tanh(1.5) = 0.9051483 is u = (1.5, 0), one standard deviation away: 1/2 less.
  const auto evaluated = policy->evaluate(obs, at::tensor({0.4621172f, 0.f, 0.9051483f, 0.f}).view({2, 2}));
  EXPECT_NEAR(evaluated.log_prob[0].item<double>(), -0.3378771, 1e-5);
  EXPECT_NEAR(evaluated.log_prob[1].item<double>(), -0.8378771, 1e-5);
  // Two times 1/2 log(2 pi e) = 1.4189385, and the log standard deviations.
  EXPECT_NEAR(evaluated.entropy[0].item<double>(), 2.8378771 - 1.5, 1e-5);
  EXPECT_NEAR(evaluated.entropy[1].item<double>(), 2.8378771 - 1.5, 1e-5);
}

TEST(ActorPolicy, ASaturatedActionHasAFiniteDensity) {
  const auto policy = constant_gaussian(at::tensor({0.f, 0.f, 0.4581454f, 0.4581454f}));
  // u = atanh(1 - 1e-5) = 6.1030; log N = -1/2 6.1030^2 - 1/2 log(2 pi), and -1/2 log(2 pi) for the other.
  const auto evaluated = policy->evaluate({{"state", at::zeros({1, 3})}}, at::tensor({1.f, 0.f}).view({1, 2}));
  EXPECT_NEAR(evaluated.log_prob[0].item<double>(), -18.6233 - 1.8378771, 0.02);  // float32 near 1: u to 2e-3
}

TEST(ActorPolicy, DensitiesOfItsOwnActionsAverageToMinusItsEntropy) {
  // E[log pi] = -H in one space; with the tanh's Jacobian on one side it would be off by about 0.5 here.
  const auto policy = constant_gaussian(at::tensor({0.5f, -0.3f, 0.4581454f, 0.0f}));
  const Observation obs{{"state", at::zeros({1, 3})}};
  auto random = RandomStream(7, "act").at(0);
  const auto actions = policy->sample(obs, 20000, random);  // [1, N, A]
  EXPECT_EQ(actions.sizes(), (std::vector<int64_t>{1, 20000, 2}));
  const auto evaluated = policy->evaluate({{"state", at::zeros({20000, 3})}}, actions[0]);
  // Variance of log N is A/2 = 1: s.e. 1 / sqrt(20000) = 0.0071.
  EXPECT_NEAR(evaluated.log_prob.mean().item<double>(), -evaluated.entropy[0].item<double>(), 5 * 0.0071);
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
