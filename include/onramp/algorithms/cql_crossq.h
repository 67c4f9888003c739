// Conservative Q-learning on CrossQ: the baseline without a target network, kept stable by batch renormalisation.
// Sources: Bhatt et al., "CrossQ" (arXiv:1902.05605); Kumar et al. (arXiv:2006.04779); the comparison of the Simplified Q
// paper (section 4, appendix E). Losses: losses/td.h, losses/simplified_q.h, losses/cql.h, losses/sac.h.
//
// (s, a) and (s_n, a') pass through the critic side by side, so that the statistics they are normalised by are those of
// both; the target takes its half without gradient. Penalised actions are normalised by the same statistics and do not enter
// them: Q(s, a) and Q(s, a') of one update are values of one function, and actions that nobody took do not shift what the
// critic takes for usual. Everything else (the policy's step, figures) asks by the running statistics, which stay as they are.
//
// Deviations from the papers:
//  (1) the conservative term, the target without entropy, one critic, learning rates and Adam's decays as in cql_sac.h, and
//      the policy is updated each time, where CrossQ has beta1 = 0.5, 1e-3, two critics and every third update; why: the
//      comparison is of the critic's stabiliser, all else equal; effect: not measured.
//  (2) the policy's network is not batch-normalised; why: all methods have the same one (appendix E); effect: not measured.
//  (3) pictures of s_n are encoded without gradient end to end, which drops their share in the gradient of the statistics;
//      why: it would double the time of the encoder's update.
#pragma once

#include <optional>

#include "onramp/algorithms/actor_critic.h"
#include "onramp/algorithms/conservative.h"
#include "onramp/nn/batch_renorm.h"

namespace onramp {

/// Defaults: those of simplified_q; of batch renormalisation, CrossQ's.
struct CqlCrossQConfig : ConservativeConfig, ActorCriticConfig {
  std::optional<BatchRenormConfig> batch_renorm = BatchRenormConfig{};
  template <class V>
  void fields(V& v) {
    ConservativeConfig::fields(v);
    v("batch_renorm", batch_renorm, "of the critic's input and hidden layers; null: none, for comparison");
    ActorCriticConfig::fields(v);
  }
};

/// Thread safety: none. Parts: critic, actor, critic_optimizer, actor_optimizer, learner.
class CqlCrossQ final : public ActorCriticAgent {
 public:
  /// @throws ConfigError, e.g. for a frozen encoder that was not handed over
  CqlCrossQ(const CqlCrossQConfig& config, const LearnerContext& context);

  Metrics update(const Batches& batches) override;

 private:
  const CqlCrossQConfig config_;
};

}  // namespace onramp
