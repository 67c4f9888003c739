// What both CQL baselines must do.
#include <memory>
#include <vector>

#include "agent_testing.h"
#include "onramp/algorithms/cql_crossq.h"
#include "onramp/algorithms/cql_sac.h"
#include "onramp/base/error.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

struct OnSac {
  using Agent = CqlSac;
  using Config = CqlSacConfig;
};
struct OnCrossQ {
  using Agent = CqlCrossQ;
  using Config = CqlCrossQConfig;
};

template <class Of>
class Cql : public ::testing::Test {
 protected:
  using Agent = typename Of::Agent;
  using Config = typename Of::Config;

  static std::unique_ptr<Agent> trained_on_the_bandit(const Config& config, uint64_t seed, int updates) {
    auto agent = std::make_unique<Agent>(config, state_context(1, 1, seed));
    for (int i = 0; i < updates; ++i) agent->update({{"batch", bandit_batch(64, 1000 * seed + i)}});
    return agent;
  }
  const BanditGrid grid_{};
};
using Baselines = ::testing::Types<OnSac, OnCrossQ>;
TYPED_TEST_SUITE(Cql, Baselines);

// ---- known answers ----

TYPED_TEST(Cql, LearnsTheValueAndActsOnIt) {
  for (const int64_t ensemble : {1, 2}) {
    auto config = bandit_agent<typename TestFixture::Config>();
    config.critic.ensemble = ensemble;
    const auto agent = this->trained_on_the_bandit(config, test_seed(), 600);
    const auto q = agent->evaluate({{"state", this->grid_.states}}, this->grid_.actions).q;  // [E, 11, 9]
    expect_below("bandit value error", (q - this->grid_.reward).abs().mean().template item<double>(), 0.06);
    auto policy = agent->policy();
    auto random = RandomStream(1, "act").next();
    const auto action = policy->act({{"state", this->grid_.states}}, *policy->begin(11), ActMode::kMode, random).action;
    expect_below("bandit action error", (action - this->grid_.states).abs().mean().template item<double>(), 0.12);
  }
}

// The penalty of simplified_q: with data and penalised actions uniform on [-1, 1] the values fall by alpha w(a), where
// w(a) = (exp(-(1 + a)) + exp(-(1 - a))) / 2 weighted by distance, and w = 1 unweighted.
TYPED_TEST(Cql, ThePenaltyLowersValuesByItsWeight) {
  for (const auto weight : {PenaltyWeight::kDistance, PenaltyWeight::kUniform}) {
    auto config = bandit_agent<typename TestFixture::Config>();
    config.alpha = 0.8;
    config.penalty = weight;
    config.optimizer.learning_rate = 5e-4;
    // Normalised by the batch alone, values could also be lowered by shifting what the batch is normalised by, and would swing.
    if constexpr (requires { config.batch_renorm; }) config.batch_renorm->warmup_updates = 100;
    const auto agent = this->trained_on_the_bandit(config, test_seed() + 100, 1200);
    const auto a = this->grid_.actions.squeeze(-1);
    const auto w = weight == PenaltyWeight::kUniform ? at::ones_like(a) : 0.5 * ((-1 - a).exp() + (a - 1).exp());
    const auto q = agent->evaluate({{"state", this->grid_.states}}, this->grid_.actions).q;
    expect_below("penalty error", (q - (this->grid_.reward - 0.8 * w)).abs().mean().template item<double>(),
                 0.1);  // without: 0.33 and 0.8
  }
}

// CQL(H) with data uniform on [-1, 1]: 1/2 (Q - r)^2 + alpha (log int exp Q - E_data Q) is least where
//   Q(a) = r(a) - alpha (2 p(a) - 1),   p = exp Q / int exp Q,
// a fixed point that a fine grid finds. (Ten samples of each kind leave the log-sum-exp a little low.)
at::Tensor conservative_optimum(const at::Tensor& states, double alpha) {
  constexpr int64_t kCells = 200;
  const auto a = -1 + (at::arange(kCells) + 0.5) * (2.0 / kCells);  // [200]
  const auto r = 1 - (a.unsqueeze(0) - states).square();            // [11, 200]
  auto q = r.clone();
  for (int i = 0; i < 2000; ++i) q = 0.9 * q + 0.1 * (r - alpha * (2 * (q.softmax(1) * (kCells / 2.0)) - 1));
  return q;
}

TYPED_TEST(Cql, TheStandardFormFindsItsOptimum) {
  constexpr double kAlpha = 4.0;
  auto config = bandit_agent<typename TestFixture::Config>();
  config.alpha = kAlpha;
  config.cql = CqlForm::kStandard;
  config.num_action_samples = 10;
  config.temperature = 1.0;  // a broad policy, so that densities do not swamp the importance weights
  const auto agent = this->trained_on_the_bandit(config, test_seed() + 200, 600);
  const auto optimum = conservative_optimum(this->grid_.states, kAlpha);                            // [11, 200]
  const auto cell = ((this->grid_.actions[0].squeeze(-1) + 1) * 100).to(at::kLong).clamp_max(199);  // [9]
  const auto q = agent->evaluate({{"state", this->grid_.states}}, this->grid_.actions).q[0];
  expect_below("conservative error", (q - optimum.index_select(1, cell)).abs().mean().template item<double>(), 0.15);
  EXPECT_GT((optimum.index_select(1, cell) - this->grid_.reward).abs().mean().template item<double>(), 0.25);
}

TYPED_TEST(Cql, LearnsAChainByBootstrapping) {
  auto config = bandit_agent<typename TestFixture::Config>();
  config.gamma = kChainGamma;
  config.n_step = 1;
  if constexpr (requires { config.target_rate; }) config.target_rate = 0.05;  // its lag in 800 updates is not the point
  typename TestFixture::Agent agent(config, state_context(kChainStates, 1, test_seed()));
  for (uint64_t k = 0; k < 800; ++k) agent.update({{"batch", chain_batch(64, 10000 * test_seed() + 2 * k)}});
  expect_chain_learned(agent, 0.1);
}

// ---- state and settings ----

TYPED_TEST(Cql, ContinuesBitForBitAfterLoad) {
  for (const auto form : {CqlForm::kPenalty, CqlForm::kStandard}) {
    auto config = small_agent<typename TestFixture::Config>();
    config.cql = form;
    typename TestFixture::Agent agent(config, state_context(3, 2)), fresh(config, state_context(3, 2));
    expect_continues_bit_for_bit(agent, fresh, {{"batch", random_batch(32, 3, 2)}});
  }
}

TYPED_TEST(Cql, EndToEndContinuesBitForBitAfterLoad) {
  const auto config = small_agent_with_pictures<typename TestFixture::Config>(EncoderMode::kEndToEnd);
  expect_continues_end_to_end<typename TestFixture::Agent>(config, handed_over(), picture_batch(8, 2));
}

TYPED_TEST(Cql, EachSettingOfTheUpdateChangesItsResult) {
  using Config = typename TestFixture::Config;
  const auto run = networks_after<typename TestFixture::Agent, Config>;
  const auto base = run([](auto&) {});
  for (const auto& [name, change] : changes_of_common_settings<Config>()) EXPECT_NE(run(change), base) << name;
  const auto standard = run([](auto& c) { c.cql = CqlForm::kStandard; });
  EXPECT_NE(standard, base);
  EXPECT_NE(run([](auto& c) { c.cql = CqlForm::kStandard, c.importance = false; }), standard);
  if constexpr (requires(Config c) { c.target_rate; }) {
    EXPECT_NE(run([](auto& c) { c.target_rate = 0.5; }), base);
  } else {
    EXPECT_NE(run([](auto& c) { c.batch_renorm.reset(); }), base);
    EXPECT_EQ(run([](auto& c) { c.batch_renorm->max_scale = 1; }), base) << "warming up";
    const auto warm = [](auto& c) { c.batch_renorm->warmup_updates = 0; };
    const auto renormed = run(warm);
    EXPECT_NE(renormed, base);
    EXPECT_NE(run([&](auto& c) { warm(c), c.batch_renorm->max_scale = 1; }), renormed);
    EXPECT_NE(run([&](auto& c) { warm(c), c.batch_renorm->max_shift = 0.01; }), renormed);
    EXPECT_NE(run([&](auto& c) { warm(c), c.batch_renorm->decay = 0.5; }), renormed);
  }
}

TYPED_TEST(Cql, OnLineItDrawsFromBothSourcesAtItsOwnRate) {
  auto config = small_agent<typename TestFixture::Config>();
  config.online_share = 0.25;
  config.online_learning_rate = 1e-3;
  config.gamma = 0.9;
  config.n_step = 5;
  typename TestFixture::Agent agent(config, state_context(3, 2));
  EXPECT_EQ(agent.sample_plan()[0].sources.size(), 1U);
  agent.begin_stage(Stage::kOnline);
  const auto request = agent.sample_plan()[0];
  ASSERT_EQ(request.sources.size(), 2U);
  EXPECT_EQ(request.sources[1].share, 0.25);
  EXPECT_EQ(request.n_step, 5);
  EXPECT_EQ(request.gamma, 0.9);
  const auto before = saved(agent)["critic"].tensors.at("mlp.weight_out");
  agent.update({{"batch", random_batch(32, 3, 2)}});
  const auto moved = saved(agent)["critic"].tensors.at("mlp.weight_out") - before;
  EXPECT_NEAR(moved.abs().max().template item<double>(), 1e-3, 1e-5);  // the first step of Adam
}

TYPED_TEST(Cql, TheConservativeTermReachesTheCriticAlone) {
  const auto gradients = [](CqlForm form, double alpha) {
    auto config = small_agent<typename TestFixture::Config>();
    config.optimizer.learning_rate = 0;
    config.cql = form;
    config.alpha = alpha;
    config.mu = ActionSource::kPolicy;
    typename TestFixture::Agent agent(config, state_context(3, 2));
    agent.update({{"batch", random_batch(32, 3, 2)}});
    auto parts = saved(agent);
    return std::pair{content_hash(parts["actor_optimizer"]), content_hash(parts["critic_optimizer"])};
  };
  for (const auto form : {CqlForm::kPenalty, CqlForm::kStandard}) {
    const auto light = gradients(form, 0.0), heavy = gradients(form, 1e3);
    EXPECT_EQ(light.first, heavy.first);
    EXPECT_NE(light.second, heavy.second);
  }
}

// ---- numbers of one update, on networks written by hand ----

template <class Config>
Config without_batch_norm(Config config) {
  if constexpr (requires { config.batch_renorm; }) config.batch_renorm.reset();
  return config;
}

// s = 1, -1 and a = 1, 1; a' = 1, -1 of the policy: weights 0 and 1 - e^-2 = 0.8646647. At (-1, -1) Q is 3 and 0:
// 0.8646647 * (3 + 0) / 4.
TYPED_TEST(Cql, PenaltyComparesThePolicysActionsWithThoseOfTheirOwnState) {
  auto config = without_batch_norm(by_hand<typename TestFixture::Config>(/*units=*/3, /*ensemble=*/2));
  config.mu = ActionSource::kPolicy;
  typename TestFixture::Agent agent(config, state_context(1, 1));
  value_by_hand(agent);
  act_by_the_sign_of_the_state(agent);
  const auto metrics = agent.update({{"batch", batch_of({1, -1}, {1, 1})}});
  EXPECT_NEAR(metric(metrics, "penalty"), 0.6484985, 1e-6);
  EXPECT_NEAR(metric(metrics, "q_sampled"), 2.75, 1e-6);                   // (3 + 5 + 3 + 0) / 4
  EXPECT_NEAR(metric(metrics, "td_loss"), (9 + 25 + 1 + 25) / 8.0, 1e-5);  // Q(1, 1) = 3, 5; Q(-1, 1) = 1, 5; y = 0
  EXPECT_NEAR(metric(metrics, "critic_loss"), 60 / 8.0 + 0.6484985, 1e-5);
}

// Q(s, a) = 1 everywhere, so that without densities the term is 0, whatever the actions are.
TYPED_TEST(Cql, TheStandardFormCostsNothingWhereAllValuesAreEqual) {
  auto config = without_batch_norm(by_hand<typename TestFixture::Config>(/*units=*/3, /*ensemble=*/2));
  config.cql = CqlForm::kStandard;
  config.importance = false;
  typename TestFixture::Agent agent(config, state_context(1, 1));
  value_by_hand(agent);
  set_weights(agent, "critic", {{"weight_out", at::zeros({2, 3, 1})}, {"bias_out", at::ones({2, 1})}});
  EXPECT_NEAR(metric(agent.update({{"batch", batch_of({1, -1}, {1, 1})}}), "penalty"), 0.0, 1e-6);
}

// Q(s, a) = relu(a), s = 1 with the policy at 1, s' = -1 with it at -1, the data at -1; N = 256 of each kind, U(-1, 1) first:
//   mean of Q = (1/4 + 1 + 0) / 3,   term = log of (N (1/2 + (e - 1) / 2) + N e + N + 1) / (3 N + 1) = 0.5257.
// With pi(s) for both it were 0.82, with pi(s') for both 0.11.
TYPED_TEST(Cql, TheStandardFormTakesActionsOfBothStates) {
  constexpr int64_t B = 64;
  auto config = without_batch_norm(by_hand<typename TestFixture::Config>(/*units=*/2));
  config.cql = CqlForm::kStandard;
  config.importance = false;
  config.num_action_samples = 256;
  typename TestFixture::Agent agent(config, state_context(1, 1));
  act_by_the_sign_of_the_state(agent);
  set_weights(agent, "critic",
              {{"weight_0", rows({{0, 0}, {1, -1}}).unsqueeze(0)},
               {"bias_0", at::zeros({1, 2})},
               {"weight_out", rows({{1}, {0}}).unsqueeze(0)},
               {"bias_out", at::zeros({1, 1})}});
  auto batch = batch_of(std::vector<float>(B, 1.0F), std::vector<float>(B, -1.0F));
  batch.next_obs = {{"state", at::full({B, 1}, -1.0F)}};
  const auto metrics = agent.update({{"batch", batch}});
  EXPECT_NEAR(metric(metrics, "q_sampled"), 1.25 / 3, 5 * 0.0009);
  EXPECT_NEAR(metric(metrics, "penalty"), 0.5257, 5 * 0.0008);
}

TYPED_TEST(Cql, SaysWhichPartIsMissing) {
  expect_throws<ConfigError>(
      [] {
        typename TestFixture::Agent(small_agent_with_pictures<typename TestFixture::Config>(EncoderMode::kFrozen),
                                    picture_context(nullptr));
      },
      "needs the part 'normalizer'");
  typename TestFixture::Agent agent(small_agent<typename TestFixture::Config>(), state_context(3, 2));
  expect_names_each_missing_part(agent);
}

}  // namespace
}  // namespace onramp
