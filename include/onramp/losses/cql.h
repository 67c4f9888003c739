// Conservative Q-learning's regulariser CQL(H). Source: Kumar, Zhou, Tucker, Levine, "Conservative Q-Learning for Offline
// Reinforcement Learning" (arXiv:2006.04779), eq. 4 and appendix F (importance sampling over three sets of actions).
// Axes: E critics, B batch, N sampled actions.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace onramp::losses {

/// Values at s of the actions that the log-sum-exp runs over.
struct CqlValues {
  at::Tensor data;     ///< Q_e(s, a), a from the data                          float [E, B]
  at::Tensor random;   ///< Q_e(s, a'), a' uniform on [-1, 1]^A                 float [E, B, N]
  at::Tensor current;  ///< Q_e(s, a'), a' ~ pi(s)                              float [E, B, N]
  at::Tensor next;     ///< Q_e(s, a'), a' ~ pi(s'), evaluated at s all the same  float [E, B, N]
};

/// Weighed by the densities that the actions were drawn with:
///   L[e] = mean_b ( log sum_{3 N} exp( random + A log 2, current - log pi(a'|s), next - log pi(a'|s') ) - data[e,b] )
/// @param log_prob_current  log pi(a'|s)                 float [B, N]
/// @param log_prob_next     log pi(a'|s')                float [B, N]
/// @param action_dim        A >= 1: the uniform density is 2^-A
/// @return L; the gradient flows into the values, densities are constants    float [E], reduced over B
/// @throws ShapeError, ValueError
at::Tensor cql_importance(const CqlValues& q, const at::Tensor& log_prob_current, const at::Tensor& log_prob_next,
                          int64_t action_dim);

/// Without densities, the data's action among the others:
///   L[e] = mean_b ( log sum_{3 N + 1} exp( random, current, next, data ) - log(3 N + 1) - data[e,b] )
/// @return L; the gradient flows into the values                             float [E], reduced over B
/// @throws ShapeError
at::Tensor cql_plain(const CqlValues& q);

/// Cal-QL's calibration: what the policy would do is worth at least what the data's own course came to, and is not lowered
/// further. Source: Nakamoto, Zhai et al., "Cal-QL: Calibrated Offline RL Pre-Training for Efficient Online Fine-Tuning"
/// (arXiv:2303.05479), eq. 5.1, before any density is subtracted:
///   current = max(current, mc_return), next = max(next, mc_return);  data and random stay
/// @param mc_return  G of (s, a) on the transformed reward                   float [B]
/// @return the values; the gradient stops where the return is the larger
/// @throws ShapeError
CqlValues calibrated(const CqlValues& q, const at::Tensor& mc_return);

}  // namespace onramp::losses
