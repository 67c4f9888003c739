// A trained policy with a memory that acts: encoder, normaliser, LSTM and mixture together, a value of its own.
#pragma once

#include <c10/core/Device.h>

#include <memory>
#include <string>

#include "onramp/core/checkpoint.h"
#include "onramp/data/policy.h"
#include "onramp/models/recurrent_actor.h"

namespace onramp {

/// What it does follows from what was seen in the steps before, back to the episode's begin or, with a horizon, to the last step
/// whose number in the episode is a multiple of it. So it acts along an episode, with one state, and answers no questions later.
/// Thread safety: none; one copy a thread. Invariant: its weights never change, so its hash is computed once.
class RecurrentPolicy final : public Policy {
 public:
  /// @param actor owned by this policy alone (see RecurrentMixtureActor::copy), but for a frozen image encoder
  RecurrentPolicy(std::shared_ptr<RecurrentMixtureActor> actor, ActionSpec action);

  std::unique_ptr<PolicyState> begin(int64_t batch) override;
  /// With the columns kActedLogProb and kActedEntropy.
  Action act(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) override;
  /// Density and entropy are in the space of actions, before they are clipped; the entropy is its upper bound (nn/mixture.h).
  RatedAction act_rated(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) override;
  const ActionSpec& action_spec() const override { return action_; }
  const ObservationSpec& observation_spec() const override { return actor_->encoder().observation(); }
  std::string content_hash() const override;
  bool has_memory() const override { return true; }
  bool can_evaluate() const override { return true; }
  /// @throws Error always: how likely an action was is known when it acts
  LogProbEntropy evaluate(const Observation& obs, const at::Tensor& action) override;
  ActMode usual_mode() const override { return ActMode::kSample; }
  /// What `state` leads to, without drawing: the noise is an argument. The state moves on.
  /// @param noise standard normal [B, A + 1]; undefined: the mode. @return float [B, A] on the CPU
  at::Tensor action_at(const Observation& obs, PolicyState& state, const at::Tensor& noise = {}) const;

  const RecurrentMixtureActor& actor() const { return *actor_; }

 private:
  std::shared_ptr<RecurrentMixtureActor> actor_;
  ActionSpec action_;
  at::Device device_;
  mutable std::string hash_;
};

/// As of an ActorPolicy: weights, frozen encoder, normaliser, specs, config and hash.
PartState save_policy(const RecurrentPolicy& policy);
/// @throws CheckpointError as load_policy(), which calls this for a part of this kind
std::unique_ptr<RecurrentPolicy> load_recurrent_policy(const PartState& state, at::Device device = at::kCPU);

}  // namespace onramp
