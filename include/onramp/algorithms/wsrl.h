// Warm-start reinforcement learning: a conservative agent off line, a few of its own attempts to warm up with, then plain
// off-policy learning that keeps none of the offline data.
// Source: Zhou, Peng, Li, Levine, Kumar, "Efficient Online Reinforcement Learning Fine-Tuning Need Not Retain Offline Data"
// (arXiv:2412.07762), section 5. Losses: losses/cql.h, losses/td.h, losses/sac.h.
//
// Off line (Stage::kOffline) an update is Cal-QL's (cal_ql.h), on line REDQ's without a conservative term (redq.h). The
// warm-up between them is a `collect` phase of the policy that the offline phase leaves behind: nothing is learned during it.
//
// Deviations from the paper:
//  (1) the warm-up is 17 attempts, which are its 5 000 steps where one takes 300, acted by samples of the policy; why: phases
//      count attempts; effect: none.
//  (2) no LayerNorm in the policy's network; why: as for all methods here (redq.h); effect: not measured.
//  (3) off line an update is as many critic steps as on line, where the reference takes one; why: one plan for both stages;
//      `utd: 1` is one for both; effect: not measured.
//  (4) learning rates and target entropy as in cal_ql.h, deviation (2);
//  (5) an update's rows are 256 = 4 x 64, as Q2RL's. WSRL's 4 x 256 is `utd_form: each`.
#pragma once

#include <string>
#include <vector>

#include "onramp/algorithms/actor_critic.h"
#include "onramp/algorithms/cal_ql.h"
#include "onramp/algorithms/redq_critic.h"

namespace onramp {

/// Defaults: the paper's, on the networks of Q2RL's table II: ten critics with LayerNorm, 4 steps of them an update.
struct WsrlConfig : ConservativeRedqConfig {
  WsrlConfig() { online_share = 1.0; }
};

/// Thread safety: none. Parts: critic, target_critic, actor, critic_optimizer, actor_optimizer, learner.
class Wsrl final : public ActorCriticAgent {
 public:
  /// @throws ConfigError, e.g. for a frozen encoder that was not handed over
  Wsrl(const WsrlConfig& config, const LearnerContext& context);
  /// 20 000 updates on what was recorded, the warm-up, then on line at one update a step. See LearnerFactory.
  static std::vector<ConfigNode> default_phases(const WsrlConfig& config, const std::string& learner, bool environment);

  void begin_stage(Stage stage) override;
  std::vector<BatchRequest> sample_plan() const override;
  Metrics update(const Batches& batches) override;
  void save(Parts& parts) const override;
  void load(const Parts& parts) override;

 private:
  const WsrlConfig config_;
  RedqCritic critic_;
  Stage stage_ = Stage::kOffline;
};

}  // namespace onramp
