// All layers of an ensemble of small networks in one pass, block of rows by block of rows, so that what a layer writes is
// still in the cache when the next one reads it. Between separate operators on all rows it would go through memory.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "onramp/nn/activation.h"
#include "onramp/nn/ensemble_mlp.h"

namespace onramp::ensemble_pass {

struct Layer {
  at::Tensor weight;                  // [E, in, H]
  at::Tensor bias;                    // [E, G, H]: see bias_norm_activate; G = 1 but for the first layer
  at::Tensor norm_weight, norm_bias;  // [E, H], or both undefined
};

/// Whether run() knows these networks, and is the faster way: CPU, float32 or float64, ReLU or tanh, weights that fit the cache
/// of a core.
bool suits(const at::Tensor& x, const std::vector<Layer>& layers, Activation activation);

/// @param x      [R, in], the same for every member, or [E, R, in]
/// @param layers hidden ones, then the output, which has neither norm nor activation
/// @return output [E, R, out] and features [E, R, F]; differentiable once in x and all of the layers' tensors. Numbers equal
/// those of separate operators up to rounding. They do not depend on the number of threads, unless all of it is one task (one
/// member, at most 128 rows): its products use all threads, and some processors' libraries round by their number.
EnsembleOutput run(const at::Tensor& x, const std::vector<Layer>& layers, Activation activation);

}  // namespace onramp::ensemble_pass
