// A policy that remembers: an LSTM over what was seen, then a mixture of Gaussians over actions (GMM-RNN).
// Source: Mandlekar et al. (robomimic), BC-RNN with a GMM head; Q2RL, appendix A-B and D-D.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

#include "onramp/models/mixture_head.h"
#include "onramp/models/observation_encoder.h"
#include "onramp/nn/lstm.h"

namespace onramp {

/// Defaults: robomimic's for what is seen as vectors (its paper has 1000 units with pictures).
struct RecurrentConfig {
  int64_t units = 400;
  int64_t layers = 2;
  int64_t horizon = 10;
  MlpConfig head = {.hidden = {}};
  template <class V>
  void fields(V& v) {
    v("units", units, "of each layer of the LSTM", at_least(1));
    v("layers", layers, "of the LSTM", at_least(1));
    v("horizon", horizon, "steps of an episode after which it forgets all and begins anew; 0: never", at_least(0));
    v("head", head, "layers between the LSTM and the mixture");
  }
};

/// What is remembered of B episodes side by side.
struct RecurrentState {
  LstmState lstm;    // [L, B, F]
  at::Tensor steps;  // int64 [B]: since it was zeros
};

/// a_t ~ sum_m c_m N(tanh(mean_m(x)), std_m(x)), x = LSTM(s_0 .. s_t), clipped to [-1, 1] (models/mixture_head.h). It learns from
/// sequences that begin with nothing remembered, wherever in an episode they do, and so acts: each `horizon` steps the memory
/// begins anew. Thread safety: none.
class RecurrentMixtureActor final : public torch::nn::Module {
 public:
  RecurrentMixtureActor(std::shared_ptr<ObservationEncoder> encoder, int64_t action_dim, const RecurrentConfig& config,
                        const MixtureConfig& mixture, at::Generator& generator);

  /// log pi(a_t | s_0 .. s_t) of each step, from zeros, by the learned deviations. With gradient.
  /// @param obs  [B T, ...], the T steps of a sequence one after another. @param action float [B, T, A]. @return float [B, T]
  at::Tensor log_likelihood(const Observation& obs, const at::Tensor& action);

  RecurrentState initial_state(int64_t batch) const;
  /// One step of B episodes: what acts, mean and log_std [B, M, A], log_weight [B, M]. Each row forgets when its time has come.
  /// @param obs [B, ...]. @param state before the step, after the call the one after it
  GaussianMixture step(const Observation& obs, RecurrentState& state);

  int64_t action_dim() const { return action_dim_; }
  int64_t noise_dim() const { return action_dim_ + 1; }  ///< standard normals that an action takes
  const RecurrentConfig& config() const { return config_; }
  const MixtureConfig& mixture() const { return mixture_; }
  const ObservationEncoder& encoder() const { return *encoder_; }
  const Lstm& lstm() const { return *lstm_; }
  const Mlp& head() const { return *head_; }
  /// Same values in memory of its own, on the same device.
  std::shared_ptr<RecurrentMixtureActor> copy() const;

 private:
  RecurrentConfig config_;
  MixtureConfig mixture_;
  int64_t action_dim_;
  std::shared_ptr<ObservationEncoder> encoder_;
  std::shared_ptr<Lstm> lstm_;  // float [B, T, O] -> [B, T, F]
  std::shared_ptr<Mlp> head_;   // float [..., F] -> [..., M (2 A + 1)]
};

}  // namespace onramp
