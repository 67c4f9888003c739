// Soft actor-critic with REDQ's critic: an ensemble, a random subset of it in the target, several critic steps an update. RLPD
// is a config of it: half of each batch from demonstrations, from the start (configs/q2rl/rlpd.yaml). WSRL's on-line stage is this
// without them (wsrl.h).
// Sources: Haarnoja et al. (arXiv:1812.05905); Chen et al. (arXiv:2101.05982, algorithm 1); Ball et al. (arXiv:2302.02948).
// Losses: losses/td.h, losses/sac.h.
//
// Deviations from the papers:
//  (1) the policy and the temperature take one step an update, after the critic's, on the whole batch (WSRL); REDQ's own takes
//      one too, on its last batch: `actor_batch: last`. The policy stands still meanwhile, so that a' of all steps are drawn
//      in one pass; effect: none.
//  (2) ten members of 512, 512, 512 with LayerNorm in the critic alone, one-step targets, no entropy in the target, the policy
//      climbs the least member; why: Q2RL's table II and WSRL, whose method this is a part of. RLPD's are `entropy_backup:
//      true`, `actor_value: mean`; effect: not measured.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "onramp/algorithms/actor_critic.h"
#include "onramp/algorithms/redq_critic.h"

namespace onramp {

/// What the policy's step sees of an update's batch.
enum class ActorBatch : uint8_t { kAll, kLast };
constexpr auto enum_names(ActorBatch*) {
  return std::array{std::pair{ActorBatch::kAll, "all"}, std::pair{ActorBatch::kLast, "last"}};
}

/// Networks and batch of Q2RL's table II (state), on the settings that all actor-critic agents share. Image encoders are learned
/// (section V-D).
ActorCriticConfig redq_defaults();

/// On-line learning at one update a step, as WSRL, RLPD and Q2RL are paced; 1000 attempts are the 300 000 steps of Q2RL's
/// table III where one takes 300. @param into  replay source of the attempts
ConfigNode online_phase_by_step(const std::string& learner, const std::string& into);

/// The course of methods that learn on line from the start; without an environment 100 000 updates on what was recorded.
std::vector<ConfigNode> redq_phases(const ActorCriticConfig& config, const std::string& learner, bool environment);

/// Defaults: Q2RL, table II (state), as its method's critic has them.
struct RedqConfig : ActorCriticConfig, RedqCriticConfig, EntropyBackupConfig {
  EnsembleValue actor_value = EnsembleValue::kMin;
  ActorBatch actor_batch = ActorBatch::kAll;
  RedqConfig() : ActorCriticConfig(redq_defaults()) {}
  void validate() const {
    check_redq(*this, *this);
    check_entropy_backup(*this, *this);
  }
  template <class V>
  void fields(V& v) {
    v("actor_value", actor_value, "what the policy climbs: the least member (WSRL) or the members' mean (RLPD)");
    v("actor_batch", actor_batch, "rows of the policy's step: all of the update's, or those of its last critic step");
    RedqCriticConfig::fields(v);
    EntropyBackupConfig::fields(v);
    ActorCriticConfig::fields(v);
  }
};

/// Thread safety: none. Parts: critic, target_critic, actor, critic_optimizer, actor_optimizer, learner.
class Redq final : public ActorCriticAgent {
 public:
  /// @throws ConfigError, e.g. for a batch that cannot be cut
  Redq(const RedqConfig& config, const LearnerContext& context);
  /// On line from the start (RLPD); without an environment 100 000 updates on what was recorded. See LearnerFactory.
  static std::vector<ConfigNode> default_phases(const RedqConfig& config, const std::string& learner, bool environment);

  std::vector<BatchRequest> sample_plan() const override;
  Metrics update(const Batches& batches) override;
  void save(Parts& parts) const override;
  void load(const Parts& parts) override;

 private:
  const RedqConfig config_;
  RedqCritic critic_;
};

}  // namespace onramp
