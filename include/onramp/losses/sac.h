// Soft actor-critic's actor and temperature. Source: Haarnoja et al., "Soft Actor-Critic Algorithms and Applications"
// (arXiv:1812.05905), eq. 7 and 18. Axes: B batch.
#pragma once

#include <ATen/core/Tensor.h>

namespace onramp::losses {

/// Reparameterised actor:  L = mean_b ( temperature log_prob[b] - q[b] )
/// @param q            Q(s, a~), a~ ~ pi(s) reparameterised; the minimum or mean over members      float [B]
/// @param log_prob     log pi(a~|s)                                                                float [B]
/// @param temperature  >= 0, a constant here: no gradient reaches it                               float []
/// @return L; the gradient flows into q and log_prob                                               float [], reduced
/// @throws ShapeError
at::Tensor sac_actor(const at::Tensor& q, const at::Tensor& log_prob, const at::Tensor& temperature);

/// Temperature towards a target entropy:  L = mean_b -exp(log_temperature) ( log_prob[b] + target_entropy )
/// @param log_temperature  what is learned                                        float []
/// @param log_prob         log pi(a~|s), a constant here                          float [B]
/// @param target_entropy   usually -A
/// @return L; the gradient flows into log_temperature alone                       float [], reduced
/// @throws ShapeError
at::Tensor sac_temperature(const at::Tensor& log_temperature, const at::Tensor& log_prob, double target_entropy);

}  // namespace onramp::losses
