#include "onramp/algorithms/conservative.h"

#include <torch/types.h>

#include "onramp/algorithms/action_samples.h"
#include "onramp/losses/cql.h"

namespace onramp {

ConservativeActions cql_actions(int64_t n, const SquashedGaussian& policy, const SquashedGaussian& next_policy,
                                at::Generator& rng) {
  const auto B = policy.mean.size(0), A = policy.mean.size(1);
  const auto random = uniform_actions({B, n, A}, policy.mean, rng);
  const auto current = policy_actions(policy, n, rng), next = policy_actions(next_policy, n, rng);
  return {.action = at::cat({random, current.action, next.action}, 1),
          .log_prob_current = current.log_prob,
          .log_prob_next = next.log_prob};
}

at::Tensor cql_term(bool importance, const ConservativeActions& sampled, const at::Tensor& q_data,
                    const at::Tensor& q_sampled, const at::Tensor& mc_return) {
  const auto parts = q_sampled.chunk(3, -1);  // 3 x [E, B, N]
  losses::CqlValues q{.data = q_data, .random = parts[0], .current = parts[1], .next = parts[2]};
  if (mc_return.defined()) q = losses::calibrated(q, mc_return);
  const auto per_member = importance ? losses::cql_importance(q, sampled.log_prob_current, sampled.log_prob_next,
                                                              sampled.action.size(-1))
                                     : losses::cql_plain(q);  // [E]
  return per_member.mean();
}

ConservativeActions conservative_actions(const ConservativeConfig& config, const SquashedGaussian& policy,
                                         const SquashedGaussian& next_policy, at::Generator& rng) {
  if (config.cql == CqlForm::kStandard) return cql_actions(config.num_action_samples, policy, next_policy, rng);
  return {.action = penalized_actions(config, policy, rng), .log_prob_current = {}, .log_prob_next = {}};
}

at::Tensor conservative_term(const ConservativeConfig& config, const at::Tensor& action,
                             const ConservativeActions& sampled, const at::Tensor& q_data,
                             const at::Tensor& q_sampled) {
  if (config.cql == CqlForm::kStandard) return cql_term(config.importance, sampled, q_data, q_sampled);
  return penalize(config, action, sampled.action, q_sampled);
}

}  // namespace onramp
