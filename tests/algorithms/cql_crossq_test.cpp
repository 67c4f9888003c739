// Batch statistics of CQL on CrossQ: whose they are, and who leaves them alone.
#include "onramp/algorithms/cql_crossq.h"

#include <map>
#include <string>

#include "agent_testing.h"

namespace onramp {
namespace {

using namespace onramp::test;

std::map<std::string, at::Tensor> running_statistics(const Learnable& agent) {
  std::map<std::string, at::Tensor> found;
  auto parts = saved(agent);
  for (const auto& [name, tensor] : parts.at("critic").tensors) {
    if (name.find("running_") != std::string::npos || name.ends_with("updates")) found[name] = tensor;
  }
  return found;
}

// s = 1, 3 and s_n = 5, 7: mean 4, variance 5. a = 1, 1 and a' = 1, 1 of the policy: mean 1, variance 0. Running statistics
// start at 0 and 1 and keep 99 parts of 100.
TEST(CqlCrossQ, StatisticsAreThoseOfBothHalvesAndOfNoPenalisedAction) {
  auto config = by_hand<CqlCrossQConfig>(/*units=*/3, /*ensemble=*/2);
  config.mu = ActionSource::kUniform;
  CqlCrossQ agent(config, state_context(1, 1));
  act_by_the_sign_of_the_state(agent);
  auto batch = batch_of({1, 3}, {1, 1});
  batch.next_obs = {{"state", rows({{5}, {7}})}};
  agent.update({{"batch", batch}});
  const auto statistics = running_statistics(agent);
  const auto mean = statistics.at("mlp.batch_norm_in.running_mean");          // [E, 2]
  const auto variance = statistics.at("mlp.batch_norm_in.running_variance");  // [E, 2]
  for (int64_t e = 0; e < 2; ++e) {
    EXPECT_NEAR(mean[e][0].item<double>(), 0.04, 1e-6);
    EXPECT_NEAR(mean[e][1].item<double>(), 0.01, 1e-6);
    EXPECT_NEAR(variance[e][0].item<double>(), 0.99 + 0.05, 1e-6);
    EXPECT_NEAR(variance[e][1].item<double>(), 0.99, 1e-6);
  }
  EXPECT_EQ(statistics.at("mlp.batch_norm_in.updates").item<int64_t>(), 1) << "one pass, and none of the policy's step";
}

TEST(CqlCrossQ, LookingAtTheCriticLeavesItsStatisticsAlone) {
  CqlCrossQ agent(small_agent<CqlCrossQConfig>(), state_context(3, 2));
  for (uint64_t i = 1; i < 4; ++i) agent.update({{"batch", random_batch(32, 3, 2, i)}});
  const auto before = hash_of(agent);
  const Observation obs{{"state", normals({7, 3}, 5)}};
  const auto once = agent.evaluate(obs, uniforms({7, 2}, 6)), again = agent.evaluate(obs, uniforms({7, 2}, 6));
  expect_equal(once.q, again.q);
  // One state alone has the value that it has among others.
  const auto alone = agent.evaluate(obs.slice(0, 1), uniforms({7, 2}, 6).narrow(0, 0, 1));
  EXPECT_LE((alone.q - once.q.narrow(1, 0, 1)).abs().max().item<double>(), 1e-5);
  EXPECT_EQ(hash_of(agent), before);
}

// The data's own action among the penalised ones has the same value as in the batch's pass: both are of one function. With
// mu = policy, the policy acting as the data do, and a penalty of 1: penalty = mean Q(s, a).
TEST(CqlCrossQ, PenalisedActionsAreNormalisedAsTheBatchIs) {
  auto config = by_hand<CqlCrossQConfig>(/*units=*/8, /*ensemble=*/2);
  config.mu = ActionSource::kPolicy;
  config.penalty = PenaltyWeight::kUniform;
  CqlCrossQ agent(config, state_context(1, 1));
  act_by_the_sign_of_the_state(agent);
  auto batch = batch_of({1, 3, -2, 2}, {1, 1, -1, 1});
  batch.next_obs = {{"state", rows({{5}, {7}, {-3}, {1}})}};
  const auto metrics = agent.update({{"batch", batch}});
  EXPECT_NEAR(metric(metrics, "penalty"), metric(metrics, "q_data"), 1e-5);
  const auto by_running = agent.evaluate(batch.obs, batch.action).q.mean().item<double>();
  EXPECT_GT(std::abs(by_running - metric(metrics, "q_data")), 1e-2) << "or the test would show nothing";
}

// Q is linear in a batch-normalised input, so that with both halves in one pass mean Q(s, a) and mean Q(s_n, a') lie opposite
// each other; halves normalised each by itself would both have mean 0, and y with them.
TEST(CqlCrossQ, TheTargetIsItsHalfOfTheJointPass) {
  auto config = by_hand<CqlCrossQConfig>(/*units=*/1);
  config.alpha = 0;
  config.batch_renorm->max_scale = 1;
  CqlCrossQ agent(config, state_context(1, 1));
  act_by_the_sign_of_the_state(agent);
  set_weights(agent, "critic",
              {{"weight_0", rows({{1}, {0}}).unsqueeze(0)},
               {"bias_0", at::full({1, 1}, 10.0)},  // beyond the kink of the ReLU
               {"weight_out", at::ones({1, 1, 1})},
               {"bias_out", at::zeros({1, 1})}});
  auto batch = batch_of({1, 3}, {1, 1});
  batch.next_obs = {{"state", rows({{5}, {7}})}};
  batch.discount = at::ones({2});
  const auto metrics = agent.update({{"batch", batch}});
  // (s - 4) / sqrt(5.001) = -1.3415, -0.4472, 0.4472, 1.3415; the hidden layer's norm divides by sqrt(0.9998 + 0.001).
  EXPECT_NEAR(metric(metrics, "q_data"), -0.8940, 1e-3);
  EXPECT_NEAR(metric(metrics, "target"), 0.8940, 1e-3);
}

TEST(CqlCrossQ, WithoutATargetNetworkItHasNone) {
  CqlCrossQ agent(small_agent<CqlCrossQConfig>(), state_context(3, 2));
  EXPECT_FALSE(saved(agent).contains("target_critic"));
}

// What batch renormalisation is for here: without it the same critic, bootstrapped from itself, overestimates.
TEST(CqlCrossQEffect, BatchRenormalisationKeepsValuesLowerThanNone) {
  const auto largest_value = [](bool renorm, uint64_t seed) {
    CqlCrossQConfig config;
    if (!renorm) config.batch_renorm.reset();
    config.alpha = 0.0;
    config.temperature = 0.0;
    config.critic.mlp.hidden = {64, 64};
    config.actor.mlp.hidden = {32, 32};
    config.optimizer.learning_rate = 1e-3;
    config.input.normalize = false;
    CqlCrossQ agent(config, state_context(2, 2, seed));
    const auto data = circle_demonstrations(seed);
    for (uint64_t k = 0; k < 300; ++k) agent.update({{"batch", rows_of(data, 64, 1000 * seed + k)}});
    return agent.evaluate(data.obs, data.action).q.max().item<double>();
  };
  for (uint64_t seed = test_seed(); seed < test_seed() + 3; ++seed) {
    expect_below("largest value, with / without", largest_value(true, seed) / largest_value(false, seed), 0.5);
  }
}

}  // namespace
}  // namespace onramp
