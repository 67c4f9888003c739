// First-occupancy Hilbert representation. Sources: Moskovitz, Wilson, Sahani (ICLR 2022); Park, Kreiman, Levine,
// "Foundation Policies with Hilbert Representations" (ICML 2024). Axes: B batch, F features.
#pragma once

#include <ATen/core/Tensor.h>

namespace onramp::losses {

/// Goal-conditioned value as a distance in a Hilbert space:
///   V[b] = -sqrt( max( sum_f (phi_s[b,f] - phi_g[b,f])^2, 1e-6 ) )
/// The floor gives coinciding points a finite (zero) gradient.
/// @param phi_s  phi(s)       float [B, F]
/// @param phi_g  phi(g)       float [B, F]
/// @return V <= -1e-3         float [B], not reduced
/// @throws ShapeError
at::Tensor hilbert_value(const at::Tensor& phi_s, const at::Tensor& phi_g);

/// Target of the first-occupancy value (a reward of -1 a step until the goal is first reached):
///   y[b] = 0                                  where reached[b]
///        = -1 + gamma * next_value[b]         else
/// @param next_value  V_target(s', g)                            float [B]
/// @param reached     whether s is the goal                      bool [B]
/// @param gamma       discount of one step, in [0, 1]
/// @return y, detached                                           float [B]
/// @throws ShapeError, ValueError
at::Tensor first_occupancy_target(const at::Tensor& next_value, const at::Tensor& reached, double gamma);

/// Expectile regression of a value towards a target (Kostrikov et al., IQL, eq. 5), with u = target - value:
///   L = mean_b |expectile - 1(u[b] < 0)| u[b]^2
/// @param value      V                                                       float [B]
/// @param target     y                                                       float [B]
/// @param expectile  in (0, 1); above 1/2 the value leans to the best outcomes
/// @return L; the gradient flows into value alone                            float [], reduced
/// @throws ShapeError, ValueError
at::Tensor expectile_mse(const at::Tensor& value, const at::Tensor& target, double expectile);

}  // namespace onramp::losses
