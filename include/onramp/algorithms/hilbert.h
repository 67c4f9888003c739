// Pretraining of the image encoder: first-occupancy Hilbert representation.
// Sources: Simplified Q paper, appendix E; Moskovitz et al. (first-occupancy target); Park et al. (HILP: the value as a
// distance in a Hilbert space, expectile regression, goals). Losses: losses/hilbert.h.
//
// Deviations from the paper: it gives no settings of the objective; these are HILP's, but for one value function in place
// of two, and the expectile's side is judged by the error itself, not by a target value's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "onramp/algorithms/learnable.h"
#include "onramp/base/config_node.h"
#include "onramp/core/generator.h"
#include "onramp/models/observation_encoder.h"
#include "onramp/nn/mlp.h"
#include "onramp/nn/optim.h"

namespace onramp {

/// Defaults after HILP.
struct HilbertConfig {
  std::vector<std::string> observations;
  EncoderConfig encoder;
  MlpConfig head = {.hidden = {}};
  int64_t latent_dim = 32;
  double gamma = 0.99;
  double expectile = 0.95;
  double target_rate = 0.005;
  double goal_future = 0.625;
  double goal_self = 0.0;
  int64_t batch_size = 512;
  int64_t random_shift = 0;
  AdamConfig optimizer = {.learning_rate = 3e-4};
  std::string source = "offline";
  template <class V>
  void fields(V& v) {
    v("observations", observations, "entries to represent; empty: all pictures");
    v("encoder", encoder, "image encoder, handed over when pretraining ends");
    v("head", head, "from the encoder's features to phi; left behind");
    v("latent_dim", latent_dim, "dimensions of phi(s)", at_least(1));
    v("gamma", gamma, "discount of one step", at_least(0.0), less_than(1.0));
    v("expectile", expectile, "above 1/2 the value leans to the shortest way seen", greater_than(0.0), less_than(1.0));
    v("target_rate", target_rate, "share of the online network that its target takes on after each update",
      greater_than(0.0), at_most(1.0));
    v("goal_future", goal_future, "share of goals that are later states of the same episode", in_range(0.0, 1.0));
    v("goal_self", goal_self, "share of goals that are the state itself; the rest are random states",
      in_range(0.0, 1.0));
    v("batch_size", batch_size, "triples of state, next state and goal an update", at_least(1));
    v("random_shift", random_shift, "pixels by which states, next states and goals are shifted at random", at_least(0));
    v("optimizer", optimizer, "of encoder and head");
    v("source", source, "replay source of demonstrations", not_empty());
  }
  void validate() const;  ///< @throws ConfigError when the shares of goals exceed 1
};

/// phi(s): encoder, then head.
class HilbertRepresentation : public torch::nn::Module {
 public:
  HilbertRepresentation(std::shared_ptr<ObservationEncoder> encoder, const HilbertConfig& config,
                        at::Generator& generator);
  at::Tensor forward(const Observation& obs) { return head_->forward(encoder_->forward(obs)); }  ///< float [B, F]
  const ObservationEncoder& encoder() const { return *encoder_; }

 private:
  std::shared_ptr<ObservationEncoder> encoder_;
  std::shared_ptr<Mlp> head_;
};

/// Thread safety: none. Parts: encoder (handed over; see save_encoder), representation, target, optimizer, learner.
class Hilbert final : public Learnable {
 public:
  /// @throws ConfigError when there is nothing to represent
  static void check(const HilbertConfig& config, const ObservationSpec& observation);
  Hilbert(const HilbertConfig& config, const LearnerContext& context);
  /// 50 000 updates (Simplified Q, appendix E). See LearnerFactory.
  static std::vector<ConfigNode> default_phases(const HilbertConfig& config, const std::string& learner,
                                                bool environment);

  static std::vector<std::string> provides() { return {"encoder"}; }  ///< see LearnerFactory

  std::vector<BatchRequest> sample_plan() const override;
  Metrics update(const Batches& batches) override;
  void save(Parts& parts) const override;
  void load(const Parts& parts) override;

  /// V(s, g) without gradient, float [B].
  at::Tensor value(const Observation& obs, const Observation& goal);

 private:
  const HilbertConfig config_;
  ObservationSpec observation_;
  std::shared_ptr<HilbertRepresentation> phi_, target_phi_;
  std::optional<Adam> optimizer_;
  TorchStream shift_;
};

}  // namespace onramp
