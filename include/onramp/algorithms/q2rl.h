// Q2RL: a Q-function out of a behaviour-cloning policy, and on-line learning that acts as whichever of the two is worth more.
// Source: Dodeja et al., "When Life Gives You BC, Make Q-functions: Extracting Q-values from Behavior Cloning for On-Robot
// Reinforcement Learning" (arXiv:2605.05172), algorithm 1. Losses: losses/q2rl.h, losses/td.h, losses/sac.h.
//
// Off line (Stage::kOffline) an update is one step of Q-estimation on rollouts of the cloned policy, on line one of Q_RL and
// pi_RL; its policy() is the gated one (policies/gated_policy.h). The cloned policy is handed over as the part "cloned_policy".
//
// Deviations from the paper:
//  (1) V is regressed on the return from each visited state; why: eq. 7 averages over rollouts at equal t, where states differ.
//      Likewise eq. 8 lacks its minus, and eq. 9 is for one dimension: nn/distributions.h has what was meant.
//  (2) Q_RL is fitted to G_t in place of V(s) (`estimate_target: value`), and the policy to the rollouts' actions
//      (`init_actor`); why: as released; the paper says nothing of the policy's beginning; effect: not measured.
//  (3) no entropy in the policy's loss; why: as released, where the paper says SAC; `actor_entropy: true` is the other.
//  (4) a mixture's density is that before its actions are clipped to the box; effect: none where it seldom leaves it.
//  (5) pictures are not shifted at random (DrQ, appendix B-A); why: not built yet; effect: not measured.
//  (6) the updates of an attempt's steps come after it, and the policy is fixed meanwhile, where algorithm 1 makes one after each
//      step; why: nothing is computed while a robot moves; effect: none on their number, else not measured.
//  (7) with a frozen encoder the rate on line is Simplified Q's 5e-5 unless `online_learning_rate` says otherwise; why: the
//      default of all agents here; the paper learns its encoders.
//  (8) table II's columns for pictures and robots (1024, 1024; rate 1e-4) are not chosen by what is seen: a config sets them.
// Know: log pi(mode) + H of a Gaussian is A / 2 whatever the state, so that with `bc_action: mode` Q_BC is V and a constant, and
// Q_RL learns nothing about actions from it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "onramp/algorithms/actor_critic.h"
#include "onramp/algorithms/cloned_policy.h"
#include "onramp/algorithms/learner_factory.h"
#include "onramp/algorithms/redq_critic.h"
#include "onramp/policies/gated_policy.h"

namespace onramp {

/// What stands for V in the target of Q_RL's first values.
enum class EstimateTarget : uint8_t { kReturn, kValue };
constexpr auto enum_names(EstimateTarget*) {
  return std::array{std::pair{EstimateTarget::kReturn, "return"}, std::pair{EstimateTarget::kValue, "value"}};
}

/// Where a_BC of the policy's cloning term comes from.
enum class ClonedAction : uint8_t { kStored, kFresh };
constexpr auto enum_names(ClonedAction*) {
  return std::array{std::pair{ClonedAction::kStored, "stored"}, std::pair{ClonedAction::kFresh, "fresh"}};
}

/// Defaults: tables I (weight of most tasks) and II (state), unless the deviations above say otherwise.
struct Q2rlConfig : ActorCriticConfig, RedqCriticConfig, EntropyBackupConfig, GateConfig {
  EstimateTarget estimate_target = EstimateTarget::kReturn;
  bool init_critic = true;
  bool init_actor = true;
  double bc_weight = 0.3;
  ClonedAction cloned_action = ClonedAction::kStored;
  bool actor_entropy = false;
  std::string rollout_source = "rollouts";
  bool without_success = false;

  Q2rlConfig();
  /// @throws ConfigError as check_redq(), for stored proposals where recorded data hold none, for an entropy that a
  /// temperature weighs which nobody learns, or for a temperature that weighs nothing
  void validate() const;
  bool counts_entropy() const { return actor_entropy || entropy_backup; }
  template <class V>
  void fields(V& v) {
    GateConfig::fields(v);
    v("estimate_target", estimate_target, "in Q_RL's estimate: return, G_t itself; value, V(s)");
    v("init_critic", init_critic, "Q_RL starts as the estimate; else at random weights (fig. 6)");
    v("init_actor", init_actor, "the policy starts at the rollouts' actions, by likelihood; else at random weights");
    v("bc_weight", bc_weight, "share of cloning in the policy's loss (table I); 0: none", in_range(0.0, 1.0));
    v("cloned_action", cloned_action,
      "a_BC of that share: stored, the proposal when the step was made, which this agent's and the cloned policy's own "
      "steps hold; fresh: proposed anew at the batch's states, for cloned policies without memory");
    v("actor_entropy", actor_entropy, "entropy counts in the policy's loss, with a learned temperature (SAC)");
    v("rollout_source", rollout_source, "replay source of the cloned policy's rollouts", not_empty());
    v("without_success", without_success,
      "estimate also from rollouts of which none succeeded: V is then constant, and the gate says nothing");
    RedqCriticConfig::fields(v);
    EntropyBackupConfig::fields(v);
    ActorCriticConfig::fields(v);
  }
};

/// Thread safety: none. Parts: critic, target_critic, actor, value, critic_optimizer, actor_optimizer, value_optimizer, learner.
class Q2rl final : public ActorCriticAgent {
 public:
  /// @throws ConfigError without a cloned policy, or for one without density or for another task (load_cloned_policy)
  Q2rl(const Q2rlConfig& config, const LearnerContext& context);
  static void check_given(const Q2rlConfig& config, const LearnerContext& context);
  static std::vector<std::string> needs(const Q2rlConfig& config, const ObservationSpec& observation);
  static std::vector<std::string> sources(const Q2rlConfig& config, bool online);
  static std::vector<SourceTerms> terms(const Q2rlConfig& config);
  static bool wants_density() { return true; }  ///< Q_BC is made of it (eq. 6)
  static std::string without_memory(const Q2rlConfig& config);
  /// 100 attempts of the cloned policy, 20 000 updates of Q-estimation, then on line (table II, algorithm 1). Without an
  /// environment, or where nobody hands a cloned policy over, what is left of that. See LearnerFactory.
  static std::vector<ConfigNode> default_phases(const Q2rlConfig& config, const std::string& learner, bool environment,
                                                const PolicyOfPart& policies);

  void begin_stage(Stage stage) override;
  std::vector<BatchRequest> sample_plan() const override;
  Metrics update(const Batches& batches) override;
  void save(Parts& parts) const override;
  void load(const Parts& parts) override;
  std::unique_ptr<Policy> policy() const override;  ///< a GatedPolicy

 private:
  static void check_cloned(const Q2rlConfig& config, const Policy& cloned);
  Metrics estimate(const Batch& batch);
  Metrics improve(const Batch& batch, at::Generator& rng);
  at::Tensor cloned_action(const Batch& batch);  ///< a_BC, float [B, A]

  const Q2rlConfig config_;
  ClonedPolicy cloned_;
  RedqCritic critic_;
  std::shared_ptr<StateValue> value_;
  std::optional<Adam> value_optimizer_;
  Stage stage_ = Stage::kOffline;
  bool online_ = false;  // whether the first on-line update has been
};

}  // namespace onramp
