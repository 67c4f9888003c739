#include "onramp/algorithms/ibrl.h"

#include <torch/types.h>

#include "onramp/algorithms/action_samples.h"
#include "onramp/algorithms/redq.h"

namespace onramp {

IbrlConfig::IbrlConfig() : ActorCriticConfig(redq_defaults()) { online_share = 1.0; }

Ibrl::Ibrl(const IbrlConfig& config, const LearnerContext& context)
    : ActorCriticAgent(config, context, "ibrl"),
      config_(config),
      cloned_(context, "ibrl", config.bc_action),
      critic_(config, config, net_, context.seed, "ibrl") {
  check_cloned(config, *cloned_);
  if (net_.inputs().has_frozen_encoder()) check_sees_through(*cloned_, net_.critic().encoder(), "ibrl");
}

void Ibrl::check_cloned(const IbrlConfig& config, const Policy& cloned) {
  check_without_memory(cloned, without_memory(config));
}

std::string Ibrl::without_memory(const IbrlConfig& config) {
  if (!config.bootstrap && config.bc_weight == 0) return {};  // it proposes while it acts alone
  return cannot_ask_memory("ibrl", "set bootstrap: false and bc_weight: 0, or learn by q2rl");
}

void Ibrl::check_given(const IbrlConfig& config, const LearnerContext& context) {
  const auto cloned = load_cloned_policy(context, "ibrl");
  check_cloned(config, *cloned);
  check_sees_pixels(*cloned, config.input, "ibrl");
}

std::vector<std::string> Ibrl::needs(const IbrlConfig& config, const ObservationSpec& observation) {
  return ClonedPolicy::needs(config.input, observation);
}

std::vector<ConfigNode> Ibrl::default_phases(const IbrlConfig& config, const std::string& learner, bool environment) {
  return redq_phases(config, learner, environment);
}

std::vector<BatchRequest> Ibrl::sample_plan() const {
  auto plan = net_.sample_plan();
  critic_.describe(plan.front());
  if (config_.bootstrap || config_.bc_weight > 0) cloned_.describe(plan.front());
  return plan;
}

// One update, algorithm 1: `utd` steps of the critic and its target, then one of actor and temperature.
Metrics Ibrl::update(const Batches& batches) {
  const Batch& batch = batches.at(ActorCritic::kBatch);
  at::Generator& rng = net_.next_noise();
  // At all s': a_RL ~ pi(s'), a_BC of the cloned policy. Both stand still meanwhile.
  const auto a_rl = policy_action(net_.actor().distribution_constant(batch.next_obs), rng);    // [B, A]
  const auto a_bc = config_.bootstrap ? cloned_.propose(batch.next_obs, batch.action) : a_rl;  // [B, A]
  const auto proposals = at::stack({a_bc, a_rl}, 1);                                           // [B, 2, A]
  RedqStep critic;
  std::vector<at::Tensor> took_bc;
  for (const auto& part : critic_.minibatches(batch)) {
    const auto& rows = part.rows;
    // TD: fit every Q_e to y = r + discount min_{e in M} Q'_e(s', a'), a' whichever of both is worth more by that measure.
    const auto q = critic_.least_of_some(rows.next_obs, part.of(proposals));  // [B / utd, 2]
    const auto q_bc = q.select(1, 0), q_rl = q.select(1, 1);
    took_bc.push_back(choose_cloned(config_.choice, config_.beta, q_bc, q_rl, rng));  // [B / utd]
    const auto next_value = at::where(took_bc.back(), q_bc, q_rl);
    critic = critic_.fit(rows.obs, rows.action, critic_.td_target(rows, next_value));
  }

  // Actor: maximise the least member's value at its own proposals. Temperature: hold the policy's entropy at its target.
  const auto pi = net_.actor().distribution(net_.see_constant(batch.obs));  // pi(.|s)
  PolicyObjective objective{.bc_weight = config_.bc_weight};
  if (config_.bc_weight > 0) objective.cloned = cloned_.propose(batch.obs, batch.action);
  const auto policy = net_.improve_policy(pi, batch, rng, objective);
  Metrics losses{{"critic_loss", critic.loss}};
  if (config_.bootstrap) losses.emplace_back("target_bc_share", at::cat(took_bc).to(at::kFloat));
  return net_.metrics(std::move(losses), critic.critic, policy);
}

std::unique_ptr<Policy> Ibrl::policy() const {
  GatedNetworks networks{.cloned = cloned_.shared(),
                         .value = nullptr,
                         .critic = net_.critic().copy(),
                         .actor = std::static_pointer_cast<SquashedGaussianActor>(net_.actor().copy())};
  return std::make_unique<GatedPolicy>(std::move(networks), GateConfig{.gate = false,
                                                                       .choice = config_.choice,
                                                                       .beta = config_.beta,
                                                                       .bc_action = config_.bc_action,
                                                                       .rl_action = config_.rl_action});
}

void Ibrl::save(Parts& parts) const {
  net_.save(parts);
  critic_.save(parts);
  cloned_.save(parts["learner"]);
}

void Ibrl::load(const Parts& parts) {
  cloned_.load(require_part(parts, "learner"));
  net_.load(parts);
  critic_.load(parts);
}

}  // namespace onramp
