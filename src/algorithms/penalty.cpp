#include "onramp/algorithms/penalty.h"

#include "onramp/algorithms/action_samples.h"
#include "onramp/losses/simplified_q.h"

namespace onramp {

at::Tensor penalized_actions(const PenaltyConfig& config, const SquashedGaussian& policy, at::Generator& rng) {
  const auto B = policy.mean.size(0), N = config.num_action_samples, A = policy.mean.size(1);
  return config.mu == ActionSource::kUniform ? uniform_actions({B, N, A}, policy.mean, rng)
                                             : policy_actions(policy, N, rng).action;
}

at::Tensor penalize(const PenaltyConfig& config, const at::Tensor& action, const at::Tensor& sampled,
                    const at::Tensor& q_sampled) {
  return config.penalty == PenaltyWeight::kDistance ? losses::distance_penalty(action, sampled, q_sampled)
                                                    : losses::uniform_penalty(q_sampled);
}

}  // namespace onramp
