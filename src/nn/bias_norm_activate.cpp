#include "onramp/nn/bias_norm_activate.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

namespace onramp {
namespace {

at::Tensor plain(const at::Tensor& product, const at::Tensor& bias, const at::Tensor& norm_weight,
                 const at::Tensor& norm_bias, Activation activation) {
  const auto E = product.size(0), R = product.size(1), H = product.size(2), G = bias.size(1);
  auto x = (product.view({E, G, R / G, H}) + bias.unsqueeze(2)).view({E, R, H});
  if (norm_weight.defined()) {
    x = at::layer_norm(x, {H}, {}, {}, kLayerNormEps) * norm_weight.unsqueeze(1) + norm_bias.unsqueeze(1);
  }
  return activate(x, activation);
}

}  // namespace

at::Tensor bias_norm_activate(const at::Tensor& product, const at::Tensor& bias, const at::Tensor& norm_weight,
                              const at::Tensor& norm_bias, Activation activation, bool fused) {
  (void)fused;
  return plain(product, bias, norm_weight, norm_bias, activation);
}

}  // namespace onramp
