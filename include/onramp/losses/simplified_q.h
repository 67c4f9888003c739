// The critic's objective of Simplified Q: L_Q = TD + alpha * penalty + beta * L_reg.
// Source: Chan, Leung, Bergstra, "Offline-to-online Reinforcement Learning for Image-based Grasping with Scarce
// Demonstrations", eq. 1, eq. 4, appendix E. Axes: E critics, B batch, N sampled actions, A action, F features.
#pragma once

#include <ATen/core/Tensor.h>

namespace onramp::losses {

/// Penalty on the values of actions that the data do not hold, weighted by the distance from the one they do (app. E):
///   L = mean_{e,b,n} (1 - exp(-||action[b] - sampled[b,n]||_2)) q_sampled[e,b,n]
/// It replaces both terms of CQL's regulariser: the value of the data's own action is not pushed up.
/// @param action     a from the data, in [-1, 1]                     float [B, A]
/// @param sampled    a' ~ mu, in [-1, 1]                             float [B, N, A]
/// @param q_sampled  Q_e(s, a')                                      float [E, B, N]
/// @return L; the gradient flows into q_sampled alone, the weight is a constant    float [], reduced
/// @throws ShapeError
at::Tensor distance_penalty(const at::Tensor& action, const at::Tensor& sampled, const at::Tensor& q_sampled);

/// The same penalty without its weight, for the ablation:  L = mean_{e,b,n} q_sampled[e,b,n]
/// @param q_sampled  Q_e(s, a'), a' ~ mu                             float [E, B, N]
/// @return L                                                         float [], reduced
/// @throws ShapeError
at::Tensor uniform_penalty(const at::Tensor& q_sampled);

/// Decorrelates the latent representations of independent state-action pairs (eq. 4), so that an update at one moves the
/// value at another less (eq. 3); it stands in for the target network:
///   L = mean_{e,b} ( sum_f phi_u[e,b,f] phi_pi[e,b,f] )^2
/// @param phi_u   Phi_e(s, a_u), a_u uniform on the box                    float [E, B, F]
/// @param phi_pi  Phi_e(s', a'), a' ~ pi(s'), s' independent of s          float [E, B, F]
/// @return L; the gradient flows into both                                 float [], reduced
/// @throws ShapeError
at::Tensor latent_regularizer(const at::Tensor& phi_u, const at::Tensor& phi_pi);

/// The three terms and their sum, each float [].
struct SimplifiedQLoss {
  at::Tensor total, td, penalty, regularizer;
};

/// L_Q = td + alpha * penalty + beta * regularizer. alpha weighs the penalty alone, beta the regulariser alone.
/// @param td           of half_td_mse                               float []
/// @param penalty      of distance_penalty or uniform_penalty       float []
/// @param regularizer  of latent_regularizer                        float []
/// @param alpha        >= 0
/// @param beta         >= 0
/// @throws ShapeError, ValueError
SimplifiedQLoss simplified_q_critic(const at::Tensor& td, const at::Tensor& penalty, const at::Tensor& regularizer,
                                    double alpha, double beta);

}  // namespace onramp::losses
