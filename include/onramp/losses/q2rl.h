// Q-estimation, Q-gating (IBRL's soft one beside it) and the actor of Q2RL. Source: Dodeja et al., "When Life Gives You BC, Make Q-functions: Extracting
// Q-values from Behavior Cloning for On-Robot Reinforcement Learning" (arXiv:2605.05172). Axes: B batch.
// The reward transform (eq. 17) and Monte Carlo returns (eq. 7) belong to replay sources: data/n_step.h.
#pragma once

#include <ATen/core/Tensor.h>

namespace onramp::losses {

/// V of the cloned policy by regression on what its rollouts came to. Eq. 7 prints a mean over rollouts at equal t; meant,
/// and what trains V, is the return from each visited state:
///   L = mean_b (value[b] - mc_return[b])^2
/// @param value      V(s)                                        float [B]
/// @param mc_return  G_t on the transformed reward               float [B]
/// @return L; the gradient flows into value alone                float [], reduced
/// @throws ShapeError
at::Tensor value_mse(const at::Tensor& value, const at::Tensor& mc_return);

/// The value of an action under a policy that is taken for a Boltzmann distribution (eq. 6, 13):
///   q[b] = value[b] + alpha (log_prob[b] + entropy[b])
/// @param value     V(s), or the return G_t from there                                   float [B]
/// @param log_prob  log pi_BC(a|s)                                                       float [B]
/// @param entropy   H[pi_BC(.|s)] in the space of log_prob (LogProbEntropy); of a mixture its bound (eq. 15)   float [B]
/// @param alpha     temperature of that distribution, >= 0
/// @return Q_BC(s, a), detached: a target, and one side of the gate                      float [B]
/// @throws ShapeError, ValueError
at::Tensor estimated_q(const at::Tensor& value, const at::Tensor& log_prob, const at::Tensor& entropy, double alpha);

/// Which rows act as the cloned policy proposes (eq. 10):  q_bc[b] > q_rl[b], strictly
/// @param q_bc  Q_BC(s, a_BC)                                    float [B]
/// @param q_rl  Q_RL(s, a_RL)                                    float [B]
/// @return true where a_BC is taken                              bool [B]
/// @throws ShapeError
at::Tensor q_gate(const at::Tensor& q_bc, const at::Tensor& q_rl);

/// The gate that draws: how likely the cloned policy's proposal is taken of softmax(beta Q) over both (Hu et al., "Imitation
/// Bootstrapped Reinforcement Learning", arXiv:2311.02198, the soft variant):
///   p[b] = exp(beta q_bc[b]) / (exp(beta q_bc[b]) + exp(beta q_rl[b])) = sigmoid(beta (q_bc[b] - q_rl[b]))
/// @param q_bc  value of a_BC                                    float [B]
/// @param q_rl  value of a_RL                                    float [B]
/// @param beta  in 1 / units of Q, > 0 (IBRL: 10)
/// @return p, detached, not reduced                              float [B], in [0, 1]
/// @throws ShapeError, ValueError
at::Tensor soft_q_gate(const at::Tensor& q_bc, const at::Tensor& q_rl, double beta);

/// The policy's loss with behaviour cloning beside it (section IV-C, weights in table I):
///   L = (1 - weight) policy_loss - weight mean_b log_prob_bc[b]
/// @param policy_loss   of sac_actor: mean_b(temperature log pi - Q)                  float []
/// @param log_prob_bc   log pi(a_BC|s), a_BC what the cloned policy proposed at s      float [B]
/// @param weight        in [0, 1]
/// @return L; the gradient flows into both                                           float [], reduced
/// @throws ShapeError, ValueError
at::Tensor bc_regularized_actor(const at::Tensor& policy_loss, const at::Tensor& log_prob_bc, double weight);

}  // namespace onramp::losses
