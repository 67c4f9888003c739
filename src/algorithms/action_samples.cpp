#include "onramp/algorithms/action_samples.h"

#include <torch/types.h>

namespace onramp {

at::Tensor uniform_actions(at::IntArrayRef sizes, const at::Tensor& like, at::Generator& rng) {
  return at::empty(sizes, like.options()).uniform_(-1, 1, rng);
}

SampledAction policy_actions(const SquashedGaussian& policy, int64_t n, at::Generator& rng) {
  at::NoGradGuard no_gradient;
  const auto B = policy.mean.size(0), A = policy.mean.size(1);
  const auto drawn = policy.sample(standard_normal({n, B, A}, policy.mean, rng));  // [N, B, A], [N, B]
  return {.action = drawn.action.transpose(0, 1), .log_prob = drawn.log_prob.transpose(0, 1)};
}

at::Tensor policy_action(const SquashedGaussian& policy, at::Generator& rng) {
  return policy_actions(policy, 1, rng).action.squeeze(1);
}

}  // namespace onramp
