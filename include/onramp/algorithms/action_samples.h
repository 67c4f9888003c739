// Actions drawn for a critic: constants, through which no gradient flows.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

#include "onramp/nn/distributions.h"

namespace onramp {

/// Uniform on [-1, 1], with dtype and device of `like`.
at::Tensor uniform_actions(at::IntArrayRef sizes, const at::Tensor& like, at::Generator& rng);

/// N actions a state: action [B, N, A], log_prob [B, N].
SampledAction policy_actions(const SquashedGaussian& policy, int64_t n, at::Generator& rng);

/// One action a state, [B, A].
at::Tensor policy_action(const SquashedGaussian& policy, at::Generator& rng);

}  // namespace onramp
