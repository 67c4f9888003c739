// Random initialisations. Each draws from the generator that it is given, never from the global one.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace onramp {

/// A float32 parameter on the CPU with entries uniform in +-1/sqrt(fan_in), which is PyTorch's default for linear and
/// convolution layers, weights and biases alike.
at::Tensor uniform_fan_in(at::IntArrayRef sizes, int64_t fan_in, at::Generator& generator);

/// As above with normal entries of variance 2 / fan_in: keeps the scale through ReLU layers (He et al., arXiv:1502.01852).
at::Tensor normal_he(at::IntArrayRef sizes, int64_t fan_in, at::Generator& generator);

}  // namespace onramp
