// What policies have in common whose distribution is a mixture of Gaussians: from a network's outputs to that distribution.
// Source: Mandlekar et al., "What Matters in Learning from Offline Human Demonstrations for Robot Manipulation" (robomimic), BC with
// a GMM head; Q2RL, appendix A-B.
#pragma once

#include <ATen/core/Generator.h>

#include <cstdint>

#include "onramp/base/config.h"
#include "onramp/nn/mixture.h"
#include "onramp/nn/mlp.h"

namespace onramp {

/// Defaults: robomimic's, but for low_noise, which is on there.
struct MixtureConfig {
  int64_t components = 5;
  double min_std = 1e-4;
  bool low_noise = false;
  template <class V>
  void fields(V& v) {
    v("components", components, "Gaussians in the mixture", at_least(1));
    v("min_std", min_std, "added to each standard deviation", greater_than(0.0));
    v("low_noise", low_noise,
      "act with a standard deviation of 1e-4 whatever was learned; density and entropy are then those of that "
      "deviation too");
  }
};

inline constexpr double kLowNoiseStd = 1e-4;  ///< robomimic's low_noise_eval

/// Outputs of a network that parametrise a mixture over actions of A dimensions: M (2 A + 1).
int64_t mixture_outputs(const MixtureConfig& config, int64_t action_dim);

/// Spreads the means over the box, in each dimension in an order of its own, where robomimic's all begin near 0: components that
/// begin alike may stay one Gaussian for a long time. @param mlp  of mixture_outputs(), just made; its last bias changes
void spread_means(const Mlp& mlp, const MixtureConfig& config, int64_t action_dim, at::Generator& generator);

/// sum_m c_m N(tanh(mean_m), std_m); std = softplus(.) + min_std, as it was learned: low_noise does not count.
/// @param out  float [..., M (2 A + 1)]
GaussianMixture read_mixture(const at::Tensor& out, const MixtureConfig& config, int64_t action_dim);

/// What acts of it: the same, or with low_noise of that deviation.
GaussianMixture as_acted(GaussianMixture learned, const MixtureConfig& config);

/// What acts of a draw: clipped to [-1, 1]. The density is that before the clipping. @param noise as of GaussianMixture::sample()
at::Tensor sample_in_box(const GaussianMixture& pi, const at::Tensor& noise);

}  // namespace onramp
