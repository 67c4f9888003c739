// A multi-layer perceptron: hidden layers x -> activation(LayerNorm?(x W + b)), then a linear output.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <vector>

#include "onramp/base/config.h"
#include "onramp/nn/activation.h"
#include "onramp/nn/precision.h"

namespace onramp {

/// Hidden layers of an MLP.
struct MlpConfig {
  std::vector<int64_t> hidden = {256, 256};
  Activation activation = Activation::kRelu;
  bool layer_norm = false;
  bool fused = true;
  Precision precision = Precision::kFp32;
  template <class V>
  void fields(V& v) {
    v("hidden", hidden, "units of each hidden layer", at_least(1));
    v("activation", activation, "after each hidden layer");
    v("layer_norm", layer_norm, "LayerNorm with affine parameters before each activation");
    v("fused", fused, "bias, LayerNorm and activation as one operation; same numbers up to rounding, faster");
    v("precision", precision,
      "of the hidden layers' products: bf16 is faster where the processor has it; parameters and outputs stay fp32");
  }
};

/// Parameters: per hidden layer i weight_i [H_i, in], bias_i [H_i], with layer_norm norm_weight_i, norm_bias_i [H_i]; then
/// weight_out [out, H], bias_out [out]. Float32 on the CPU after construction.
class Mlp : public torch::nn::Module {
 public:
  /// @param in, out >= 1. @param generator draws the initial weights.
  Mlp(int64_t in, int64_t out, const MlpConfig& config, at::Generator& generator);

  /// float [..., in] -> [..., out]. @throws ShapeError
  at::Tensor forward(const at::Tensor& x);
  /// The last hidden layer after its activation, [..., F]; x itself when there is no hidden layer.
  at::Tensor hidden(const at::Tensor& x);

  int64_t in_dim() const { return in_; }
  int64_t out_dim() const { return out_; }
  int64_t feature_dim() const { return feature_dim_; }  ///< F

 private:
  struct Layer {
    at::Tensor weight, bias, norm_weight, norm_bias;  // the norms are undefined without layer_norm
  };
  int64_t in_, out_, feature_dim_;
  MlpConfig config_;
  std::vector<Layer> layers_;  // hidden ones, then the output
};

}  // namespace onramp
