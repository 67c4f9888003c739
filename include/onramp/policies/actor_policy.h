// A trained actor that acts: encoder, normaliser and network together, a value of its own.
#pragma once

#include <c10/core/Device.h>

#include <memory>
#include <string>

#include "onramp/core/checkpoint.h"
#include "onramp/data/policy.h"
#include "onramp/models/actors.h"

namespace onramp {

/// ActorPolicy::usual_mode() for an actor of that type.
ActMode usual_mode(ActorType type);

/// Thread safety: none; one copy a thread. Invariant: its weights never change, so its hash is computed once.
class ActorPolicy final : public Policy {
 public:
  /// @param actor owned by this policy alone (see Actor::copy), but for a frozen image encoder, which never changes.
  ActorPolicy(std::shared_ptr<Actor> actor, ActionSpec action);

  std::unique_ptr<PolicyState> begin(int64_t batch) override;
  /// @param obs batched, on any device; images as uint8 [B,H,W,C], or float [B,F] of the frozen encoder
  /// @return action float [B, A] on the CPU
  Action act(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) override;
  at::Tensor propose(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) override;
  const ActionSpec& action_spec() const override { return action_; }
  std::string content_hash() const override;
  /// A squashed Gaussian can, a deterministic actor cannot. Density and entropy are those of the Gaussian before the tanh,
  /// at u = atanh(action clipped to +-kAtanhClip), without the tanh's Jacobian: the entropy of the tanh itself has no closed
  /// form, and a density and an entropy of different spaces do not add up.
  /// Of a mixture both are in the space of actions, the entropy its upper bound (nn/mixture.h).
  bool can_evaluate() const override { return actor_->stochastic(); }
  LogProbEntropy evaluate(const Observation& obs, const at::Tensor& action) override;
  RatedAction act_rated(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) override;
  ActMode usual_mode() const override;
  at::Tensor sample(const Observation& obs, int64_t n, Rng& random) override;
  /// @param noise standard normal [B, noise_dim() of the actor] on the CPU; undefined: the mode (a deterministic actor has nothing else)
  /// @return float [B, A] on the CPU
  at::Tensor action_at(const Observation& obs, const at::Tensor& noise = {}) const;

  const ObservationSpec& observation_spec() const override { return actor_->encoder().observation(); }
  const Actor& actor() const { return *actor_; }

 private:
  /// action_at() where the weights lie.
  at::Tensor action_here(const Observation& obs, const at::Tensor& noise) const;
  /// One draw of the actor's noise, on its device; undefined where it acts by its mode.
  at::Tensor draw_noise(int64_t batch, ActMode mode, Rng& random) const;

  std::shared_ptr<Actor> actor_;
  ActionSpec action_;
  at::Device device_;
  mutable std::string hash_;
};

/// Everything that acting needs: weights, frozen encoder, normaliser, observation and action specs, config and hash.
PartState save_policy(const ActorPolicy& policy);
/// @throws Error for a policy of a kind that cannot be stored
PartState save_policy(const Policy& policy);
/// Its content_hash(), as it stands in what save_policy() wrote. @throws CheckpointError without one
std::string saved_policy_hash(const PartState& state);

/// Another one that acts alike, bit for bit, on the same device, for a thread of its own; null for a kind that cannot be stored.
std::unique_ptr<Policy> copy_policy(const Policy& policy);

/// @throws CheckpointError for another kind of part, a missing or misshapen tensor, or a hash that does not match
std::unique_ptr<Policy> load_policy(const PartState& state, at::Device device = at::kCPU);

}  // namespace onramp
