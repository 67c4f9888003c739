// E multi-layer perceptrons of one shape, evaluated as one batched product a layer.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "onramp/nn/batch_renorm.h"
#include "onramp/nn/mlp.h"

namespace onramp {

/// Of every member.
struct EnsembleOutput {
  at::Tensor output;    // [E, B, out]   or [E, B, N, out]
  at::Tensor features;  // [E, B, F]     or [E, B, N, F]: the last hidden layer after its activation (and batch norm)
};

/// Parameters: per hidden layer i weight_i [E, in, H_i], bias_i [E, H_i], with layer_norm norm_weight_i, norm_bias_i
/// [E, H_i]; then weight_out [E, H, out], bias_out [E, out]. Members are initialised independently, each as an Mlp is.
///
/// With batch renormalisation, as CrossQ has it: batch_norm_in over the input, batch_norm_i over the i-th hidden layer after
/// its activation. forward() normalises by the running statistics and changes nothing; forward_batch() by those of its rows.
class EnsembleMlp : public torch::nn::Module {
 public:
  /// @param members E >= 1. @param config at least one hidden layer. @param renorm none: no batch renormalisation
  EnsembleMlp(int64_t members, int64_t in, int64_t out, const MlpConfig& config, at::Generator& generator,
              const std::optional<BatchRenormConfig>& renorm = {});

  /// @param x float [B, in], seen by every member, or [E, B, in], one each. @throws ShapeError
  EnsembleOutput forward(const at::Tensor& x);

  /// The same as forward on the concatenation [state, action], without building it: the first layer's product with
  /// `state` is taken once a row, not once a sampled action.
  /// @param state  float [B, in - A]
  /// @param action float [B, A] -> [E, B, ...], or [B, N, A] -> [E, B, N, ...]
  /// @param by     normalise by these statistics, which the rows do not enter; null: by the running ones
  EnsembleOutput forward(const at::Tensor& state, const at::Tensor& action, const BatchStatistics* by = nullptr);

  /// A training pass: rows are normalised by their own statistics, and the running ones move.
  /// @param x    as of forward(x)
  /// @param made what they were normalised by, replaced; empty without batch renormalisation
  EnsembleOutput forward_batch(const at::Tensor& x, BatchStatistics& made);

  /// The same as the rows `members` of forward(x), without computing the others. O(their parameters) for copying them.
  /// @param members M >= 1 indices in [0, E). @param x float [B, in]. @return [M, B, ...]. @throws ShapeError, ValueError
  EnsembleOutput forward_of(std::span<const int64_t> members, const at::Tensor& x);
  /// The same of forward(state, action): action float [B, A] -> [M, B, ...], or [B, N, A] -> [M, B, N, ...].
  EnsembleOutput forward_of(std::span<const int64_t> members, const at::Tensor& state, const at::Tensor& action);

  int64_t members() const { return members_; }
  int64_t in_dim() const { return in_; }
  int64_t out_dim() const { return out_; }
  int64_t feature_dim() const { return feature_dim_; }  ///< F

 private:
  struct Layer {
    at::Tensor weight, bias, norm_weight, norm_bias;  // the norms are undefined without layer_norm
  };
  /// Whose statistics count in one pass: those given; those of its rows, written down; neither: the running ones.
  struct Pass {
    const BatchStatistics* by = nullptr;
    BatchStatistics* made = nullptr;
  };
  EnsembleOutput forward(const at::Tensor& x, const Pass& pass);
  std::vector<Layer> layers_of(std::span<const int64_t> members) const;
  /// The first layer's product with `state` once a row, whose action rows share it.
  /// @param state [B, S], [E, B, S]. @param action [B N, A], [E, B N, A]; both normalised already. @return [E, B, N, ...]
  EnsembleOutput evaluate_at(const std::vector<Layer>& layers, const at::Tensor& state, const at::Tensor& action,
                             int64_t N, const Pass& pass) const;
  UnitMap unit_map(size_t norm, const at::Tensor& x, const Pass& pass) const;
  at::Tensor normalize(size_t norm, const at::Tensor& x, const Pass& pass) const;
  /// @param x [R, in'] or [E, R, in'], normalised already. @param first_weight [E, in', H_0] and first_bias [E, G, H_0] stand in
  /// for those of layers[0]. @return [E, R, ...]
  EnsembleOutput evaluate(const std::vector<Layer>& layers, const at::Tensor& x, const at::Tensor& first_weight,
                          const at::Tensor& first_bias, const Pass& pass) const;

  int64_t members_, in_, out_, feature_dim_;
  MlpConfig config_;
  std::vector<Layer> layers_;                        // hidden ones, then the output
  std::vector<std::shared_ptr<BatchRenorm>> norms_;  // of the input, then of each hidden layer; empty without
};

}  // namespace onramp
