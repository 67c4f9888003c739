// Imitation bootstrapped reinforcement learning: a cloned and a learned policy both propose, one learned critic judges, when
// acting and inside the target.
// Source: Hu, Mirchandani, Sadigh, "Imitation Bootstrapped Reinforcement Learning" (arXiv:2311.02198), algorithm 1, and its
// soft variant. Losses: losses/td.h, losses/sac.h, losses/q2rl.h (the gates).
//
// Its policy() is a GatedPolicy without an estimate (policies/gated_policy.h). Demonstrations seed `online_source`: collect
// them into it.
//
// Deviations from the paper:
//  (1) REDQ's critic and soft actor-critic's policy, one-step targets, one update of 4 critic steps an environment step, where
//      it has TD3's with fixed noise, 5 members and 3-step returns; why: Q2RL's comparison is of the method and not of the
//      critic; effect: not measured. Exploration is the policy's own entropy, learned; `temperature: 0` is without.
//  (2) acting, the least of all members of the critic judges, where it takes those of the target (as released) or a subset of it
//      (as printed); why: one policy for the gate of Q2RL and this one; effect: not measured.
//  (3) no dropout in the policy's network; why: not built yet; effect: not measured, said to matter for Can and Square.
//  (4) the current observation alone, where it stacks three; why: so does Q2RL's comparison (appendix B-B1).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "onramp/algorithms/actor_critic.h"
#include "onramp/algorithms/cloned_policy.h"
#include "onramp/algorithms/redq_critic.h"
#include "onramp/policies/gated_policy.h"

namespace onramp {

/// Defaults: of the networks Q2RL's table II, as deviation (1) says.
struct IbrlConfig : ActorCriticConfig, RedqCriticConfig {
  GateChoice choice = GateChoice::kHard;
  double beta = 10.0;
  bool bootstrap = true;
  ActSetting bc_action = ActSetting::kAuto;
  ActSetting rl_action = ActSetting::kAuto;
  double bc_weight = 0.0;

  IbrlConfig();
  void validate() const { check_redq(*this, *this); }
  template <class V>
  void fields(V& v) {
    v("choice", choice,
      "in acting and in the target: hard, the proposal that is worth more; soft, one drawn from softmax(beta Q) over "
      "both");
    v("beta", beta, "choice: soft alone: how much values count, in 1 / units of Q", greater_than(0.0));
    v("bootstrap", bootstrap, "the cloned policy proposes in the target too; else there the learned one alone");
    v("bc_action", bc_action, "what the cloned policy proposes; auto: a sample of a mixture, the mode of a Gaussian");
    v("rl_action", rl_action,
      "what the learned policy proposes when acting; auto: as it is asked to act, a sample while it collects and its "
      "mode "
      "in an evaluation");
    v("bc_weight", bc_weight, "share of cloning in the policy's loss (Q2RL, fig. 12); 0: none", in_range(0.0, 1.0));
    RedqCriticConfig::fields(v);
    ActorCriticConfig::fields(v);
  }
};

/// Thread safety: none. Parts: critic, target_critic, actor, critic_optimizer, actor_optimizer, learner.
class Ibrl final : public ActorCriticAgent {
 public:
  /// @throws ConfigError without a cloned policy, or for one for another task (load_cloned_policy)
  Ibrl(const IbrlConfig& config, const LearnerContext& context);
  static void check_given(const IbrlConfig& config, const LearnerContext& context);
  static std::string without_memory(const IbrlConfig& config);
  static std::vector<std::string> needs(const IbrlConfig& config, const ObservationSpec& observation);
  /// On line from the start; without an environment 100 000 updates on what was recorded. See LearnerFactory.
  static std::vector<ConfigNode> default_phases(const IbrlConfig& config, const std::string& learner, bool environment);

  std::vector<BatchRequest> sample_plan() const override;
  Metrics update(const Batches& batches) override;
  void save(Parts& parts) const override;
  void load(const Parts& parts) override;
  std::unique_ptr<Policy> policy() const override;  ///< a GatedPolicy

 private:
  static void check_cloned(const IbrlConfig& config, const Policy& cloned);

  const IbrlConfig config_;
  ClonedPolicy cloned_;
  RedqCritic critic_;
};

}  // namespace onramp
