// What follows the matrix product of a hidden layer: bias, LayerNorm, activation.
#pragma once

#include <ATen/core/Tensor.h>

#include "onramp/nn/activation.h"

namespace onramp {

inline constexpr double kLayerNormEps = 1e-5;

/// activation( LayerNorm(product + bias) * norm_weight + norm_bias ), LayerNorm (arXiv:1607.06450) over the last axis.
///
/// E members (1 for a plain MLP), R rows, H units; G groups of R / G adjacent rows share a bias row: G = 1 is a layer's
/// bias, G = B over R = B N rows adds a part of the product that is the same for the N sampled actions of a state.
/// @param product     float [E, R, H]
/// @param bias        float [E, G, H], R a multiple of G
/// @param norm_weight, norm_bias  float [E, H], or both undefined: no LayerNorm
/// @param fused       one pass forward and one backward where there is a kernel for it (CPU, float32 or float64, ReLU or
///                    tanh); otherwise, and when false, the plain operators. Both agree up to rounding.
/// @return float [E, R, H]; differentiable once in all four tensors
at::Tensor bias_norm_activate(const at::Tensor& product, const at::Tensor& bias, const at::Tensor& norm_weight,
                              const at::Tensor& norm_bias, Activation activation, bool fused);

}  // namespace onramp
