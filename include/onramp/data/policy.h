// What acts. Holds whatever acting needs and no more; actors never hold an agent.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "onramp/base/random.h"
#include "onramp/data/observation.h"
#include "onramp/data/spec.h"

namespace onramp {

/// kSample: as the policy draws. kMode: its single best action.
enum class ActMode : uint8_t { kSample, kMode };

/// Recurrent or scripted state of B episodes side by side.
class PolicyState {
 public:
  virtual ~PolicyState() = default;
  /// Row `row` starts a new episode.
  virtual void reset(int64_t row) { (void)row; }
};

/// A named per-step column that a policy reports (the gate's choice, a value, ...): float [B, width].
struct InfoColumn {
  std::string name;
  at::Tensor value;
};

/// What a policy does in B environments.
struct Action {
  at::Tensor action;             // float [B, A] in [-1, 1]
  std::vector<InfoColumn> info;  // stored with the step, logged by the run
};

/// Both in one space, so that they may be added: of a squashed policy the space before the tanh, without its Jacobian.
struct LogProbEntropy {
  at::Tensor log_prob;  ///< float [B]
  at::Tensor entropy;   ///< float [B]
};

/// Thread safety: none; one copy a thread.
class Policy {
 public:
  virtual ~Policy() = default;
  /// State of `batch` episodes that are about to start.
  virtual std::unique_ptr<PolicyState> begin(int64_t batch) = 0;
  /// @param obs batched. @param random one draw's generator: the same draw gives the same action.
  virtual Action act(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) = 0;
  virtual const ActionSpec& action_spec() const = 0;
  /// What it looks at; empty where it does not say.
  virtual const ObservationSpec& observation_spec() const;
  /// A hash of everything that decides actions (weights, preprocessing); "" for scripted ones without weights.
  virtual std::string content_hash() const { return {}; }
  /// Density and entropy of given actions. @throws Error when the policy offers none (can_evaluate() is false).
  virtual bool can_evaluate() const { return false; }
  virtual LogProbEntropy evaluate(const Observation& obs, const at::Tensor& action);
  /// N actions a state, [B, N, A]. @throws Error when the policy cannot.
  virtual at::Tensor sample(const Observation& obs, int64_t n, Rng& random);
};

}  // namespace onramp
