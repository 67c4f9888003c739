#include "onramp/algorithms/q2rl.h"

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "q2rl_testing.h"

namespace onramp {
namespace {

using namespace onramp::test;

// ---- numbers of one update ----

// Log std 0 and -1.5. At u = (0.5, 0), the mean: log pi + H = A / 2 = 1. At u = (1.5, 0), one deviation away: 1/2 less.
class Q2rlEstimate : public ::testing::Test {
 protected:
  Q2rlEstimate() {
    batch_ = random_batch(2, 3, 2);
    batch_.action = rows({{0.4621172F, 0}, {0.9051483F, 0}});
    batch_.columns["mc_return"] = at::tensor({2.0F, 4.0F});
  }
  double q_bc(const std::function<void(Q2rlConfig&)>& change) const {
    auto config = small_q2rl();
    change(config);
    Q2rl agent(config, context_of(given_, 3, 2));
    set_weights(agent, "value", {{"weight_out", at::zeros({1, 16})}, {"bias_out", at::full({1}, 10.0F)}});  // V = 10
    return metric(agent.update({{"batch", batch_}}), "q_bc");
  }
  const Parts given_ = cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F});
  Batch batch_;
};

TEST_F(Q2rlEstimate, IsReturnPlusDensityPlusEntropy) {
  EXPECT_NEAR(q_bc([](auto&) {}), 3.75, 1e-5);                                                  // (3 + 4.5) / 2
  EXPECT_NEAR(q_bc([](auto& c) { c.alpha = 2; }), 4.5, 1e-5);                                   // (4 + 5) / 2
  EXPECT_NEAR(q_bc([](auto& c) { c.estimate_target = EstimateTarget::kValue; }), 10.75, 1e-4);  // (11 + 10.5) / 2
}

TEST_F(Q2rlEstimate, FitsWhatItIsToldTo) {
  const auto moved = [&](const std::function<void(Q2rlConfig&)>& change) {
    auto config = small_q2rl();
    change(config);
    Q2rl agent(config, context_of(given_, 3, 2));
    auto before = saved(agent);
    agent.update({{"batch", batch_}});
    auto after = saved(agent);
    std::string names;
    for (const auto* part : {"actor", "critic", "target_critic", "value"}) {
      bool same = true;
      for (const auto& [name, tensor] : before[part].tensors) same &= at::equal(tensor, after[part].tensors.at(name));
      if (!same) names += std::string(part) + " ";
    }
    return names;
  };
  EXPECT_EQ(moved([](auto&) {}), "actor critic target_critic value ");
  EXPECT_EQ(moved([](auto& c) { c.init_critic = false; }), "actor value ");
  EXPECT_EQ(moved([](auto& c) { c.init_actor = false; }), "critic target_critic value ");
}

// ---- known answers ----

// The cloned policy acts N(u; 0, 1/2), and what comes of it is s: V(s) = s, Q_RL(s, tanh u) = s + 1/2 - 2 u^2, and the policy
// begins with its deviation.
TEST(Q2rl, EstimatesValuesAndPolicyOfTheClonedOne) {
  const auto given = cloned(1, {0.0F}, {std::log(0.5F)});
  auto config = small_q2rl();
  config.critic.mlp.hidden = {32, 32};
  config.optimizer.learning_rate = 3e-3;
  Q2rl agent(config, context_of(given, 1, 1, test_seed()));
  for (uint64_t k = 0; k < 800; ++k) {
    const auto seed = 10000 * test_seed() + 2 * k;
    auto batch = batch_of(std::vector<float>(64, 0.0F), std::vector<float>(64, 0.0F));
    const auto s = uniforms({64, 1}, seed);
    batch.obs = {{"state", s}};
    batch.action = (0.5 * normals({64, 1}, seed + 1)).tanh();
    batch.columns["mc_return"] = s.squeeze(1);
    agent.update({{"batch", batch}});
  }
  const auto s = at::linspace(-0.8, 0.8, 9).unsqueeze(1);
  for (const double u : {-0.6, 0.0, 0.6}) {
    const auto q = agent.evaluate({{"state", s}}, at::full({9, 1}, std::tanh(u))).q.mean(0);
    expect_below("error of Q at u = " + std::to_string(u),
                 (q - (s.squeeze(1) + 0.5 - 2 * u * u)).abs().mean().item<double>(), 0.15);
  }
  const auto policy = agent.policy();
  auto random = RandomStream(1, "act").next();
  const auto acted = policy->act({{"state", s}}, *policy->begin(9), ActMode::kMode, random);
  EXPECT_EQ(acted.info.at(2).name, "q_bc");
  // The mode: V and 1/2.
  expect_below("error of V", (acted.info.at(2).value.squeeze(1) - s.squeeze(1) - 0.5).abs().mean().item<double>(), 0.1);
  auto& actor = *dynamic_cast<GatedPolicy&>(*policy).networks().actor;
  expect_below("error of log std",
               (actor.distribution({{"state", s}}).log_std - std::log(0.5)).abs().mean().item<double>(), 0.15);
}

// At s = 1 the policy acts 1, where the members say 3 and 5.
TEST(Q2rl, ThePolicyClimbsTheLeastMember) {
  const auto given = cloned(1, {0.0F}, {-1.0F});
  auto config = ensemble_by_hand<Q2rlConfig>();
  config.temperature.reset();  // which would weigh nothing here
  config.bc_weight = 0;
  Q2rl agent(config, context_of(given, 1, 1));
  agent.begin_stage(Stage::kOnline);
  value_by_hand(agent);
  act_by_the_sign_of_the_state(agent);
  EXPECT_NEAR(metric(agent.update({{"batch", batch_of({1}, {0})}}), "q_policy"), 3.0, 1e-5);
}

// r = 1 - (a - s)^2. The proposals stored with the steps are 0.5, the cloned policy now says tanh(-0.5) = -0.4621, the steps'
// own actions are anywhere. Without cloning the policy finds a = s, with nothing else it says what it clones.
TEST(Q2rl, OnLineThePolicyClimbsAndClonesAsWeighted) {
  const auto given = cloned(1, {-0.5F}, {-1.0F});
  const BanditGrid grid;
  const auto modes = [&](double bc_weight, ClonedAction from = ClonedAction::kStored) {
    auto config = bandit_agent<Q2rlConfig>();
    config.temperature.reset();  // which would weigh nothing here
    config.critic.ensemble = 3;
    config.utd = 2;
    config.bc_weight = bc_weight;
    config.cloned_action = from;
    Q2rl agent(config, context_of(given, 1, 1, test_seed()));
    agent.begin_stage(Stage::kOnline);
    for (uint64_t i = 0; i < 400; ++i) {
      auto batch = bandit_batch(64, 1000 * test_seed() + i);
      batch.columns["a_bc"] = at::full({64}, 0.5F);
      agent.update({{"batch", batch}});
    }
    const auto policy = agent.policy();
    return dynamic_cast<GatedPolicy&>(*policy).networks().actor->mode({{"state", grid.states}});
  };
  expect_below("without cloning: distance from s", (modes(0.0) - grid.states).abs().mean().item<double>(), 0.12);
  const auto stored = modes(1.0), fresh = modes(1.0, ClonedAction::kFresh);
  expect_below("cloning what is stored: distance from it", (stored - 0.5).abs().mean().item<double>(), 0.05);
  expect_below("cloning afresh: distance from it", (fresh + 0.4621).abs().mean().item<double>(), 0.05);
}

}  // namespace
}  // namespace onramp
