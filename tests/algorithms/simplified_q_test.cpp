#include "onramp/algorithms/simplified_q.h"

#include <torch/types.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "simplified_q_testing.h"

namespace onramp {
namespace {

using namespace onramp::test;

// ---- Known answers ----

SimplifiedQConfig bandit_config() {
  auto config = bandit_agent<SimplifiedQConfig>();
  config.beta = 0;
  return config;
}

class SimplifiedQBandit : public ::testing::TestWithParam<int64_t> {
 protected:
  static std::unique_ptr<SimplifiedQ> trained(const SimplifiedQConfig& config, uint64_t seed) {
    auto agent = std::make_unique<SimplifiedQ>(config, state_context(1, 1, seed));
    for (uint64_t i = 0; i < 600; ++i) agent->update({{"batch", bandit_batch(64, 1000 * seed + i)}});
    return agent;
  }
  const BanditGrid grid_{};
};
INSTANTIATE_TEST_SUITE_P(Ensembles, SimplifiedQBandit, ::testing::Values(1, 2));

TEST_P(SimplifiedQBandit, LearnsTheValueAndActsOnIt) {
  auto config = bandit_config();
  config.critic.ensemble = GetParam();
  const auto agent = trained(config, test_seed());
  const auto q = agent->evaluate({{"state", grid_.states}}, grid_.actions).q;                // [E, 11, 9]
  expect_below("bandit value error", (q - grid_.reward).abs().mean().item<double>(), 0.06);  // values range over 2
  auto policy = agent->policy();
  auto random = RandomStream(1, "act").next();
  const auto action = policy->act({{"state", grid_.states}}, *policy->begin(11), ActMode::kMode, random).action;
  expect_below("bandit action error", (action - grid_.states).abs().mean().item<double>(),
               0.12);  // the best action is a = s
}

// With data and penalised actions uniform on [-1, 1], 1/2 (Q - r)^2 + alpha w(a) Q is least at Q = r - alpha w(a), where
// w(a) = mean over data actions x of 1 - exp(-|a - x|) = (exp(-(1 + a)) + exp(-(1 - a))) / 2; unweighted: w = 1.
TEST_P(SimplifiedQBandit, ThePenaltyLowersValuesByItsWeight) {
  for (const auto weight : {PenaltyWeight::kDistance, PenaltyWeight::kUniform}) {
    auto config = bandit_config();
    config.alpha = 0.8;
    config.penalty = weight;
    config.critic.ensemble = GetParam();
    const auto agent = trained(config, test_seed() + 100);
    const auto a = grid_.actions.squeeze(-1);
    const auto w = weight == PenaltyWeight::kUniform ? at::ones_like(a) : 0.5 * ((-1 - a).exp() + (a - 1).exp());
    const auto q = agent->evaluate({{"state", grid_.states}}, grid_.actions).q;
    expect_below("penalty error", (q - (grid_.reward - 0.8 * w)).abs().mean().item<double>(),
                 0.08);  // without: 0.33 and 0.8
  }
}

// Bootstrapped through the online critic itself.
TEST(SimplifiedQ, LearnsAChainByBootstrapping) {
  auto config = bandit_config();
  config.gamma = kChainGamma;
  config.n_step = 1;
  SimplifiedQ agent(config, state_context(kChainStates, 1, test_seed()));
  for (uint64_t k = 0; k < 800; ++k) agent.update({{"batch", chain_batch(64, 10000 * test_seed() + 2 * k)}});
  expect_chain_learned(agent, 0.1);
}

// ---- State, flags, gradients ----

TEST(SimplifiedQ, ContinuesBitForBitAfterLoad) {
  for (const bool fixed : {false, true}) {
    auto config = small_config();
    if (fixed) config.temperature = 0.1;
    SimplifiedQ agent(config, state_context(3, 2)), fresh(config, state_context(3, 2, /*seed=*/1));
    expect_continues_bit_for_bit(agent, fresh, {{"batch", random_batch(32, 3, 2)}});
  }
}

TEST(SimplifiedQ, OneSeedIsOneResultAndAnotherIsAnother) {
  const auto run = [](uint64_t seed) {
    SimplifiedQ agent(small_config(), state_context(3, 2, seed));
    for (int i = 0; i < 2; ++i) agent.update({{"batch", random_batch(32, 3, 2)}});
    return hash_of(agent);
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

TEST(SimplifiedQ, EachSettingOfTheUpdateChangesItsResult) {
  const auto run = networks_after<SimplifiedQ, SimplifiedQConfig>;
  const auto base = run([](auto&) {});
  for (const auto& [name, change] : changes_of_common_settings<SimplifiedQConfig>()) {
    EXPECT_NE(run(change), base) << name;
  }
  EXPECT_NE(run([](auto& c) { c.beta = 1; }), base);
}

// With a learning rate of 0 nothing moves, and Adam's first moment is a tenth of the gradient: what each loss sends where.
std::map<std::string, std::string> gradients(const std::function<void(SimplifiedQConfig&)>& change) {
  auto config = small_config();
  config.optimizer.learning_rate = 0;
  change(config);
  SimplifiedQ agent(config, state_context(3, 2));
  agent.update({{"batch", random_batch(32, 3, 2)}});
  auto parts = saved(agent);
  return {{"actor", content_hash(parts["actor_optimizer"])}, {"critic", content_hash(parts["critic_optimizer"])}};
}

TEST(SimplifiedQ, NeitherPenaltyNorRegularizerReachesThePolicy) {
  const auto base = gradients([](auto&) {});
  const auto heavy = gradients([](auto& c) { c.alpha = 1e3, c.beta = 1e3; });
  EXPECT_EQ(heavy.at("actor"), base.at("actor"));
  EXPECT_NE(heavy.at("critic"), base.at("critic"));
  const auto from_policy = gradients([](auto& c) { c.alpha = 1e3, c.mu = ActionSource::kPolicy; });
  EXPECT_NE(from_policy.at("critic"), base.at("critic"));
}

TEST(SimplifiedQ, TheActorsStepLeavesTheCriticAlone) {
  const auto hot = gradients([](auto&c) { c.temperature = 10.0; }),
             cold = gradients([](auto&c) { c.temperature = 0.0; });
  EXPECT_EQ(hot.at("critic"), cold.at("critic"));
  EXPECT_NE(hot.at("actor"), cold.at("actor"));
}

TEST(SimplifiedQ, APolicyIsASnapshot) {
  SimplifiedQ agent(small_config(), state_context(3, 2));
  const auto policy = agent.policy();
  const auto hash = policy->content_hash();
  agent.update({{"batch", random_batch(32, 3, 2)}});
  auto random = RandomStream(1, "act").next();
  const Observation obs{{"state", normals({4, 3}, 9)}};
  const auto now = agent.policy();
  EXPECT_NE(now->content_hash(), hash);
  EXPECT_FALSE(at::equal(policy->act(obs, *policy->begin(4), ActMode::kMode, random).action,
                         now->act(obs, *now->begin(4), ActMode::kMode, random).action));
}

TEST(SimplifiedQConfig, DefaultsAreThePapers) {
  const SimplifiedQConfig config;
  EXPECT_EQ(config.alpha, 1.0);
  EXPECT_EQ(config.beta, 0.2);
  EXPECT_EQ(config.n_step, 3);
  EXPECT_EQ(config.batch_size, 512);
  EXPECT_EQ(config.optimizer.learning_rate, 3e-4);
  EXPECT_EQ(config.critic.mlp.hidden, (std::vector<int64_t>{2048, 2048}));
  EXPECT_EQ(config.critic.mlp.activation, Activation::kRelu);
  EXPECT_FALSE(config.critic.mlp.layer_norm);
  EXPECT_EQ(config.critic.ensemble, 1);
  EXPECT_EQ(config.actor.mlp.hidden, (std::vector<int64_t>{64, 64}));
  EXPECT_EQ(config.actor.mlp.activation, Activation::kTanh);
  EXPECT_EQ(config.mu, ActionSource::kUniform);
  EXPECT_EQ(config.penalty, PenaltyWeight::kDistance);
  EXPECT_EQ(config.online_share, 0.5);
  EXPECT_EQ(config.input.images, EncoderMode::kFrozen);
}

// On line 5e-5 with a frozen encoder, as offline end to end. The first step of Adam is the rate itself.
TEST(SimplifiedQConfig, OnlineRateIsThePapers) {
  const auto given = handed_over();
  for (const auto mode : {EncoderMode::kFrozen, EncoderMode::kEndToEnd}) {
    SimplifiedQ agent(small_agent_with_pictures<SimplifiedQConfig>(mode), picture_context(&given));
    agent.begin_stage(Stage::kOnline);
    const auto before = saved(agent)["critic"].tensors.at("mlp.weight_out");
    agent.update({{"batch", picture_batch(8, 2)}});
    const auto moved = saved(agent)["critic"].tensors.at("mlp.weight_out") - before;
    const double rate = mode == EncoderMode::kFrozen ? 5e-5 : 3e-4;
    EXPECT_NEAR(moved.abs().max().item<double>(), rate, 0.01 * rate);
  }
}

}  // namespace
}  // namespace onramp
