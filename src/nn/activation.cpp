#include "onramp/nn/activation.h"

#include <ATen/Functions.h>

#include <stdexcept>

namespace onramp {

at::Tensor activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return at::relu(x);
    case Activation::kTanh:
      return at::tanh(x);
    case Activation::kGelu:
      return at::gelu(x);
    case Activation::kSilu:
      return at::silu(x);
    case Activation::kElu:
      return at::elu(x);
  }
  throw std::logic_error("activate: unknown activation");
}

}  // namespace onramp
