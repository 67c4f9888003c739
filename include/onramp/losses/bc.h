// Behaviour cloning. Axes: B batch, A action.
#pragma once

#include <ATen/core/Tensor.h>

namespace onramp::losses {

/// Squared error of a deterministic policy (Simplified Q, appendix E):
///   L = mean_b sum_a (predicted[b,a] - action[b,a])^2
/// @param predicted  pi(s)                                    float [B, A]
/// @param action     a from the data                          float [B, A]
/// @return L; the gradient flows into predicted alone         float [], reduced
/// @throws ShapeError
at::Tensor bc_mse(const at::Tensor& predicted, const at::Tensor& action);

/// Negative log-likelihood of a policy with a density, also what fits Q2RL's actor to its rollouts:
///   L = -mean_b log_prob[b]
/// @param log_prob  log pi(a|s), a from the data              float [B]
/// @return L; the gradient flows into log_prob                float [], reduced
/// @throws ShapeError
at::Tensor bc_nll(const at::Tensor& log_prob);

}  // namespace onramp::losses
