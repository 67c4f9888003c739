#include "onramp/algorithms/cql_crossq.h"

#include <torch/types.h>

#include "onramp/algorithms/action_samples.h"
#include "onramp/losses/td.h"

namespace onramp {

CqlCrossQ::CqlCrossQ(const CqlCrossQConfig& config, const LearnerContext& context)
    : ActorCriticAgent(config, context, "cql_crossq", config.batch_renorm), config_(config) {}

// One gradient step on critic, actor and temperature.
Metrics CqlCrossQ::update(const Batches& batches) {
  const Batch& batch = batches.at(ActorCritic::kBatch);
  const auto B = batch.size();
  at::Generator& rng = net_.next_noise();
  Critic& critic = net_.critic();
  const auto obs = net_.see(batch.obs), next_obs = net_.see_constant(batch.next_obs);
  const auto pi = net_.actor().distribution(obs);                     // pi(.|s)
  const auto next_pi = net_.actor().distribution_constant(next_obs);  // pi(.|s_n)

  // One pass of (s, a) and (s_n, a'), a' ~ pi(s_n): both halves share the statistics of the batch.
  const auto encoded = critic.encode(obs), next_encoded = critic.encode_constant(next_obs);  // [B, O]
  const auto states = at::cat({encoded, next_encoded}), actions = at::cat({batch.action, policy_action(next_pi, rng)});
  BatchStatistics statistics;
  const auto halves = critic.forward_batch(states, actions, statistics).q.split(B, /*dim=*/1);  // 2 x [E, B]
  // TD: fit Q to y = R_n + discount min_e Q_e(s_n, a'), with the online critic itself.
  const auto& q_data = halves[0];
  const auto y = losses::td_target(batch.reward, batch.discount, halves[1].detach().amin(0));  // [B]
  const auto td = losses::half_td_mse(q_data, y);
  // Conservatism: lower Q at actions that the data do not hold, normalised as the batch is.
  const auto sampled = conservative_actions(config_, pi, next_pi, rng);           // [B, M, A]
  const auto q_sampled = critic.forward(encoded, sampled.action, &statistics).q;  // [E, B, M]
  const auto penalty = conservative_term(config_, batch.action, sampled, q_data, q_sampled);
  const auto loss = td + config_.alpha * penalty;
  net_.critic_optimizer().minimize(loss);

  // Actor: maximise Q and entropy at reparameterised actions. Temperature: hold the policy's entropy at its target.
  const auto policy = net_.improve_policy(pi, batch, rng);
  return net_.metrics({{"critic_loss", loss}, {"td_loss", td}, {"penalty", penalty}},
                      {.q_data = q_data, .q_sampled = q_sampled, .target = y}, policy);
}

}  // namespace onramp
