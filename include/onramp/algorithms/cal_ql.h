// Cal-QL, and CQL without its calibration, off line and then on line.
// Sources: Nakamoto, Zhai et al., "Cal-QL: Calibrated Offline RL Pre-Training for Efficient Online Fine-Tuning"
// (arXiv:2303.05479); Kumar et al., CQL (arXiv:2006.04779); settings of Zhou et al., WSRL (arXiv:2412.07762).
// Losses: losses/cql.h, losses/td.h, losses/sac.h.
//
// cql_sac is the other CQL here: that of the Simplified Q paper's comparison, with its term, its target and its networks.
//
// Deviations from the papers:
//  (1) alpha is fixed, without a Lagrange multiplier; why: WSRL's reference settings, which Q2RL's comparison takes;
//      effect: not measured.
//  (2) one learning rate of 3e-4 for all networks, where the reference has 1e-4 for policy and temperature, and a target
//      entropy of -A, where it has 0; why: as for all methods of the comparison (Q2RL, table II); effect: not measured.
#pragma once

#include <string>
#include <vector>

#include "onramp/algorithms/actor_critic.h"
#include "onramp/algorithms/redq_critic.h"

namespace onramp {

/// The conservative step of a critic. Defaults: WSRL's reference.
struct CalibrationConfig {
  bool calibrate = true;
  double alpha = 5.0;
  bool importance = true;
  int64_t num_action_samples = 10;
  int64_t target_actions = 10;
  template <class V>
  void fields(V& v) {
    v("calibrate", calibrate,
      "values of the policy's actions count as at least the return of the data's own course (Cal-QL); else CQL");
    v("alpha", alpha, "weight of the conservative term (Adroit: 1)", at_least(0.0));
    v("importance", importance,
      "weigh sampled actions by the densities they were drawn with; else none, the data's action among them");
    v("num_action_samples", num_action_samples, "actions a state of each kind: uniform, of pi(s), of pi(s')",
      at_least(1));
    v("target_actions", target_actions, "actions of pi(s') of which the target takes the largest value", at_least(1));
  }
};

/// What a conservative step needs beside a batch's rows: "mc_return" where values are calibrated.
void describe_calibration(const CalibrationConfig& config, BatchRequest& request);

/// `utd` steps of the critic:
///   y = r + discount max_n min_{e in M} Q'_e(s', a'_n), a'_n ~ pi(s')
///   L = mean_{e,b} (Q_e - y)^2 + alpha CQL(H), of which policy values are bounded from below by the return
/// @param net whose critic it is
RedqStep improve_conservatively(const CalibrationConfig& config, ActorCritic& net, RedqCritic& critic,
                                const Batch& batch, at::Generator& rng);

/// Settings of methods whose critic is REDQ's and conservative off line. Defaults: on the networks of Q2RL's table II (redq.h).
struct ConservativeRedqConfig : CalibrationConfig, ActorCriticConfig, RedqCriticConfig {
  ConservativeRedqConfig();
  void validate() const { check_redq(*this, *this); }
  template <class V>
  void fields(V& v) {
    CalibrationConfig::fields(v);
    RedqCriticConfig::fields(v);
    ActorCriticConfig::fields(v);
  }
};

/// Defaults: WSRL's reference of its baselines, but for the deviations above: two critics of 512, 512, 512 without
/// LayerNorm, one step of them an update.
struct CalQlConfig : ConservativeRedqConfig {
  CalQlConfig();
};

/// Thread safety: none. Parts: critic, target_critic, actor, critic_optimizer, actor_optimizer, learner.
class CalQl final : public ActorCriticAgent {
 public:
  /// @throws ConfigError, e.g. for a frozen encoder that was not handed over
  CalQl(const CalQlConfig& config, const LearnerContext& context);
  /// 20 000 updates on what was recorded (WSRL on Adroit), then on line at one update a step. See LearnerFactory.
  static std::vector<ConfigNode> default_phases(const CalQlConfig& config, const std::string& learner,
                                                bool environment);

  std::vector<BatchRequest> sample_plan() const override;
  Metrics update(const Batches& batches) override;
  void save(Parts& parts) const override;
  void load(const Parts& parts) override;

 private:
  const CalQlConfig config_;
  RedqCritic critic_;
};

}  // namespace onramp
