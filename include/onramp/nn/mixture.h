// A mixture of diagonal Gaussians over actions. A plain value over tensors; noise is an argument.
#pragma once

#include <ATen/core/Tensor.h>

#include "onramp/nn/distributions.h"

namespace onramp {

/// pi(a) = sum_m c_m N(a; mean_m, std_m), as behaviour cloning has it (robomimic; Q2RL, appendix A-B). One object gives action,
/// density and entropy, so that all three are of the same deviations.
struct GaussianMixture {
  at::Tensor log_weight;  // log c, normalised: float [..., M]
  at::Tensor mean;        // float [..., M, A]
  at::Tensor log_std;     // float [..., M, A]

  /// One standard normal more than the action has dimensions: the last picks the component, by its distribution function,
  /// the heaviest where it is near 0. So noise of zeros gives the mode, as of a Gaussian.
  int64_t noise_dim() const { return mean.size(-1) + 1; }
  /// Not differentiable in the choice of a component.
  /// @param noise standard normal [..., A + 1], or [N, ..., A + 1] for N actions a state. @return [..., A] or [N, ..., A]
  at::Tensor sample(const at::Tensor& noise) const;
  at::Tensor mode() const;  ///< mean of the heaviest component, [..., A]
  /// log sum_m c_m N(action; mean_m, std_m), by logsumexp (eq. 14). @param action [..., A]. @return [...]
  at::Tensor log_prob(const at::Tensor& action) const;
  /// An upper bound of the entropy, which has no closed form: sum_m c_m H_m + H(c) (eq. 15, 16). Tight where components are
  /// far apart or all but one weigh nothing. @return [...]
  at::Tensor entropy_bound() const;
};

}  // namespace onramp
