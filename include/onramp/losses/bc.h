// Behaviour cloning. Axes: B batch, T time, A action.
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

/// The same over sequences, of which some are shorter than T; each step that is there counts alike:
///   L = -sum_bt mask[b,t] log_prob[b,t] / sum_bt mask[b,t]
/// @param log_prob  log pi(a_t|s_0..s_t)                      float [B, T]; where mask is 0 it may be anything, infinite too
/// @param mask      1 where a step is there, 0 where not      float [B, T], at least one 1
/// @return L; the gradient flows into log_prob where mask is 1 alone    float [], reduced
/// @throws ShapeError
at::Tensor bc_nll(const at::Tensor& log_prob, const at::Tensor& mask);

}  // namespace onramp::losses
