// Conservative Q-learning's regulariser CQL(H). Source: Kumar, Zhou, Tucker, Levine, "Conservative Q-Learning for Offline
// Reinforcement Learning" (arXiv:2006.04779), eq. 4 and appendix F (importance sampling over three sets of actions).
// Axes: E critics, B batch, N sampled actions.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace onramp::losses {

/// Values at s of the actions that the log-sum-exp runs over. Cal-QL bounds `current` and `next` from below by the return
/// of the data's policy before they come here (arXiv:2303.05479).
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

}  // namespace onramp::losses
