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

}  // namespace onramp::losses
