// Simplified Q: Q-learning without a target network, kept stable by decorrelating latent representations.
// Source: Chan, Leung, Bergstra, "Offline-to-online Reinforcement Learning for Image-based Grasping with Scarce
// Demonstrations". Losses: losses/simplified_q.h, losses/sac.h.
//
// Deviations from the paper:
//  (1) N = 10 actions a state in the penalty, discount 0.99, bounds of the policy's log standard deviation; why: the paper
//      gives none; effect: not measured.
//  (2) no entropy in the critic's target, and temperature learned towards an entropy of -A from 1; why: the paper builds
//      on soft actor-critic without saying which parts it keeps, and its bound on Q (fig. 5b) is that of rewards alone.
//  (3) s' of eq. 4 comes from the same batch, shifted by a random non-zero number of rows, in place of a second batch; why:
//      any two rows are independent draws, and the batch is encoded already; effect: none in expectation.
//  (4) "2-layer MLP" is read as two hidden layers.
//  (5) the image encoder is small_conv unless the config says resnet, the paper's; why: the time of an update on a CPU.
//  (6) an encoder ends in Linear, LayerNorm and tanh, so that features lie in (-1, 1) (nn/encoders.h); why: the paper says
//      nothing of it, and what is bounded needs no statistics of its own; effect: not measured.
//  (7) vectors (pose, speed, pressure) are standardised by the demonstrations' statistics and clipped to +-10
//      (models/normalizer.h); why: the paper says nothing of it, and units differ by orders of magnitude; effect: not measured.
#pragma once

#include "onramp/algorithms/actor_critic.h"
#include "onramp/algorithms/penalty.h"
#include "onramp/base/random.h"

namespace onramp {

/// Defaults: appendix E, unless the deviations above say otherwise.
struct SimplifiedQConfig : PenaltyConfig, ActorCriticConfig {
  double alpha = 1.0;
  double beta = 0.2;

  template <class V>
  void fields(V& v) {
    v("alpha", alpha, "weight of the penalty alone (Simplified Q, app. E)", at_least(0.0));
    v("beta", beta, "weight of the latent regulariser alone (Simplified Q, app. E)", at_least(0.0));
    PenaltyConfig::fields(v);
    ActorCriticConfig::fields(v);
  }
};

/// Thread safety: none. Parts: critic, actor, critic_optimizer, actor_optimizer, learner.
class SimplifiedQ final : public ActorCriticAgent {
 public:
  /// @throws ConfigError, e.g. for a frozen encoder that was not handed over
  SimplifiedQ(const SimplifiedQConfig& config, const LearnerContext& context);

  Metrics update(const Batches& batches) override;
  void save(Parts& parts) const override;
  void load(const Parts& parts) override;

  at::Tensor temperature() const { return net_.temperature(); }  ///< float []
  const SimplifiedQConfig& config() const { return config_; }

 private:
  at::Tensor bootstrap_target(const Batch& batch, at::Generator& rng);

  const SimplifiedQConfig config_;
  RandomStream pairs_;
};

}  // namespace onramp
