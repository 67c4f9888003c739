#include "onramp/algorithms/cql_sac.h"

#include <torch/types.h>

#include "onramp/algorithms/action_samples.h"
#include "onramp/losses/td.h"
#include "onramp/nn/state.h"

namespace onramp {

CqlSac::CqlSac(const CqlSacConfig& config, const LearnerContext& context)
    : ActorCriticAgent(config, context, "cql_sac"), config_(config), target_critic_(net_.critic().copy()) {
  set_trainable(*target_critic_, false);
  flatten_parameters(*target_critic_);
}

// One gradient step on critic, actor and temperature, and one of the target towards the critic.
Metrics CqlSac::update(const Batches& batches) {
  const Batch& batch = batches.at(ActorCritic::kBatch);
  at::Generator& rng = net_.next_noise();
  Critic& critic = net_.critic();
  const auto obs = net_.see(batch.obs);
  const auto pi = net_.actor().distribution(obs);                           // pi(.|s)
  const auto next_pi = net_.actor().distribution_constant(batch.next_obs);  // pi(.|s_n)

  // TD: fit Q to y = R_n + discount min_e Q'_e(s_n, a'), a' ~ pi(s_n), with the target critic Q'.
  const auto y = bootstrap_target(batch, policy_action(next_pi, rng));               // [B]
  const auto sampled = conservative_actions(config_, pi, next_pi, rng);              // [B, M, A]
  const auto actions = at::cat({batch.action.unsqueeze(1), sampled.action}, 1);      // [B, 1 + M, A]
  const auto q = critic.q(critic.encode(obs), actions);                              // [E, B, 1 + M]
  const auto q_data = q.select(-1, 0), q_sampled = q.narrow(-1, 1, q.size(-1) - 1);  // [E, B], [E, B, M]
  const auto td = losses::half_td_mse(q_data, y);
  // Conservatism: lower Q at actions that the data do not hold.
  const auto penalty = conservative_term(config_, batch.action, sampled, q_data, q_sampled);
  const auto loss = td + config_.alpha * penalty;
  net_.critic_optimizer().minimize(loss);

  // Actor: maximise Q and entropy at reparameterised actions. Temperature: hold the policy's entropy at its target.
  const auto policy = net_.improve_policy(pi, batch, rng);

  // Target network: theta' <- (1 - tau) theta' + tau theta.
  polyak_update(*target_critic_, critic, config_.target_rate);
  return net_.metrics({{"critic_loss", loss}, {"td_loss", td}, {"penalty", penalty}},
                      {.q_data = q_data, .q_sampled = q_sampled, .target = y}, policy);
}

at::Tensor CqlSac::bootstrap_target(const Batch& batch, const at::Tensor& next_action) {
  at::NoGradGuard no_gradient;
  const auto next_q = target_critic_->q(target_critic_->encode(batch.next_obs), next_action).amin(0);  // [E, B] -> [B]
  return losses::td_target(batch.reward, batch.discount, next_q);
}

void CqlSac::save(Parts& parts) const {
  net_.save(parts);
  save_module(parts["target_critic"], *target_critic_);
}

void CqlSac::load(const Parts& parts) {
  net_.load(parts);
  load_module(require_part(parts, "target_critic"), *target_critic_);
}

}  // namespace onramp
