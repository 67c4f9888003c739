#include "onramp/nn/batch_renorm.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include "onramp/core/shapes.h"

namespace onramp {

BatchRenorm::BatchRenorm(int64_t members, int64_t units, const BatchRenormConfig& config)
    : config_(config),
      members_(members),
      units_(units),
      weight_(register_parameter("weight", at::ones({members, units}))),
      bias_(register_parameter("bias", at::zeros({members, units}))),
      running_mean_(register_buffer("running_mean", at::zeros({members, units}))),
      running_variance_(register_buffer("running_variance", at::ones({members, units}))),
      updates_(register_buffer("updates", at::zeros({}, at::kLong))) {}

UnitMap BatchRenorm::of_batch(const at::Tensor& x) {
  if (x.defined() && x.dim() == 2) {
    check_float("x", x, {kB, units_});
  } else {
    check_float("x", x, {members_, kB, units_});
  }
  const auto mean = x.mean(-2);                                      // [E, H] or [H]
  const auto variance = (x - mean.unsqueeze(-2)).square().mean(-2);  // [E, H] or [H]
  const auto inverse_std = (variance + kBatchRenormEps).rsqrt();     // [E, H] or [H]
  at::Tensor r, d;                                                   // [E, H]
  {
    const at::NoGradGuard no_grad;
    const auto running_std = (running_variance_ + kBatchRenormEps).sqrt();
    const auto warm = updates_ >= config_.warmup_updates;
    const auto scale = (1.0 / (inverse_std * running_std)).clamp(1.0 / config_.max_scale, config_.max_scale);
    const auto shift = ((mean - running_mean_) / running_std).clamp(-config_.max_shift, config_.max_shift);
    r = at::where(warm, scale, at::ones_like(scale));
    d = at::where(warm, shift, at::zeros_like(shift));
    running_mean_.lerp_(mean.expand_as(running_mean_), 1.0 - config_.decay);
    running_variance_.lerp_(variance.expand_as(running_variance_), 1.0 - config_.decay);
    updates_.add_(1);
  }
  const auto unit_gain = inverse_std * r;  // [E, H]
  const auto gain = weight_ * unit_gain, offset = bias_ + weight_ * (d - mean * unit_gain);
  return {.gain = gain.unsqueeze(1), .offset = offset.unsqueeze(1)};
}

UnitMap BatchRenorm::of_running() const {
  at::Tensor unit_gain, unit_mean;
  {  // copies: a later training pass may move the statistics before a backward
    const at::NoGradGuard no_grad;
    unit_gain = (running_variance_ + kBatchRenormEps).rsqrt();  // [E, H]
    unit_mean = running_mean_ * unit_gain;                      // [E, H]
  }
  return {.gain = (weight_ * unit_gain).unsqueeze(1), .offset = (bias_ - weight_ * unit_mean).unsqueeze(1)};
}

at::Tensor UnitMap::operator()(const at::Tensor& x) const { return at::addcmul(offset, x, gain); }

}  // namespace onramp
