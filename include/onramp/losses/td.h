// Temporal-difference losses. Axes: E critics, B batch.
#pragma once

#include <ATen/core/Tensor.h>

namespace onramp::losses {

/// One-step (or n-step) target of a critic:  y[b] = reward[b] + discount[b] * next_value[b]
/// @param reward      sum of the transformed rewards of the window             float [B]
/// @param discount    g^m over the m rewards summed, 0 at a terminal           float [B]
/// @param next_value  value of the state after the window                      float [B]
/// @return y, detached: the semi-gradient of Q-learning                        float [B]
/// @throws ShapeError
at::Tensor td_target(const at::Tensor& reward, const at::Tensor& discount, const at::Tensor& next_value);

/// Half the mean squared temporal-difference error (Simplified Q, eq. 1, second term):
///   L = 1/2 mean_{e,b} (q[e,b] - target[b])^2
/// @param q       Q_e(s, a)                          float [E, B]
/// @param target  y, usually of td_target            float [B]
/// @return L; the gradient flows into q alone        float [], reduced
/// @throws ShapeError
at::Tensor half_td_mse(const at::Tensor& q, const at::Tensor& target);

/// The whole of it, as REDQ and its kin have it:  L = mean_{e,b} (q[e,b] - target[b])^2
/// @param q       Q_e(s, a)                          float [E, B]
/// @param target  y                                  float [B]
/// @return L; the gradient flows into q alone        float [], reduced
/// @throws ShapeError
at::Tensor td_mse(const at::Tensor& q, const at::Tensor& target);

}  // namespace onramp::losses
