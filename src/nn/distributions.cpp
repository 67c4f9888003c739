#include "onramp/nn/distributions.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>
#include <numbers>

namespace onramp {
namespace {

const double kHalfLogTwoPi = 0.5 * std::log(2.0 * std::numbers::pi);

// sum_A log N(mean + std z; mean, std), given z [..., A].
at::Tensor log_prob_of_noise(const at::Tensor& z, const at::Tensor& log_std) {
  return -(0.5 * z.square() + (log_std + kHalfLogTwoPi)).sum(-1);  // [...]
}

// sum_A log |d tanh(u) / du|, in the form that neither cancels nor overflows: 1 - tanh(u)^2 is 0 in floats beyond |u| = 9.
at::Tensor log_tanh_slope(const at::Tensor& u) {
  return (2.0 * (std::numbers::ln2 - u - at::softplus(-2.0 * u))).sum(-1);  // [...]
}

}  // namespace

SampledAction DiagonalGaussian::sample(const at::Tensor& noise) const {
  return {mean + log_std.exp() * noise, log_prob_of_noise(noise, log_std)};
}

at::Tensor DiagonalGaussian::log_prob(const at::Tensor& action) const {
  return log_prob_of_noise((action - mean) * (-log_std).exp(), log_std);
}

at::Tensor DiagonalGaussian::entropy() const { return (log_std.expand_as(mean) + (0.5 + kHalfLogTwoPi)).sum(-1); }

SampledAction SquashedGaussian::sample(const at::Tensor& noise) const {
  const auto u = mean + log_std.exp() * noise;
  return {u.tanh(), log_prob_of_noise(noise, log_std) - log_tanh_slope(u)};
}

at::Tensor SquashedGaussian::sample_action(const at::Tensor& noise) const {
  return (mean + log_std.exp() * noise).tanh();
}

at::Tensor SquashedGaussian::mode() const { return mean.tanh(); }

at::Tensor SquashedGaussian::log_prob_of_pre_tanh(const at::Tensor& u) const {
  return DiagonalGaussian{mean, log_std}.log_prob(u) - log_tanh_slope(u);
}

at::Tensor SquashedGaussian::log_prob(const at::Tensor& action, double clip) const {
  return log_prob_of_pre_tanh(action.clamp(-clip, clip).atanh());
}

at::Tensor standard_normal(at::IntArrayRef sizes, const at::Tensor& like, at::Generator& generator) {
  return at::empty(sizes, like.options().requires_grad(false)).normal_(0.0, 1.0, generator);
}

}  // namespace onramp
