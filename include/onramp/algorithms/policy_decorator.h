// Policy Decorator: a frozen base policy, and a bounded correction of it that is learned on line and joins more and more often.
// Source: Yuan et al., "Policy Decorator: Model-Agnostic Online Refinement for Large Policy Model" (arXiv:2412.13630),
// section 4. Losses: losses/td.h, losses/sac.h.
//
// An action is base(s) + scale * correction, correction ~ pi(s) (policies/residual_policy.h). The critic judges the sum, and so
// what is stored is what was done.
//
// Deviations from the paper:
//  (1) REDQ's critic, batch and discount; why: Q2RL's comparison is of the method and not of the critic (released: two
//      critics, discount 0.97, one update in four steps); effect: not measured.
//  (2) the sum is clipped to the box of actions; why: an action here lies in it; effect: none where the base keeps off the edge.
//  (3) the share of corrections grows with on-line updates, of which there is one a step (`updates_per_step: 1`), and moves
//      once an attempt; why: an agent sees updates, not steps; effect: none.
//  (4) corrections are the policy's from the beginning, not uniform for 8 000 steps; why: hardly one joins by then;
//      effect: not measured.
//  (5) the base policy proposes anew in updates, in place of what it did; why: it stands still; effect: none where it acts by
//      its mode.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "onramp/algorithms/actor_critic.h"
#include "onramp/algorithms/cloned_policy.h"
#include "onramp/algorithms/redq_critic.h"
#include "onramp/policies/residual_policy.h"

namespace onramp {

/// Defaults: as released (scale; exploration over two thirds of the steps, here of 300 000), and deviation (1).
struct PolicyDecoratorConfig : ActorCriticConfig, RedqCriticConfig, EntropyBackupConfig, ResidualConfig {
  int64_t exploration_updates = 200000;

  PolicyDecoratorConfig();
  void validate() const {
    check_redq(*this, *this);
    check_entropy_backup(*this, *this);
  }
  template <class V>
  void fields(V& v) {
    ResidualConfig::fields(v);
    v("exploration_updates", exploration_updates,
      "on-line updates over which the share of steps with a correction grows from 0 to 1 (H); 0: all of them at once",
      at_least(0));
    RedqCriticConfig::fields(v);
    EntropyBackupConfig::fields(v);
    ActorCriticConfig::fields(v);
  }
};

/// Thread safety: none. Parts: critic, target_critic, actor, critic_optimizer, actor_optimizer, learner.
class PolicyDecorator final : public ActorCriticAgent {
 public:
  /// @throws ConfigError without a cloned policy, or for one for another task (load_cloned_policy)
  PolicyDecorator(const PolicyDecoratorConfig& config, const LearnerContext& context);
  static void check_given(const PolicyDecoratorConfig& config, const LearnerContext& context);
  static std::string without_memory(const PolicyDecoratorConfig& config);
  static std::vector<std::string> needs(const PolicyDecoratorConfig& config, const ObservationSpec& observation);
  /// On line from the start; without an environment 100 000 updates on what was recorded. See LearnerFactory.
  static std::vector<ConfigNode> default_phases(const PolicyDecoratorConfig& config, const std::string& learner,
                                                bool environment);

  void begin_stage(Stage stage) override;
  std::vector<BatchRequest> sample_plan() const override;
  Metrics update(const Batches& batches) override;
  void save(Parts& parts) const override;
  void load(const Parts& parts) override;
  std::unique_ptr<Policy> policy() const override;  ///< a ResidualPolicy

 private:
  double exploration_share() const;  ///< min(t / H, 1)

  const PolicyDecoratorConfig config_;
  ClonedPolicy base_;
  RedqCritic critic_;
  Stage stage_ = Stage::kOffline;
  int64_t online_updates_ = 0;
};

}  // namespace onramp
