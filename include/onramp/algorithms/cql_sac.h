// Conservative Q-learning on soft actor-critic: the baseline with a target network.
// Sources: Kumar et al. (arXiv:2006.04779); Haarnoja et al. (arXiv:1812.05905); the comparison of the Simplified Q paper
// (section 4, appendix E). Losses: losses/td.h, losses/simplified_q.h, losses/cql.h, losses/sac.h.
//
// Deviations from the papers:
//  (1) the conservative term is Simplified Q's penalty unless `cql: standard` says otherwise; why: the comparison is of the
//      target network with the latent regulariser, all else equal; effect: not measured.
//  (2) one action a' ~ pi(s_n) in the target and no entropy there, in place of the largest of several; why: as in (1).
//  (3) alpha is fixed, without a Lagrange multiplier, and the temporal-difference error is halved; why: as in (1).
//  (4) one critic by default, where soft actor-critic has two; why: as in (1); `critic.ensemble: 2` is the other.
#pragma once

#include <memory>

#include "onramp/algorithms/actor_critic.h"
#include "onramp/algorithms/conservative.h"

namespace onramp {

/// Defaults: those of simplified_q.
struct CqlSacConfig : ConservativeConfig, ActorCriticConfig {
  double target_rate = 0.005;
  template <class V>
  void fields(V& v) {
    ConservativeConfig::fields(v);
    v("target_rate", target_rate, "share of the critic that its target takes on after each update", greater_than(0.0),
      at_most(1.0));
    ActorCriticConfig::fields(v);
  }
};

/// Thread safety: none. Parts: critic, target_critic, actor, critic_optimizer, actor_optimizer, learner.
class CqlSac final : public ActorCriticAgent {
 public:
  /// @throws ConfigError, e.g. for a frozen encoder that was not handed over
  CqlSac(const CqlSacConfig& config, const LearnerContext& context);

  Metrics update(const Batches& batches) override;
  void save(Parts& parts) const override;
  void load(const Parts& parts) override;

 private:
  at::Tensor bootstrap_target(const Batch& batch, const at::Tensor& next_action);

  const CqlSacConfig config_;
  std::shared_ptr<Critic> target_critic_;
};

}  // namespace onramp
