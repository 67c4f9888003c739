// A base policy and a bounded correction of what it does. Source: Yuan et al., "Policy Decorator: Model-Agnostic Online
// Refinement for Large Policy Model" (arXiv:2412.13630), section 4: the bounded residual and progressive exploration.
#pragma once

#include <memory>
#include <string>

#include "onramp/base/config.h"
#include "onramp/data/policy.h"
#include "onramp/models/actors.h"

namespace onramp {

/// How base and correction become an action.
struct ResidualConfig {
  double scale = 0.2;
  ActSetting bc_action = ActSetting::kAuto;
  template <class V>
  void fields(V& v) {
    v("scale", scale, "bound of the correction in each dimension, as a share of the action's own (alpha)",
      greater_than(0.0), at_most(2.0));
    v("bc_action", bc_action, "what the base policy does; auto: a sample of a mixture, the mode of a Gaussian");
  }
};

/// clamp(base + scale * correction, -1, 1), what the environment is given and the critic judges. @return float [B, A]
at::Tensor corrected(const at::Tensor& base, const at::Tensor& correction, double scale);

/// Asked for a sample, it explores: the correction, drawn, joins with probability `share`, step by step and row by row, else
/// the base policy acts alone. Asked for its mode, the correction's mode always joins. Each step reports a_bc float [B, A],
/// what the base did, and gate float [B, 1] (1: it acted alone).
/// Thread safety: none; one copy a thread. Invariant: its weights never change.
class ResidualPolicy final : public Policy {
 public:
  /// @param base   never changes. @param actor of the correction, owned by this policy alone
  /// @param share  in [0, 1]
  ResidualPolicy(std::shared_ptr<Policy> base, std::shared_ptr<SquashedGaussianActor> actor,
                 const ResidualConfig& config, double share);

  std::unique_ptr<PolicyState> begin(int64_t batch) override { return base_->begin(batch); }
  Action act(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) override;
  const ActionSpec& action_spec() const override { return base_->action_spec(); }
  /// The entries of both.
  const ObservationSpec& observation_spec() const override { return observation_; }
  std::string content_hash() const override;
  bool has_memory() const override { return base_->has_memory(); }

  const Policy& base() const { return *base_; }
  const SquashedGaussianActor& actor() const { return *actor_; }
  const ResidualConfig& config() const { return config_; }
  double share() const { return share_; }

 private:
  std::shared_ptr<Policy> base_;
  std::shared_ptr<SquashedGaussianActor> actor_;
  ResidualConfig config_;
  double share_;
  ObservationSpec observation_;
  at::Device device_;
  mutable std::string hash_;
};

/// Everything that acting needs, the base policy included. @throws Error when that one cannot be stored
PartState save_policy(const ResidualPolicy& policy);
/// @throws CheckpointError as load_policy(), which calls this for a part of this kind
std::unique_ptr<ResidualPolicy> load_residual_policy(const PartState& state, at::Device device = at::kCPU);

}  // namespace onramp
