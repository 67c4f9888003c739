// Q-gating: of what a cloned and a learned policy propose, the one that is worth more acts. Source: Q2RL, eq. 10; Hu et al.,
// IBRL (arXiv:2311.02198) for the gate that draws. Losses: losses/q2rl.h.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "onramp/base/config.h"
#include "onramp/data/policy.h"
#include "onramp/models/actors.h"
#include "onramp/models/critic.h"
#include "onramp/models/state_value.h"

namespace onramp {

/// How two values become a choice.
enum class GateChoice : uint8_t { kHard, kSoft };
constexpr auto enum_names(GateChoice*) {
  return std::array{std::pair{GateChoice::kHard, "hard"}, std::pair{GateChoice::kSoft, "soft"}};
}

/// Defaults: Q2RL's in simulation (section IV, appendix B-B2), and its release's where the paper is silent.
struct GateConfig {
  bool gate = true;
  GateChoice choice = GateChoice::kHard;
  double beta = 10.0;
  double alpha = 1.0;
  ActSetting bc_action = ActSetting::kAuto;
  ActSetting rl_action = ActSetting::kAuto;
  template <class V>
  void fields(V& v) {
    v("gate", gate,
      "the estimate Q_BC, which stands still, judges the cloned policy's proposal (eq. 10); else the learned critic "
      "judges both (fig. 6)");
    v("choice", choice,
      "hard: the proposal that is worth more acts (eq. 10); soft: one drawn from softmax(beta Q) over both (IBRL)");
    v("beta", beta, "choice: soft alone: how much values count, in 1 / units of Q", greater_than(0.0));
    v("alpha", alpha, "temperature of the Boltzmann distribution that the cloned policy is taken for (eq. 6)",
      at_least(0.0));
    v("bc_action", bc_action,
      "what the cloned policy proposes; auto: a sample of a mixture, the mode of a Gaussian. Collect the rollouts "
      "alike");
    v("rl_action", rl_action,
      "what the learned policy proposes; auto: its mode, as in simulation; on hardware: sample");
  }
};

/// Where the cloned policy's proposal is taken: the one that is worth more, or a draw from softmax(beta Q) over both.
/// @param q_bc, q_rl float [B]. @return bool [B]
at::Tensor choose_cloned(GateChoice choice, double beta, const at::Tensor& q_bc, const at::Tensor& q_rl,
                         at::Generator& rng);

/// What a gated policy is put together from. The critic and the actor see the same entries.
struct GatedNetworks {
  std::shared_ptr<Policy> cloned;     ///< never changes; with `value` can_evaluate()
  std::shared_ptr<StateValue> value;  ///< V of the cloned policy; null: nobody estimated it, `gate` is false (IBRL)
  std::shared_ptr<Critic> critic;     ///< Q_RL
  std::shared_ptr<SquashedGaussianActor> actor;
};

/// Acts as its config says, whichever mode is asked for, since both values belong to the proposals that are compared; without V
/// `rl_action: auto` is the mode that is asked for. Each step reports a_bc float [B, A] and gate (1: the cloned policy acted),
/// q_bc, q_rl float [B, 1].
/// Thread safety: none; one copy a thread. Invariant: its weights never change.
class GatedPolicy final : public Policy {
 public:
  /// @param networks owned by this policy alone, but for what never changes
  GatedPolicy(GatedNetworks networks, const GateConfig& config);

  std::unique_ptr<PolicyState> begin(int64_t batch) override { return networks_.cloned->begin(batch); }
  Action act(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) override;
  const ActionSpec& action_spec() const override { return networks_.cloned->action_spec(); }
  /// The entries of both policies.
  const ObservationSpec& observation_spec() const override { return observation_; }
  std::string content_hash() const override;
  bool has_memory() const override { return networks_.cloned->has_memory(); }

  const GatedNetworks& networks() const { return networks_; }
  const GateConfig& config() const { return config_; }

 private:
  /// What the cloned policy proposes, and what that is worth.
  struct Proposal {
    at::Tensor action;  // float [B, A]
    at::Tensor value;   // float [B]
  };
  Proposal propose_cloned(const Observation& obs, const at::Tensor& encoded, PolicyState& state, Rng& random);
  ActMode learned_mode(ActMode asked) const;

  GatedNetworks networks_;
  GateConfig config_;
  ObservationSpec observation_;
  at::Device device_;
  mutable std::string hash_;
};

/// Everything that acting needs, the cloned policy included. @throws Error when that one cannot be stored
PartState save_policy(const GatedPolicy& policy);
/// @throws CheckpointError as load_policy(), which calls this for a part of this kind
std::unique_ptr<GatedPolicy> load_gated_policy(const PartState& state, at::Device device = at::kCPU);

}  // namespace onramp
