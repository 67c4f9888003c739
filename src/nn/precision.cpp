#include "onramp/nn/precision.h"

#include <ATen/Functions.h>

namespace onramp {

at::Tensor operand(const at::Tensor& x, Precision precision) {
  return precision == Precision::kBf16 ? x.to(at::kBFloat16) : x;
}

at::Tensor product(const at::Tensor& x, const at::Tensor& weight, Precision precision) {
  const auto a = operand(x, precision), b = operand(weight, precision);
  return (a.dim() == 2 ? at::mm(a, b) : at::bmm(a, b)).to(x.scalar_type());
}

}  // namespace onramp
