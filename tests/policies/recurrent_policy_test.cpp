#include "onramp/policies/recurrent_policy.h"

#include <torch/types.h>

#include <string>
#include <vector>

#include "models/model_testing.h"
#include "onramp/base/error.h"
#include "onramp/policies/actor_policy.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

enum class Sees { kState, kFrozen, kEndToEnd };

std::string name_of(Sees sees) {
  if (sees == Sees::kState) return "State";
  return sees == Sees::kFrozen ? "Frozen" : "EndToEnd";
}

std::unique_ptr<RecurrentPolicy> make_policy(Sees sees = Sees::kState, uint64_t seed = 1,
                                             const RecurrentConfig& config = {.units = 8, .horizon = 4}) {
  auto generator = generator_of(seed);
  const auto spec =
      select_observations(picture_and_state(), {}, sees == Sees::kState ? EncoderMode::kNone : EncoderMode::kFrozen);
  auto images = sees == Sees::kState ? nullptr
                                     : std::make_shared<ImageEncoders>(
                                           spec, EncoderConfig{.feature_dim = 8, .channels = {4, 4}}, generator);
  auto encoder = std::make_shared<ObservationEncoder>(spec, fit_normalizer({{"state", normals({9, 3}, 5)}}), images,
                                                      sees == Sees::kEndToEnd);
  return std::make_unique<RecurrentPolicy>(
      std::make_shared<RecurrentMixtureActor>(encoder, 2, config, MixtureConfig{.components = 3}, generator),
      ActionSpec{2, {"x", "y"}});
}

Observation seen(int64_t B, uint64_t seed) { return {{"wrist", pictures(B, seed)}, {"state", normals({B, 3}, seed)}}; }

Rng draw(uint64_t k) { return RandomStream(7, "act").at(k); }

/// Actions of an episode of T steps, [T, B, A].
at::Tensor acts(Policy& policy, ActMode mode, int64_t T = 6, int64_t B = 3) {
  const auto state = policy.begin(B);
  std::vector<at::Tensor> actions;
  for (int64_t t = 0; t < T; ++t) {
    auto random = draw(static_cast<uint64_t>(t));
    actions.push_back(policy.act(seen(B, 10 + static_cast<uint64_t>(t)), *state, mode, random).action);
  }
  return at::stack(actions);
}

at::Tensor column(const Action& action, const std::string& name) {
  for (const auto& info : action.info) {
    if (info.name == name) return info.value;
  }
  ADD_FAILURE() << "no column " << name;
  return {};
}

class EachRecurrentPolicy : public ::testing::TestWithParam<Sees> {
 protected:
  std::unique_ptr<RecurrentPolicy> policy_ = make_policy(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Kinds, EachRecurrentPolicy, ::testing::Values(Sees::kState, Sees::kFrozen, Sees::kEndToEnd),
                         [](const auto& p) { return name_of(p.param); });

TEST_P(EachRecurrentPolicy, ActsTheSameAfterSaveAndLoadFromThePartAlone) {
  const auto loaded = load_policy(save_policy(static_cast<const Policy&>(*policy_)));
  for (const auto mode : {ActMode::kMode, ActMode::kSample}) expect_equal(acts(*loaded, mode), acts(*policy_, mode));
  EXPECT_EQ(loaded->content_hash(), policy_->content_hash());
  EXPECT_EQ(loaded->action_spec(), policy_->action_spec());
  EXPECT_EQ(loaded->observation_spec(), policy_->observation_spec());
  EXPECT_TRUE(loaded->has_memory());
  EXPECT_EQ(dynamic_cast<const RecurrentPolicy&>(*loaded).actor().config().horizon, 4);
}

TEST_P(EachRecurrentPolicy, IsRefusedWithoutEachOfItsTensors) {
  const auto saved = save_policy(*policy_);
  for (const auto& [name, tensor] : saved.tensors) {
    auto damaged = saved;
    damaged.tensors.erase(name);
    expect_throws<CheckpointError>([&] { load_policy(damaged); }, name.substr(name.rfind('.') + 1));
  }
}

TEST_P(EachRecurrentPolicy, IsRefusedWhenAWeightOrASettingWasChanged) {
  auto saved = save_policy(*policy_);
  saved.tensors.begin()->second = saved.tensors.begin()->second + 1e-3;
  expect_throws<CheckpointError>([&] { load_policy(saved); }, "does not match its hash");
  saved = save_policy(*policy_);
  const auto recurrent = saved.host.at("actor").at("recurrent").get<std::string>();
  saved.host["actor"]["recurrent"] = std::string(recurrent).replace(recurrent.find("horizon: 4"), 10, "horizon: 5");
  expect_throws<CheckpointError>([&] { load_policy(saved); }, "does not match its hash");
}

TEST(RecurrentPolicy, DamagedDescriptionsAreRefused) {
  const auto saved = save_policy(*make_policy(Sees::kFrozen));
  for (const auto& key : {"kind", "observation", "action", "actor", "normalizer", "encoder", "hash"}) {
    auto damaged = saved;
    damaged.host[key] = 5;
    EXPECT_THROW(load_policy(damaged), CheckpointError) << key;
    damaged.host.erase(key);
    EXPECT_THROW(load_policy(damaged), CheckpointError) << key;
  }
}

TEST(RecurrentPolicy, AnotherPolicyHasAnotherHash) {
  const auto hash = make_policy()->content_hash();
  EXPECT_EQ(make_policy()->content_hash(), hash);
  EXPECT_NE(make_policy(Sees::kState, 2)->content_hash(), hash);
  EXPECT_NE(make_policy(Sees::kState, 1, {.units = 8, .horizon = 5})->content_hash(), hash);
}

// Density and entropy are of the distribution that acted: the actor's own, from the state before the step.
TEST(RecurrentPolicy, RatesWhatItDoesFromTheStateBeforeTheStep) {
  const auto policy = make_policy();
  const auto state = policy->begin(3), same = policy->begin(3);
  const auto actor = policy->actor().copy();
  auto remembered = actor->initial_state(3);
  for (uint64_t t = 0; t < 6; ++t) {
    const auto obs = seen(3, 10 + t);
    auto random = draw(t), again = draw(t);
    const auto rated = policy->act_rated(obs, *state, ActMode::kSample, random);
    const auto pi = actor->step(obs, remembered);
    EXPECT_TRUE(at::allclose(rated.density.log_prob, pi.log_prob(rated.action), 1e-5, 1e-5)) << t;
    EXPECT_TRUE(at::allclose(rated.density.entropy, pi.entropy_bound(), 1e-5, 1e-5)) << t;
    const auto acted = policy->act(obs, *same, ActMode::kSample, again);
    expect_equal(acted.action, rated.action);
    expect_equal(column(acted, kActedLogProb), rated.density.log_prob.view({3, 1}));
    expect_equal(column(acted, kActedEntropy), rated.density.entropy.view({3, 1}));
  }
  EXPECT_TRUE(policy->can_evaluate());
  EXPECT_EQ(act_mode(ActSetting::kAuto, *policy), ActMode::kSample);
  expect_throws<Error>([&] { policy->evaluate(seen(3, 1), at::zeros({3, 2})); }, "remembers what came before");
  expect_throws<Error>(
      [&] {
        auto random = draw(0);
        policy->sample(seen(3, 1), 2, random);
      },
      "cannot draw several actions");
}

// Row 1 begins another episode in step 2: from there it is as a new one, and row 0 is as it was.
TEST(RecurrentPolicy, ARowThatBeginsAnewForgetsAloneAndAtOnce) {
  const auto policy = make_policy();
  const auto state = policy->begin(2), whole = policy->begin(2), fresh = policy->begin(2);
  for (uint64_t t = 0; t < 7; ++t) {
    if (t == 2) state->reset(1);
    const auto obs = seen(2, 10 + t);
    auto a = draw(t), b = draw(t), c = draw(t);
    const auto action = policy->act(obs, *state, ActMode::kMode, a).action;
    const auto unbroken = policy->act(obs, *whole, ActMode::kMode, b).action;
    EXPECT_TRUE(at::allclose(action[0], unbroken[0], 1e-6, 1e-7)) << t;
    if (t < 2) continue;
    const auto anew = policy->act(obs, *fresh, ActMode::kMode, c).action;
    EXPECT_TRUE(at::allclose(action[1], anew[1], 1e-6, 1e-7)) << t;
    EXPECT_EQ(at::allclose(action[1], unbroken[1], 1e-6, 1e-7), false) << t;
  }
}

// robomimic's: with a horizon of 4 the steps 4 to 7 are an episode of their own.
TEST(RecurrentPolicy, BeginsAnewEachHorizonOfSteps) {
  const auto policy = make_policy();
  const auto state = policy->begin(1), fresh = policy->begin(1);
  for (uint64_t t = 0; t < 8; ++t) {
    auto a = draw(t), b = draw(t);
    const auto action = policy->act(seen(1, 10 + t), *state, ActMode::kSample, a).action;
    if (t < 4) continue;
    expect_equal(action, policy->act(seen(1, 10 + t), *fresh, ActMode::kSample, b).action);
  }
}

TEST(RecurrentPolicy, OneDrawIsOneActionInsideTheBox) {
  const auto policy = make_policy();
  expect_equal(acts(*policy, ActMode::kSample), acts(*policy, ActMode::kSample));
  EXPECT_FALSE(at::equal(acts(*policy, ActMode::kSample), acts(*policy, ActMode::kMode)));
  EXPECT_LE(acts(*policy, ActMode::kSample, 50).abs().max().item<float>(), 1.0F);
  const auto state = policy->begin(2);
  auto random = draw(0);
  const auto proposed = policy->propose(seen(2, 10), *state, ActMode::kSample, random);
  expect_equal(proposed, acts(*policy, ActMode::kSample, 1, 2)[0]);
}

}  // namespace
}  // namespace onramp
