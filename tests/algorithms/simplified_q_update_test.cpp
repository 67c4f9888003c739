// The numbers of one update, worked out by hand on networks whose weights are written by hand.
#include <algorithm>
#include <stdexcept>
#include <vector>

#include "onramp/algorithms/simplified_q.h"
#include "simplified_q_testing.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

// s_n = 1, -1, 3, -2 and a' = its sign: Q_0 = 3, 3, 7, 3 and Q_1 = 5, 0, 5, 0, of which the least are 3, 0, 5, 0.
//   y = 0.5 + 0.5 * 3, 1 + 0.5 * 0, -1 + 0.25 * 5, 2 (terminal) = 2, 1, 0.25, 2
// With an entropy term 100 * 50 would enter.
TEST(SimplifiedQUpdate, TargetIsTheLeastMembersValueAtThePolicysNextActionWithoutEntropy) {
  auto config = by_hand_config(/*units=*/3, /*ensemble=*/2);
  config.temperature = 100.0;
  SimplifiedQ agent(config, state_context(1, 1));
  value_by_hand(agent);
  act_by_the_sign_of_the_state(agent);
  auto batch = batch_of({-1, -1, -1, -1}, {0, 0, 0, 0});
  batch.next_obs = {{"state", rows({{1}, {-1}, {3}, {-2}})}};
  batch.reward = at::tensor({0.5F, 1.0F, -1.0F, 2.0F});
  batch.discount = at::tensor({0.5F, 0.5F, 0.25F, 0.0F});
  const auto metrics = agent.update({{"batch", batch}});
  EXPECT_NEAR(metric(metrics, "target"), 1.3125, 1e-6);  // 5.25 / 4
  // Q_0(-1, 0) = 0 and Q_1 = 1: squares 4, 1, 0.0625, 4 and 1, 0, 0.5625, 1 of each row with its own y; 11.625 / 8 / 2.
  EXPECT_NEAR(metric(metrics, "td_loss"), 0.7265625, 1e-6);
  EXPECT_NEAR(metric(metrics, "q_policy"), 0.0, 1e-6);  // the actor's value: the least of Q(-1, -1) = 3, 0
  EXPECT_LT(metric(metrics, "entropy"), -10.0);         // so an entropy term would have been seen
}

// No target network: y follows the critic at once.
TEST(SimplifiedQUpdate, TargetComesFromTheCriticAsItIsNow) {
  SimplifiedQ agent(by_hand_config(/*units=*/3, /*ensemble=*/2), state_context(1, 1));
  act_by_the_sign_of_the_state(agent);
  auto batch = batch_of({1, 1}, {0, 0});
  batch.discount = at::ones({2});
  for (const float bias : {2.0F, -3.0F}) {
    value_by_hand(agent);
    set_weights(agent, "critic", {{"bias_out", rows({{bias}, {1}})}});
    EXPECT_NEAR(metric(agent.update({{"batch", batch}}), "target"), std::min(3.0 + bias, 5.0), 1e-6);
  }
}

// Phi_e(s, a) = 2 s with s one-hot: states that differ are orthogonal, and a state with itself costs (2 * 2)^2.
TEST(SimplifiedQUpdate, RegularizerNeverPairsAStateWithItself) {
  constexpr int64_t kStates = 4;
  auto config = by_hand_config(/*units=*/kStates, /*ensemble=*/2);
  config.batch_size = kStates;
  SimplifiedQ agent(config, state_context(kStates, 1));
  const auto first = at::cat({2 * at::eye(kStates), at::zeros({1, kStates})});  // [S + A, H]
  set_weights(agent, "critic",
              {{"weight_0", first.unsqueeze(0).repeat({2, 1, 1})}, {"bias_0", at::zeros({2, kStates})}});
  auto batch = random_batch(kStates, kStates, 1);
  batch.obs = {{"state", at::eye(kStates)}};
  for (int k = 0; k < 30; ++k) ASSERT_EQ(metric(agent.update({{"batch", batch}}), "regularizer"), 0.0) << k;
  batch.obs = {{"state", at::eye(kStates).narrow(0, 2, 1).repeat({kStates, 1})}};  // no other state to be had
  EXPECT_NEAR(metric(agent.update({{"batch", batch}}), "regularizer"), 16.0, 1e-5);
}

// Phi(s, a) = (relu(a), relu(-a)), and a'_pi = 1 everywhere: the mean of relu(a_u)^2 over a_u ~ U(-1, 1), which is 1/6. With
// two uniform actions it were 1/18, with two of the policy 1.
TEST(SimplifiedQUpdate, RegularizerPairsAUniformActionWithOneOfThePolicy) {
  constexpr int64_t B = 256;
  SimplifiedQ agent(by_hand_config(/*units=*/2), state_context(1, 1));
  act_by_the_sign_of_the_state(agent);
  set_weights(agent, "critic", {{"weight_0", rows({{0, 0}, {1, -1}}).unsqueeze(0)}, {"bias_0", at::zeros({1, 2})}});
  const auto batch = batch_of(std::vector<float>(B, 1.0F), std::vector<float>(B, 0.0F));
  double mean = 0.0;
  for (int k = 0; k < 20; ++k) mean += metric(agent.update({{"batch", batch}}), "regularizer") / 20;
  EXPECT_NEAR(mean, 1.0 / 6, 5 * 0.0038);  // variance 1/10 - 1/36, n = 5120
}

// Phi(s, a) = (relu(w a), relu(-a)) at w = 1, and a'_pi = 1: the regulariser is w^4 mean relu(a_u)^2, w^2 of it from either side.
// Its derivative in w is 4/6; with one side cut off it were 2/6. TD has no part: the data's action is 0.
TEST(SimplifiedQUpdate, RegularizerSendsItsGradientThroughBothSides) {
  constexpr int64_t B = 4096;
  auto config = by_hand_config(/*units=*/2);
  config.alpha = 0;
  config.beta = 1e3;
  SimplifiedQ agent(config, state_context(1, 1));
  act_by_the_sign_of_the_state(agent);
  set_weights(agent, "critic",
              {{"weight_0", rows({{0, 0}, {1, -1}}).unsqueeze(0)},
               {"bias_0", at::zeros({1, 2})},
               {"weight_out", at::ones({1, 2, 1})},
               {"bias_out", at::zeros({1, 1})}});
  agent.update({{"batch", batch_of(std::vector<float>(B, 1.0F), std::vector<float>(B, 0.0F))}});
  const auto moment = saved(agent)["critic_optimizer"].tensors.at("exp_avg.0");  // of weight_0, a tenth of the gradient
  ASSERT_EQ(moment.sizes(), (std::vector<int64_t>{1, 2, 2}));
  EXPECT_NEAR(moment[0][1][0].item<double>() * 10 / 1e3, 4.0 / 6, 5 * 0.0168);  // 4 sqrt(1/10 - 1/36) / sqrt(B)
}

TEST(SimplifiedQUpdate, RefusesABatchInWhichNoStateHasAnother) {
  SimplifiedQ agent(by_hand_config(/*units=*/2), state_context(1, 1));
  expect_throws<std::logic_error>(
      [&] {
        agent.update({{"batch", batch_of({1}, {0})}});
      },
      "the regulariser pairs a state with another one; the batch holds 1");
}

// s = 1, -1 and a = 1, 1; a' = 1, -1 of the policy: weights 0 and 1 - e^-2 = 0.8646647. At (-1, -1) Q is 3 and 0:
// 0.8646647 * (3 + 0) / 4.
TEST(SimplifiedQUpdate, PenaltyComparesThePolicysActionsWithThoseOfTheirOwnState) {
  auto config = by_hand_config(/*units=*/3, /*ensemble=*/2);
  config.mu = ActionSource::kPolicy;
  SimplifiedQ agent(config, state_context(1, 1));
  value_by_hand(agent);
  act_by_the_sign_of_the_state(agent);
  const auto metrics = agent.update({{"batch", batch_of({1, -1}, {1, 1})}});
  EXPECT_NEAR(metric(metrics, "penalty"), 0.6484985, 1e-6);
  EXPECT_NEAR(metric(metrics, "q_sampled"), 2.75, 1e-6);  // (3 + 5 + 3 + 0) / 4
}

// The critic's gradient with respect to the output's weights: a tenth of it is Adam's first moment.
at::Tensor gradient_of_output_weights(double alpha, ActionSource mu, int64_t samples) {
  constexpr int64_t B = 64;
  auto config = by_hand_config(/*units=*/2);
  config.num_action_samples = samples;
  config.alpha = alpha;
  config.beta = 0;
  config.mu = mu;
  SimplifiedQ agent(config, state_context(1, 1));
  act_by_the_sign_of_the_state(agent);
  set_weights(agent, "critic",
              {{"weight_0", rows({{0, 0}, {1, -1}}).unsqueeze(0)},
               {"bias_0", at::zeros({1, 2})},
               {"weight_out", at::ones({1, 2, 1})},
               {"bias_out", at::zeros({1, 1})}});
  auto batch = batch_of(std::vector<float>(B, 1.0F), std::vector<float>(B, -1.0F));
  batch.reward.fill_(1.0);  // Q(s, -1) = 1 already
  agent.update({{"batch", batch}});
  const auto moment = saved(agent)["critic_optimizer"].tensors.at("exp_avg.2");  // after weight_0 and bias_0
  EXPECT_EQ(moment.sizes(), (std::vector<int64_t>{1, 2, 1}));
  return 10 * moment.flatten();
}

// Q(s, a) = relu(a) + relu(-a), data at a = -1, the policy at a = 1. The penalty's gradient is alpha times the mean of
// (1 - e^-(1 + a')) (relu(a'), relu(-a')): of the policy's actions (1 - e^-2, 0); of uniform ones
//   1/2 (1/2 - e^-1 (1 - 2 e^-1), 1/2 - e^-1) = (0.2013956, 0.0660603), standard errors of 16384 draws 0.0021 and 0.0006.
TEST(SimplifiedQUpdate, MuSaysWhichActionsArePenalised) {
  for (const auto mu : {ActionSource::kPolicy, ActionSource::kUniform}) {
    EXPECT_LE(gradient_of_output_weights(/*alpha=*/0, mu, 4).abs().max().item<double>(), 1e-6);
  }
  const auto policy = gradient_of_output_weights(/*alpha=*/1e3, ActionSource::kPolicy, 4);
  EXPECT_NEAR(policy[0].item<double>(), 864.6647, 1e-2);
  EXPECT_NEAR(policy[1].item<double>(), 0.0, 1e-2);
  const auto uniform = gradient_of_output_weights(/*alpha=*/1e3, ActionSource::kUniform, 256);
  EXPECT_NEAR(uniform[0].item<double>(), 201.3956, 5 * 2.1);
  EXPECT_NEAR(uniform[1].item<double>(), 66.0603, 5 * 0.6);
}

}  // namespace
}  // namespace onramp
