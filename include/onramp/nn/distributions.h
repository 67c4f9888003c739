// Action distributions. Plain values over tensors; noise is an argument, so that the same noise gives the same action.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace onramp {

/// A draw and its log-density.
struct SampledAction {
  at::Tensor action;    // [..., A]
  at::Tensor log_prob;  // [...]
};

/// Independent Gaussians, one a dimension.  mean, log_std: float [..., A] (log_std may broadcast against mean).
struct DiagonalGaussian {
  at::Tensor mean, log_std;

  /// mean + std * noise, reparameterised. @param noise standard normal, broadcasts against mean.
  SampledAction sample(const at::Tensor& noise) const;
  at::Tensor mode() const { return mean; }
  /// sum_A log N(action; mean, std). @param action [..., A]; extra leading axes broadcast. @return [...]
  at::Tensor log_prob(const at::Tensor& action) const;
  /// sum_A (log std + 1/2 log(2 pi e)). @return [...]
  at::Tensor entropy() const;
};

inline constexpr double kAtanhClip = 1.0 - 1e-5;  ///< given actions, before atanh
inline constexpr double kLikelihoodClip = 0.99;   ///< in actor likelihoods: saturated actions must not swamp the rest

/// a = tanh(u), u ~ N(mean, std): actions in (-1, 1). Densities are exact also far in the tails:
///   log pi(a) = log N(u) - sum_A 2 (log 2 - u - softplus(-2 u))
struct SquashedGaussian {
  at::Tensor mean, log_std;  // of u; float [..., A]

  /// tanh(mean + std * noise), reparameterised, with its log-density.
  /// @param noise standard normal, broadcasts against mean: [..., A], or [N, ..., A] for N actions a state.
  SampledAction sample(const at::Tensor& noise) const;
  at::Tensor sample_action(const at::Tensor& noise) const;  ///< sample(noise).action, without the work for its density
  at::Tensor mode() const;                                  ///< tanh(mean), [..., A]
  /// @param action in [-1, 1], [..., A]; clipped to +-clip first, so that atanh is finite. @return [...]
  at::Tensor log_prob(const at::Tensor& action, double clip = kAtanhClip) const;
  /// Log-density of tanh(u), given u [..., A]. @return [...]
  at::Tensor log_prob_of_pre_tanh(const at::Tensor& u) const;
};

/// Standard normal noise of the given sizes with the dtype and device of `like`.
at::Tensor standard_normal(at::IntArrayRef sizes, const at::Tensor& like, at::Generator& generator);

}  // namespace onramp
