#include "onramp/algorithms/simplified_q.h"

#include <torch/types.h>

#include "onramp/algorithms/action_samples.h"
#include "onramp/base/error.h"
#include "onramp/losses/simplified_q.h"
#include "onramp/losses/td.h"

namespace onramp {

SimplifiedQ::SimplifiedQ(const SimplifiedQConfig& config, const LearnerContext& context)
    : ActorCriticAgent(config, context, "simplified_q"), config_(config), pairs_(context.seed, "simplified_q/pairs") {}

// One gradient step on critic, actor and temperature (section 3, appendix E).
Metrics SimplifiedQ::update(const Batches& batches) {
  const Batch& batch = batches.at(ActorCritic::kBatch);
  const auto B = batch.size(), N = config_.num_action_samples, A = batch.action.size(1);
  ONRAMP_CHECK(B >= 2, "the regulariser pairs a state with another one; the batch holds ", B);
  at::Generator& rng = net_.next_noise();
  Critic& critic = net_.critic();
  const auto obs = net_.see(batch.obs);
  const auto pi = net_.actor().distribution(obs);  // pi(.|s)

  // TD: fit Q to y = R_n + discount min_e Q_e(s_n, a'), a' ~ pi(s_n), with the online critic itself (eq. 1, Q-bar = Q).
  const auto y = bootstrap_target(batch, rng);            // [B]
  const auto a_mu = penalized_actions(config_, pi, rng);  // [B, N, A], a' ~ mu
  const auto a_u = uniform_actions({B, 1, A}, pi.mean, rng), a_pi = policy_actions(pi, 1, rng).action;  // [B, 1, A]
  const auto actions = at::cat({batch.action.unsqueeze(1), a_mu, a_u, a_pi}, 1);  // [B, 1 + N + 2, A]
  const auto at_actions = critic.forward(critic.encode(obs), actions);            // encoded once, all in one pass
  const auto q = at_actions.q.split_with_sizes({1, N, 2}, -1);                    // of a, a_mu
  const auto phi = at_actions.latent.split_with_sizes({1 + N, 1, 1}, 2);          // of a_u, a_pi
  const auto q_data = q[0].squeeze(-1);                                           // [E, B]
  const auto& q_mu = q[1];                                                        // [E, B, N]
  const auto td = losses::half_td_mse(q_data, y);
  // Penalty: lower Q at actions away from the data's (appendix E).
  const auto penalty = penalize(config_, batch.action, a_mu, q_mu);
  // Regulariser: decorrelate (s, a_u) from an independent (s', a'_pi) (eq. 4).
  const auto other_row = 1 + pairs_.next().below(B - 1);  // no s' is its own s
  const auto regularizer = losses::latent_regularizer(phi[1].squeeze(2), phi[2].squeeze(2).roll(other_row, 1));
  const auto loss = losses::simplified_q_critic(td, penalty, regularizer, config_.alpha, config_.beta);
  net_.critic_optimizer().minimize(loss.total);

  // Actor: maximise Q and entropy at reparameterised actions. Temperature: hold the policy's entropy at its target.
  const auto policy = net_.improve_policy(pi, batch, rng);
  return net_.metrics(
      {{"critic_loss", loss.total}, {"td_loss", td}, {"penalty", penalty}, {"regularizer", regularizer}},
      {.q_data = q_data, .q_sampled = q_mu, .target = y}, policy);
}

at::Tensor SimplifiedQ::bootstrap_target(const Batch& batch, at::Generator& rng) {
  at::NoGradGuard no_gradient;
  const auto next_obs = net_.see(batch.next_obs);
  const auto next_action = policy_action(net_.actor().distribution(next_obs), rng);          // [B, A]
  const auto next_q = net_.critic().q(net_.critic().encode(next_obs), next_action).amin(0);  // [E, B] -> [B]
  return losses::td_target(batch.reward, batch.discount, next_q);
}

void SimplifiedQ::save(Parts& parts) const {
  net_.save(parts);
  parts["learner"].host["pairs"] = pairs_.counter();
}

void SimplifiedQ::load(const Parts& parts) {
  net_.load(parts);
  pairs_.set_counter(require_host<uint64_t>("learner", require_part(parts, "learner"), "pairs"));
}

}  // namespace onramp
