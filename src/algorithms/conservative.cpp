#include "onramp/algorithms/conservative.h"

#include <torch/types.h>

#include "onramp/algorithms/action_samples.h"
#include "onramp/losses/cql.h"

namespace onramp {

ConservativeActions conservative_actions(const ConservativeConfig& config, const SquashedGaussian& policy,
                                         const SquashedGaussian& next_policy, at::Generator& rng) {
  if (config.cql == CqlForm::kPenalty) {
    return {.action = penalized_actions(config, policy, rng), .log_prob_current = {}, .log_prob_next = {}};
  }
  const auto B = policy.mean.size(0), N = config.num_action_samples, A = policy.mean.size(1);
  const auto random = uniform_actions({B, N, A}, policy.mean, rng);
  const auto current = policy_actions(policy, N, rng), next = policy_actions(next_policy, N, rng);
  return {.action = at::cat({random, current.action, next.action}, 1),
          .log_prob_current = current.log_prob,
          .log_prob_next = next.log_prob};
}

at::Tensor conservative_term(const ConservativeConfig& config, const at::Tensor& action,
                             const ConservativeActions& sampled, const at::Tensor& q_data,
                             const at::Tensor& q_sampled) {
  if (config.cql == CqlForm::kPenalty) return penalize(config, action, sampled.action, q_sampled);
  const auto parts = q_sampled.chunk(3, -1);  // 3 x [E, B, N]
  const losses::CqlValues q{.data = q_data, .random = parts[0], .current = parts[1], .next = parts[2]};
  const auto per_member =
      config.importance ? losses::cql_importance(q, sampled.log_prob_current, sampled.log_prob_next, action.size(1))
                        : losses::cql_plain(q);  // [E]
  return per_member.mean();
}

}  // namespace onramp
