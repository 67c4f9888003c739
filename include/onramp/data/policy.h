// What acts. Holds whatever acting needs and no more; actors never hold an agent.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "onramp/base/random.h"
#include "onramp/data/observation.h"
#include "onramp/data/spec.h"

namespace onramp {

/// kSample: as the policy draws. kMode: its single best action.
enum class ActMode : uint8_t { kSample, kMode };

/// The same as a setting says it. kAuto: as that policy acts where nobody says, Policy::usual_mode().
enum class ActSetting : uint8_t { kAuto, kMode, kSample };
constexpr auto enum_names(ActSetting*) {
  return std::array{std::pair{ActSetting::kAuto, "auto"}, std::pair{ActSetting::kMode, "mode"},
                    std::pair{ActSetting::kSample, "sample"}};
}

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

/// Columns that a policy with memory reports with each step, where it has a density: LogProbEntropy of what it did, float [B, 1]
/// each. Later nobody can ask for them: a stored step says what was seen, not what came before.
inline constexpr const char* kActedLogProb = "bc_log_prob";
inline constexpr const char* kActedEntropy = "bc_entropy";

/// An action and how likely it was, both of one distribution.
struct RatedAction {
  at::Tensor action;       ///< float [B, A] in [-1, 1]
  LogProbEntropy density;  ///< of that action
};

/// Thread safety: none; one copy a thread.
class Policy {
 public:
  virtual ~Policy() = default;
  /// State of `batch` episodes that are about to start.
  virtual std::unique_ptr<PolicyState> begin(int64_t batch) = 0;
  /// @param obs batched. @param random one draw's generator: the same draw gives the same action.
  virtual Action act(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) = 0;
  /// The action of act() alone, float [B, A], where the policy's weights lie: for updates, which do not wait for the device. By
  /// default act()'s own, which is on the CPU.
  virtual at::Tensor propose(const Observation& obs, PolicyState& state, ActMode mode, Rng& random);
  virtual const ActionSpec& action_spec() const = 0;
  /// What it looks at; empty where it does not say.
  virtual const ObservationSpec& observation_spec() const;
  /// A hash of everything that decides actions (weights, preprocessing); "" for scripted ones without weights.
  virtual std::string content_hash() const { return {}; }
  /// Whether what it does depends on more than what it sees now: then it must act along an episode, with one state.
  virtual bool has_memory() const { return false; }
  /// Whether it has a density: act_rated() works.
  virtual bool can_evaluate() const { return false; }
  /// Density and entropy of given actions. @throws Error when the policy offers none, or has a memory: it answers while it acts.
  virtual LogProbEntropy evaluate(const Observation& obs, const at::Tensor& action);
  /// act() with the density and entropy of what was done, of the same distribution: one state, one deviation. By default
  /// act(), then evaluate(), which is right for policies without memory. @throws Error as evaluate()
  virtual RatedAction act_rated(const Observation& obs, PolicyState& state, ActMode mode, Rng& random);
  /// How it acts where nobody says: a Gaussian by its mode, all else by a draw (Q2RL's release).
  virtual ActMode usual_mode() const { return ActMode::kSample; }
  /// N actions a state, [B, N, A]. @throws Error when the policy cannot.
  virtual at::Tensor sample(const Observation& obs, int64_t n, Rng& random);
};

ActMode act_mode(ActSetting setting, const Policy& policy);

}  // namespace onramp
