// Matrix products and convolutions in bfloat16, everything around them in float32.
//
// Eight bits of mantissa halve what a product reads and, on processors with AVX512-BF16 or AMX, double the operations a
// cycle; sums inside a product are float32. Parameters, their gradients, normalisation and optimisers stay float32.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <utility>

namespace onramp {

/// Of what goes into products and convolutions.
enum class Precision : uint8_t { kFp32, kBf16 };
constexpr auto enum_names(Precision*) {
  return std::array{std::pair{Precision::kFp32, "fp32"}, std::pair{Precision::kBf16, "bf16"}};
}

/// What a product or a convolution is given: x as it is, or rounded to bfloat16; differentiable.
at::Tensor operand(const at::Tensor& x, Precision precision);

/// x weight.  @param x float [R, K] and weight float [K, M], or [E, R, K] and [E, K, M]
/// @param precision of the product; kBf16 rounds both operands, the result and, backwards, its gradient to bfloat16
/// @return dtype of x, [R, M] or [E, R, M]
at::Tensor product(const at::Tensor& x, const at::Tensor& weight, Precision precision);

}  // namespace onramp
