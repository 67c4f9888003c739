// An ensemble of action values over encoded observations.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "onramp/models/observation_encoder.h"
#include "onramp/nn/ensemble_mlp.h"

namespace onramp {

/// Members and layers of a critic.
struct CriticConfig {
  int64_t ensemble = 1;
  MlpConfig mlp = {.hidden = {2048, 2048}, .activation = Activation::kRelu};
  template <class V>
  void fields(V& v) {
    v("ensemble", ensemble, "members; the minimum over them is the value that targets and actor use", at_least(1));
    v("mlp", mlp, "layers of each member");
  }
};

/// Values and latent representations at the same actions.
struct CriticOutput {
  at::Tensor q;       // float [E, B]    or [E, B, N]
  at::Tensor latent;  // float [E, B, F] or [E, B, N, F]: Phi(s, a), what the output layer sees: Q = w . Phi + b
};

/// Q_e(s, a) of E members over one encoder. Thread safety: none.
class Critic : public torch::nn::Module {
 public:
  /// @param encoder of this critic alone, but for a frozen part. @param generator draws the initial weights
  /// @param renorm  batch renormalisation of input and hidden layers (nn/ensemble_mlp.h); none: without
  Critic(std::shared_ptr<ObservationEncoder> encoder, int64_t action_dim, const CriticConfig& config,
         at::Generator& generator, const std::optional<BatchRenormConfig>& renorm = {});
  /// Same values in memory of its own, on the same device: what a target network begins as. A frozen encoder stays shared.
  std::shared_ptr<Critic> copy() const;

  /// phi(s), float [B, O]: encode once, then ask for any number of actions.
  at::Tensor encode(const Observation& obs) { return encoder_->forward(obs); }
  /// The same without gradient into a trainable encoder.
  at::Tensor encode_constant(const Observation& obs);
  /// See ObservationEncoder.
  Observation encode_pictures(const Observation& obs) { return encoder_->encode_pictures(obs); }
  /// @param encoded float [B, O] of encode(). @param action float [B, A] or [B, N, A]. @throws ShapeError
  /// @param by  normalise by these statistics of a batch; null: by the running ones. Neither changes the critic
  CriticOutput forward(const at::Tensor& encoded, const at::Tensor& action, const BatchStatistics* by = nullptr);
  /// A training pass of batch renormalisation: the rows' own statistics, which move the running ones.
  /// @param action float [B, A]. @param made what they were normalised by
  CriticOutput forward_batch(const at::Tensor& encoded, const at::Tensor& action, BatchStatistics& made);
  at::Tensor q(const at::Tensor& encoded, const at::Tensor& action) { return forward(encoded, action).q; }
  /// The rows `members` of q() alone, as a target over a random subset wants them. @param action float [B, A] or [B, N, A].
  /// @return float [M, B] or [M, B, N]. @throws ShapeError, ValueError
  at::Tensor q_of(std::span<const int64_t> members, const at::Tensor& encoded, const at::Tensor& action);
  at::Tensor latent(const at::Tensor& encoded, const at::Tensor& action) { return forward(encoded, action).latent; }

  int64_t ensemble() const { return mlp_->members(); }
  int64_t latent_dim() const { return mlp_->feature_dim(); }
  const CriticConfig& config() const { return config_; }
  const ObservationEncoder& encoder() const { return *encoder_; }

 private:
  std::shared_ptr<ObservationEncoder> encoder_;
  int64_t action_dim_;
  CriticConfig config_;
  std::optional<BatchRenormConfig> renorm_;
  std::shared_ptr<EnsembleMlp> mlp_;
};

}  // namespace onramp
