// Elementwise activations, by name.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <utility>

namespace onramp {

/// After a hidden layer.
enum class Activation : uint8_t { kRelu, kTanh, kGelu, kSilu, kElu };

constexpr auto enum_names(Activation*) {
  return std::array{std::pair{Activation::kRelu, "relu"}, std::pair{Activation::kTanh, "tanh"},
                    std::pair{Activation::kGelu, "gelu"}, std::pair{Activation::kSilu, "silu"},
                    std::pair{Activation::kElu, "elu"}};
}

/// @param x float, any shape. @return the same shape. GELU is the exact (erf) form.
at::Tensor activate(const at::Tensor& x, Activation activation);

}  // namespace onramp
