#include "onramp/algorithms/cal_ql.h"

#include <torch/types.h>

#include "onramp/algorithms/action_samples.h"
#include "onramp/algorithms/conservative.h"
#include "onramp/algorithms/learner_factory.h"
#include "onramp/algorithms/redq.h"

namespace onramp {

void describe_calibration(const CalibrationConfig& config, BatchRequest& request) {
  if (config.calibrate) request.columns.emplace_back("mc_return");
}

RedqStep improve_conservatively(const CalibrationConfig& config, ActorCritic& net, RedqCritic& critic,
                                const Batch& batch, at::Generator& rng) {
  // The policy stands still meanwhile: all actions of the update in one pass each.
  const auto pi = net.actor().distribution_constant(batch.obs);                        // pi(.|s)
  const auto next_pi = net.actor().distribution_constant(batch.next_obs);              // pi(.|s')
  const auto next = policy_actions(next_pi, config.target_actions, rng).action;        // [B, N', A]
  const auto sampled = cql_actions(config.num_action_samples, pi, next_pi, rng);       // [B, 3 N, A]
  const auto bound = config.calibrate ? batch.columns.at("mc_return") : at::Tensor();  // [B]
  RedqStep step;
  for (const auto& part : critic.minibatches(batch)) {
    const auto& rows = part.rows;
    // TD: y = r + discount max_n min_{e in M} Q'_e(s', a'_n).
    const auto next_value = critic.least_of_some(rows.next_obs, part.of(next)).amax(-1);  // [B / utd, N'] -> [B / utd]
    const auto y = critic.td_target(rows, next_value);
    // Conservatism: lower Q at what the policies would do and at random, raise it at the data; not below the return.
    const ConservativeActions actions{.action = part.of(sampled.action),
                                      .log_prob_current = part.of(sampled.log_prob_current),
                                      .log_prob_next = part.of(sampled.log_prob_next)};
    const auto at_least = bound.defined() ? part.of(bound) : bound;
    const auto term = [&](const at::Tensor& q_data, const at::Tensor& q) {
      return cql_term(config.importance, actions, q_data, q, at_least);
    };
    const CriticTerm conservatism{.weight = config.alpha, .action = actions.action, .loss = term};
    step = critic.fit(rows.obs, rows.action, y, &conservatism);
  }
  return step;
}

ConservativeRedqConfig::ConservativeRedqConfig() : ActorCriticConfig(redq_defaults()) {}

CalQlConfig::CalQlConfig() {
  critic.ensemble = 2;
  critic.mlp.layer_norm = false;
  utd = 1;
}

CalQl::CalQl(const CalQlConfig& config, const LearnerContext& context)
    : ActorCriticAgent(config, context, "cal_ql"),
      config_(config),
      critic_(config, config, net_, context.seed, "cal_ql") {}

std::vector<ConfigNode> CalQl::default_phases(const CalQlConfig& config, const std::string& learner, bool environment) {
  std::vector<ConfigNode> phases{phase_of(learner, learner + "_offline", "{type: learn, updates: 20000}")};
  if (environment) phases.push_back(online_phase_by_step(learner, config.online_source));
  return phases;
}

std::vector<BatchRequest> CalQl::sample_plan() const {
  auto plan = net_.sample_plan();
  critic_.describe(plan.front());
  describe_calibration(config_, plan.front());
  return plan;
}

// One update, off line and on line alike: the critic's steps, then one of actor and temperature.
Metrics CalQl::update(const Batches& batches) {
  const Batch& batch = batches.at(ActorCritic::kBatch);
  at::Generator& rng = net_.next_noise();
  const auto critic = improve_conservatively(config_, net_, critic_, batch, rng);

  // Actor: maximise Q and entropy at reparameterised actions. Temperature: hold the policy's entropy at its target.
  const auto pi = net_.actor().distribution(net_.see_constant(batch.obs));  // pi(.|s)
  const auto policy = net_.improve_policy(pi, batch, rng);
  return net_.metrics({{"critic_loss", critic.loss}, {"penalty", critic.term}}, critic.critic, policy);
}

void CalQl::save(Parts& parts) const {
  net_.save(parts);
  critic_.save(parts);
}

void CalQl::load(const Parts& parts) {
  net_.load(parts);
  critic_.load(parts);
}

}  // namespace onramp
