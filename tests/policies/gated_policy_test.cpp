#include "onramp/policies/gated_policy.h"

#include <torch/types.h>

#include <cmath>
#include <map>

#include "models/model_testing.h"
#include "onramp/base/error.h"
#include "onramp/models/mixture_actor.h"
#include "onramp/policies/actor_policy.h"
#include "onramp/policies/torchscript_export.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

std::shared_ptr<ObservationEncoder> state_encoder() {
  return std::make_shared<ObservationEncoder>(state_only(3), Normalizer(), nullptr, false);
}

/// Weights of zero, but for those given.
void write(torch::nn::Module& network, const std::map<std::string, at::Tensor>& weights) {
  const at::NoGradGuard no_gradient;
  for (auto& item : network.named_parameters()) {
    item.value().zero_();
    if (weights.contains(item.key())) item.value().copy_(weights.at(item.key()));
  }
}

/// Acts N(u; mean, e^-1.5) in both dimensions, whatever the state.
std::shared_ptr<SquashedGaussianActor> constant_actor(float mean) {
  auto generator = generator_of(1);
  auto actor =
      std::make_shared<SquashedGaussianActor>(state_encoder(), 2, ActorConfig{.mlp = {.hidden = {}}}, generator);
  write(*actor, {{"mlp.bias_out", at::tensor({mean, mean, 0.0F, 0.0F})}});
  return actor;
}

/// The cloned policy acts 0.5 before the tanh, the learned one -0.5. V(s) = s_0. Q_0 = relu(a_0) + 1, Q_1 = 3.
GatedNetworks by_hand() {
  auto generator = generator_of(1);
  GatedNetworks networks;
  networks.cloned = std::make_shared<ActorPolicy>(constant_actor(0.5F), ActionSpec{2, {"x", "y"}});
  networks.value = std::make_shared<StateValue>(state_encoder(), MlpConfig{.hidden = {}}, generator);
  write(*networks.value, {{"mlp.weight_out", rows({{1, 0, 0}})}});
  const CriticConfig critic{.ensemble = 2, .mlp = {.hidden = {1}}};
  networks.critic = std::make_shared<Critic>(state_encoder(), 2, critic, generator);
  write(*networks.critic, {{"mlp.weight_0", rows({{0}, {0}, {0}, {1}, {0}}).unsqueeze(0).repeat({2, 1, 1})},
                           {"mlp.weight_out", rows({{1}, {0}}).unsqueeze(2)},
                           {"mlp.bias_out", rows({{1}, {3}})}});
  networks.actor = constant_actor(-0.5F);
  return networks;
}

Action act(Policy& policy, const Observation& obs, uint64_t draw = 0) {
  auto random = RandomStream(7, "act").at(draw);
  return policy.act(obs, *policy.begin(obs.batch_size()), ActMode::kSample, random);
}

at::Tensor column(const Action& action, const std::string& name) {
  for (const auto& info : action.info) {
    if (info.name == name) return info.value;
  }
  ADD_FAILURE() << "no column " << name;
  return {};
}

const Observation kThreeStates{{"state", rows({{-0.5, 0, 0}, {-0.01F, 0, 0}, {0.01F, 0, 0}})}};
const float kCloned = std::tanh(0.5F), kLearned = std::tanh(-0.5F);

// At a Gaussian's mode log pi + H = A / 2 = 1, so Q_BC = s_0 + 1. Q_RL(s, a_RL) = 1, the least of 1 and 3.
TEST(GatedPolicy, TakesWhatIsWorthMoreAndReportsWhy) {
  GatedPolicy policy(by_hand(), {});
  const auto action = act(policy, kThreeStates);
  EXPECT_TRUE(at::allclose(action.action, rows({{kLearned, kLearned}, {kLearned, kLearned}, {kCloned, kCloned}})));
  EXPECT_TRUE(at::allclose(column(action, "q_bc"), rows({{0.5}, {0.99F}, {1.01F}}), 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(column(action, "q_rl"), rows({{1}, {1}, {1}})));
  expect_equal(column(action, "gate"), rows({{0}, {0}, {1}}));
  EXPECT_TRUE(at::allclose(column(action, "a_bc"), at::full({3, 2}, kCloned)));
}

TEST(GatedPolicy, AlphaWeighsDensityAndEntropy) {
  GatedPolicy policy(by_hand(), {.alpha = 0.25});
  EXPECT_TRUE(at::allclose(column(act(policy, kThreeStates), "q_bc"), rows({{-0.25}, {0.24F}, {0.26F}}), 1e-5, 1e-5));
}

// Without the gate Q_RL judges both: relu(tanh(0.5)) + 1 against 1, whatever V is.
TEST(GatedPolicy, WithoutTheGateTheLearnedCriticJudgesBoth) {
  GatedPolicy policy(by_hand(), {.gate = false});
  const auto action = act(policy, kThreeStates);
  EXPECT_TRUE(at::allclose(column(action, "q_bc"), at::full({3, 1}, 1 + kCloned)));
  expect_equal(column(action, "gate"), at::ones({3, 1}));
}

// Q_BC - Q_RL = s_0, here -log(3) / 10, 0 and log(3) / 10: odds of 1/3, 1 and 3 at beta 10, of 1/9, 1 and 9 at beta 20.
TEST(GatedPolicy, TheSoftGateDrawsByTheSoftmaxOfBothValues) {
  constexpr int64_t kDraws = 40000;  // s.e. of a share: at most 0.5 / 200 = 0.0025
  const Observation obs{{"state", rows({{-0.1098612F, 0, 0}, {0, 0, 0}, {0.1098612F, 0, 0}}).repeat({kDraws, 1})}};
  for (const auto& [beta, want] :
       {std::pair{10.0, at::tensor({0.25F, 0.5F, 0.75F})}, std::pair{20.0, at::tensor({0.1F, 0.5F, 0.9F})}}) {
    GatedPolicy policy(by_hand(), {.choice = GateChoice::kSoft, .beta = beta});
    const auto action = act(policy, obs);
    const auto share = column(action, "gate").view({kDraws, 3}).mean(0);
    EXPECT_LE((share - want).abs().max().item<double>(), 5 * 0.0025) << share;
    const auto cloned_acted = (action.action == column(action, "a_bc")).all(-1, /*keepdim=*/true).to(at::kFloat);
    expect_equal(cloned_acted, column(action, "gate"));
    expect_equal(act(policy, obs).action, action.action);
    EXPECT_FALSE(at::equal(act(policy, obs, /*draw=*/1).action, action.action));
  }
}

TEST(GatedPolicy, ProposesModesOfGaussiansAndSamplesWhereAskedTo) {
  GatedPolicy modes(by_hand(), {}),
      sampled(by_hand(), {.bc_action = ActSetting::kSample, .rl_action = ActSetting::kSample});
  EXPECT_TRUE(at::equal(act(modes, kThreeStates, 1).action, act(modes, kThreeStates, 2).action));
  expect_equal(act(sampled, kThreeStates, 1).action, act(sampled, kThreeStates, 1).action);
  const auto a = act(sampled, kThreeStates, 1), b = act(sampled, kThreeStates, 2);
  EXPECT_FALSE(at::equal(column(a, "a_bc"), column(b, "a_bc")));
  EXPECT_FALSE(at::equal(a.action.slice(0, 0, 1), b.action.slice(0, 0, 1)));
  auto generator = generator_of(1);
  const ActorPolicy mixture(
      std::make_shared<MixtureActor>(state_encoder(), 2, ActorConfig{}, MixtureConfig{}, generator),
      ActionSpec{.dim = 2});
  EXPECT_EQ(act_mode(ActSetting::kAuto, mixture), ActMode::kSample);
  EXPECT_EQ(act_mode(ActSetting::kMode, mixture), ActMode::kMode);
}

// Without V (IBRL) nothing but the critic judges, a policy without density may propose, and the learned one acts as it is
// asked to: Q_RL of its mode is 1, whatever it is, and the cloned one's is more.
TEST(GatedPolicy, WithoutAnEstimateAPolicyWithoutDensityProposesToo) {
  auto networks = by_hand();
  networks.value = nullptr;
  auto generator = generator_of(1);
  auto deterministic =
      std::make_shared<DeterministicActor>(state_encoder(), 2, ActorConfig{.mlp = {.hidden = {}}}, generator);
  write(*deterministic, {{"mlp.bias_out", at::tensor({-0.7F, 0.5F})}});
  networks.cloned = std::make_shared<ActorPolicy>(deterministic, ActionSpec{2, {"x", "y"}});
  GatedPolicy policy(networks, {.gate = false});
  const auto asked_for = [&](Policy& of, ActMode mode, uint64_t draw) {
    auto random = RandomStream(7, "act").at(draw);
    return of.act(kThreeStates, *of.begin(3), mode, random);
  };
  const auto by_mode = asked_for(policy, ActMode::kMode, 0), drawn = asked_for(policy, ActMode::kSample, 0);
  // tanh(-0.7) and tanh(-0.5) are negative: both are worth 1, and an equal cloned action is not taken.
  expect_equal(column(by_mode, "gate"), at::zeros({3, 1}));
  EXPECT_TRUE(at::allclose(by_mode.action, at::full({3, 2}, kLearned)));
  expect_equal(asked_for(policy, ActMode::kMode, 1).action, by_mode.action);
  EXPECT_FALSE(at::equal(drawn.action, by_mode.action));
  GatedPolicy fixed(networks, {.gate = false, .rl_action = ActSetting::kMode});
  expect_equal(asked_for(fixed, ActMode::kSample, 0).action, by_mode.action);
  const auto loaded = load_policy(save_policy(static_cast<const Policy&>(policy)));
  expect_equal(asked_for(*loaded, ActMode::kSample, 0).action, drawn.action);
  EXPECT_EQ(loaded->content_hash(), policy.content_hash());
}

TEST(GatedPolicy, ActsTheSameAfterSaveAndLoadFromThePartAlone) {
  GatedPolicy policy(by_hand(), {.alpha = 0.5, .rl_action = ActSetting::kSample});
  const auto loaded = load_policy(save_policy(static_cast<const Policy&>(policy)));
  const auto a = act(policy, kThreeStates), b = act(*loaded, kThreeStates);
  expect_equal(a.action, b.action);
  for (const auto* name : {"a_bc", "gate", "q_bc", "q_rl"}) expect_equal(column(a, name), column(b, name));
  EXPECT_EQ(loaded->content_hash(), policy.content_hash());
  EXPECT_EQ(loaded->action_spec(), policy.action_spec());
  EXPECT_EQ(loaded->observation_spec(), policy.observation_spec());
}

TEST(GatedPolicy, IsNotExportedAndSaysWhatCanBe) {
  expect_throws<Error>(
      [] { export_torchscript(GatedPolicy(by_hand(), {})); },
      "a gated policy cannot be exported: it is two policies and the critics that choose between them");
}

TEST(GatedPolicy, IsRefusedWithoutEachOfItsTensorsAndWhenOneWasChanged) {
  const auto saved = save_policy(GatedPolicy(by_hand(), {}));
  for (const auto& [name, tensor] : saved.tensors) {
    auto damaged = saved;
    damaged.tensors.erase(name);
    expect_throws<CheckpointError>([&] { load_policy(damaged); }, name.substr(name.rfind('.') + 1));
    damaged.tensors[name] = tensor + 1e-3;
    expect_throws<CheckpointError>([&] { load_policy(damaged); }, "does not match its hash");
  }
}

}  // namespace
}  // namespace onramp
