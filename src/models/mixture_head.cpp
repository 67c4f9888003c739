#include "onramp/models/mixture_head.h"

#include <torch/types.h>

#include <cmath>
#include <vector>

namespace onramp {
namespace {

/// Before the tanh, so that the means lie in the middles of M equal parts of [-1, 1], in each dimension in an order of its own.
at::Tensor means_apart(int64_t M, int64_t A, at::Generator& generator) {
  const auto middles = ((at::arange(M, at::kFloat) + 0.5) * (2.0 / static_cast<double>(M)) - 1).atanh();  // [M]
  std::vector<at::Tensor> dimensions;
  for (int64_t a = 0; a < A; ++a)
    dimensions.push_back(middles.index_select(0, at::randperm(M, generator, at::TensorOptions(at::kLong))));
  return at::stack(dimensions, 1);  // [M, A]
}

}  // namespace

int64_t mixture_outputs(const MixtureConfig& config, int64_t action_dim) {
  return config.components * (2 * action_dim + 1);
}

void spread_means(const Mlp& mlp, const MixtureConfig& config, int64_t action_dim, at::Generator& generator) {
  // Components that begin alike all fit the whole of the data, and the likelihood is nearly flat where they would part: how
  // soon they do goes with the inverse square of their distance.
  const at::NoGradGuard no_gradient;
  const auto M = config.components;
  const auto bias = mlp.named_parameters(/*recurse=*/false)["bias_out"];
  bias.narrow(0, M, M * action_dim).copy_(means_apart(M, action_dim, generator).reshape({-1}));
}

GaussianMixture read_mixture(const at::Tensor& out, const MixtureConfig& config, int64_t action_dim) {
  const auto M = config.components, A = action_dim;
  const auto parts = out.split_with_sizes({M, M * A, M * A}, -1);
  return {.log_weight = parts[0].log_softmax(-1),
          .mean = parts[1].unflatten(-1, {M, A}).tanh(),
          .log_std = (at::softplus(parts[2].unflatten(-1, {M, A})) + config.min_std).log()};
}

GaussianMixture as_acted(GaussianMixture learned, const MixtureConfig& config) {
  if (config.low_noise) learned.log_std = at::full_like(learned.log_std, std::log(kLowNoiseStd));
  return learned;
}

at::Tensor sample_in_box(const GaussianMixture& pi, const at::Tensor& noise) { return pi.sample(noise).clamp(-1, 1); }

}  // namespace onramp
