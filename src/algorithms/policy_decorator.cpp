#include "onramp/algorithms/policy_decorator.h"

#include <torch/types.h>

#include <algorithm>

#include "onramp/algorithms/action_samples.h"
#include "onramp/algorithms/redq.h"

namespace onramp {

PolicyDecoratorConfig::PolicyDecoratorConfig() : ActorCriticConfig(redq_defaults()) {
  online_share = 1.0;
  entropy_backup = true;
}

PolicyDecorator::PolicyDecorator(const PolicyDecoratorConfig& config, const LearnerContext& context)
    : ActorCriticAgent(config, context, "policy_decorator"),
      config_(config),
      base_(context, "policy_decorator", config.bc_action),
      critic_(config, config, net_, context.seed, "policy_decorator") {
  check_without_memory(*base_, without_memory(config));
  if (net_.inputs().has_frozen_encoder()) check_sees_through(*base_, net_.critic().encoder(), "policy_decorator");
}

void PolicyDecorator::check_given(const PolicyDecoratorConfig& config, const LearnerContext& context) {
  const auto base = load_cloned_policy(context, "policy_decorator");
  check_without_memory(*base, without_memory(config));
  check_sees_pixels(*base, config.input, "policy_decorator");
}

std::string PolicyDecorator::without_memory(const PolicyDecoratorConfig&) {
  return cannot_ask_memory("policy_decorator", "its target and its correction do that; learn by q2rl");
}

std::vector<std::string> PolicyDecorator::needs(const PolicyDecoratorConfig& config,
                                                const ObservationSpec& observation) {
  return ClonedPolicy::needs(config.input, observation);
}

std::vector<ConfigNode> PolicyDecorator::default_phases(const PolicyDecoratorConfig& config, const std::string& learner,
                                                        bool environment) {
  return redq_phases(config, learner, environment);
}

void PolicyDecorator::begin_stage(Stage stage) {
  stage_ = stage;
  net_.begin_stage(stage);
}

std::vector<BatchRequest> PolicyDecorator::sample_plan() const {
  auto plan = net_.sample_plan();
  critic_.describe(plan.front());
  base_.describe(plan.front());
  return plan;
}

// One update: `utd` steps of the critic and its target, then one of the correction and its temperature.
Metrics PolicyDecorator::update(const Batches& batches) {
  const Batch& batch = batches.at(ActorCritic::kBatch);
  at::Generator& rng = net_.next_noise();
  // At all s': a' = base(s') + scale * correction. Both stand still meanwhile.
  const auto next = policy_actions(net_.actor().distribution_constant(batch.next_obs), 1, rng);  // [B, 1, A], [B, 1]
  const auto next_base = base_.propose(batch.next_obs, batch.action);                            // [B, A]
  const auto next_action = corrected(next_base, next.action.squeeze(1), config_.scale);          // [B, A]
  RedqStep critic;
  for (const auto& part : critic_.minibatches(batch)) {
    const auto& rows = part.rows;
    // TD: fit every Q_e to y = r + discount (min_{e in M} Q'_e(s', a') - temperature log pi(correction|s')).
    auto next_value = critic_.least_of_some(rows.next_obs, part.of(next_action));  // [B / utd]
    if (config_.entropy_backup) next_value = next_value - net_.temperature() * part.of(next.log_prob).squeeze(1);
    critic = critic_.fit(rows.obs, rows.action, critic_.td_target(rows, next_value));
  }

  // Correction: maximise the least member's value of the sum, and its own entropy. Temperature: hold that at its target.
  const auto pi = net_.actor().distribution(net_.see_constant(batch.obs));  // pi(.|s)
  const auto base = base_.propose(batch.obs, batch.action);                 // [B, A]
  const auto policy = net_.improve_policy(pi, batch, rng, {.done = [&](const at::Tensor& correction) {
                                            return corrected(base, correction, config_.scale);
                                          }});
  if (stage_ == Stage::kOnline) ++online_updates_;
  return net_.metrics({{"critic_loss", critic.loss}, {"exploration", at::full({}, exploration_share())}}, critic.critic,
                      policy);
}

double PolicyDecorator::exploration_share() const {
  if (config_.exploration_updates == 0) return 1.0;
  return std::min(1.0, static_cast<double>(online_updates_) / static_cast<double>(config_.exploration_updates));
}

std::unique_ptr<Policy> PolicyDecorator::policy() const {
  return std::make_unique<ResidualPolicy>(base_.shared(),
                                          std::static_pointer_cast<SquashedGaussianActor>(net_.actor().copy()), config_,
                                          exploration_share());
}

void PolicyDecorator::save(Parts& parts) const {
  net_.save(parts);
  critic_.save(parts);
  base_.save(parts["learner"]);
  parts["learner"].host["online_updates"] = online_updates_;
}

void PolicyDecorator::load(const Parts& parts) {
  const auto& learner = require_part(parts, "learner");
  base_.load(learner);
  net_.load(parts);
  critic_.load(parts);
  online_updates_ = require_host<int64_t>("learner", learner, "online_updates");
}

}  // namespace onramp
