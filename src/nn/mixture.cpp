#include "onramp/nn/mixture.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

namespace onramp {
namespace {

const double kInverseSqrt2 = std::sqrt(0.5);

/// One component of each row. @param of [..., M, A]. @param index int64, the leading axes of the result
at::Tensor pick(const at::Tensor& of, const at::Tensor& index) {
  const auto M = of.size(-2), A = of.size(-1);
  auto sizes = index.sizes().vec();
  sizes.insert(sizes.end(), {M, A});
  const auto chosen = index.unsqueeze(-1).unsqueeze(-1);  // [..., 1, 1]
  auto one = index.sizes().vec();
  one.insert(one.end(), {1, A});
  return of.expand(sizes).gather(-2, chosen.expand(one)).squeeze(-2);  // [..., A]
}

}  // namespace

at::Tensor GaussianMixture::sample(const at::Tensor& noise) const {
  const auto A = mean.size(-1), M = mean.size(-2);
  const auto weight = log_weight.exp();                                                              // [..., M]
  const auto below = weight.cumsum(-1);                                                              // [..., M]
  const auto heaviest = (below - 0.5 * weight).gather(-1, log_weight.argmax(-1, /*keepdim=*/true));  // [..., 1]
  // Turned, so that the middle of the uniform lies in the middle of the heaviest component's part; it stays uniform.
  const auto turned = 0.5 * (noise.narrow(-1, A, 1) * kInverseSqrt2).erf() + heaviest;  // [..., 1]
  // Rounding may leave the last sum below 1.
  const auto component = (turned - turned.floor() > below).sum(-1).clamp_max(M - 1);  // [...]
  return pick(mean, component) + pick(log_std, component).exp() * noise.narrow(-1, 0, A);
}

at::Tensor GaussianMixture::mode() const { return pick(mean, log_weight.argmax(-1)); }

at::Tensor GaussianMixture::log_prob(const at::Tensor& action) const {
  const auto of_each = DiagonalGaussian{mean, log_std}.log_prob(action.unsqueeze(-2));  // [..., M]
  return (log_weight + of_each).logsumexp(-1);                                          // [...]
}

at::Tensor GaussianMixture::entropy_bound() const {
  const auto of_each = DiagonalGaussian{mean, log_std}.entropy();  // [..., M]
  return (log_weight.exp() * (of_each - log_weight)).sum(-1);      // H(c) = -sum c log c
}

}  // namespace onramp
