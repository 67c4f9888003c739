// E multi-layer perceptrons of one shape, evaluated as one batched product a layer.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <span>
#include <vector>

#include "onramp/nn/mlp.h"

namespace onramp {

struct EnsembleOutput {
  at::Tensor output;    // [E, B, out]   or [E, B, N, out]
  at::Tensor features;  // [E, B, F]     or [E, B, N, F]: the last hidden layer after its activation
};

/// Parameters: per hidden layer i weight_i [E, in, H_i], bias_i [E, H_i], with layer_norm norm_weight_i, norm_bias_i
/// [E, H_i]; then weight_out [E, H, out], bias_out [E, out]. Members are initialised independently, each as an Mlp is.
class EnsembleMlp : public torch::nn::Module {
 public:
  /// @param members E >= 1. @param config at least one hidden layer.
  EnsembleMlp(int64_t members, int64_t in, int64_t out, const MlpConfig& config, at::Generator& generator);

  /// @param x float [B, in], seen by every member, or [E, B, in], one each. @throws ShapeError
  EnsembleOutput forward(const at::Tensor& x);

  /// The same as forward on the concatenation [state, action], without building it: the first layer's product with
  /// `state` is taken once a row, not once a sampled action.
  /// @param state  float [B, in - A]
  /// @param action float [B, A] -> [E, B, ...], or [B, N, A] -> [E, B, N, ...]
  EnsembleOutput forward(const at::Tensor& state, const at::Tensor& action);

  /// The same as the rows `members` of forward(x), without computing the others. O(their parameters) for copying them.
  /// @param members M >= 1 indices in [0, E). @param x float [B, in]. @return [M, B, ...]. @throws ShapeError, ValueError
  EnsembleOutput forward_of(std::span<const int64_t> members, const at::Tensor& x);

  int64_t members() const { return members_; }
  int64_t in_dim() const { return in_; }
  int64_t out_dim() const { return out_; }
  int64_t feature_dim() const { return feature_dim_; }  ///< F

 private:
  struct Layer {
    at::Tensor weight, bias, norm_weight, norm_bias;  // the norms are undefined without layer_norm
  };
  /// @param x [R, in'] or [E, R, in']. @param first_weight [E, in', H_0] and first_bias [E, G, H_0] stand in for those of
  /// layers[0]. @return [E, R, ...]
  EnsembleOutput evaluate(const std::vector<Layer>& layers, const at::Tensor& x, const at::Tensor& first_weight,
                          const at::Tensor& first_bias) const;

  int64_t members_, in_, out_, feature_dim_;
  MlpConfig config_;
  std::vector<Layer> layers_;  // hidden ones, then the output
};

}  // namespace onramp
