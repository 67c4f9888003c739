// The critic of REDQ: an ensemble whose target is the least of a few random members, and several steps an update. What RLPD,
// WSRL, Q2RL and IBRL here have in common, so that comparisons are of the method and not of the critic.
// Sources: Chen et al. (arXiv:2101.05982, algorithm 1); Ball et al., RLPD (arXiv:2302.02948); Zhou et al., WSRL
// (arXiv:2412.07762). Losses: losses/td.h.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "onramp/algorithms/actor_critic.h"
#include "onramp/base/random.h"

namespace onramp {

/// How the steps of one update share a batch.
enum class UtdForm : uint8_t {
  kSplit,  ///< `batch_size` rows are cut into as many parts as there are steps: 256 = 4 x 64
  kEach,   ///< each step has `batch_size` rows of its own: 4 x 256
};
constexpr auto enum_names(UtdForm*) {
  return std::array{std::pair{UtdForm::kSplit, "split"}, std::pair{UtdForm::kEach, "each"}};
}

/// Defaults: Q2RL, table II, which are WSRL's.
struct RedqCriticConfig {
  int64_t utd = 4;
  UtdForm utd_form = UtdForm::kSplit;
  int64_t subset = 2;
  double target_rate = 0.005;
  std::optional<std::array<double, 2>> value_range;
  template <class V>
  void fields(V& v) {
    v("utd", utd, "steps of the critic in one update (update-to-data ratio)", at_least(1));
    v("utd_form", utd_form,
      "split: batch_size rows are cut into utd parts (256 = 4 x 64); each: every step has batch_size rows (4 x 256)");
    v("subset", subset, "members of the target, drawn afresh for each step, whose least value counts", at_least(1));
    v("target_rate", target_rate, "share of the critic that its target takes on after each step", greater_than(0.0),
      at_most(1.0));
    v("value_range", value_range,
      "[least, most] that can be earned from anywhere, on the transformed reward: targets are cut to it, so that the "
      "least "
      "of two members does not sink below what can be lost at all (for -1 a step until success at +4: [-100, 4]); "
      "null: not");
  }
};

/// Of methods whose target is the value of one action of the policy.
struct EntropyBackupConfig {
  bool entropy_backup = false;
  template <class V>
  void fields(V& v) {
    v("entropy_backup", entropy_backup, "the policy's entropy counts in the target (RLPD); else not (WSRL, Q2RL)");
  }
};

/// Whether the two fit together. @throws ConfigError for a subset larger than the ensemble, a batch that cannot be cut, or a range
/// of values that is none
void check_redq(const RedqCriticConfig& config, const ActorCriticConfig& agent);
/// @throws ConfigError for a range of values beside an entropy in them: what rewards can earn does not bound their sum
void check_entropy_backup(const RedqCriticConfig& config, const EntropyBackupConfig& target);

/// Values that a step asks for beside those of the data, and what they add to its loss: weight * loss.
struct CriticTerm {
  double weight;
  at::Tensor action;  ///< at s, constants, float [B, K, A]
  /// (Q_e(s, a) [E, B], Q_e(s, action) [E, B, K]) -> float [], with gradient
  std::function<at::Tensor(const at::Tensor&, const at::Tensor&)> loss;
};

/// What a pass over a batch came to.
struct RedqStep {
  at::Tensor loss;       ///< of the last step, float []
  at::Tensor term = {};  ///< CriticTerm's share of it before its weight, float []; undefined without
  CriticStep critic;     ///< of the last step
};

/// The rows of one step of an update.
struct Minibatch {
  Batch rows;
  int64_t begin;  ///< where they begin in the update's batch
  /// The same rows of what was computed for all of the batch, [B, ...] -> [B / utd, ...].
  at::Tensor of(const at::Tensor& whole) const { return whole.narrow(0, begin, rows.size()); }
};

/// The target network of an ActorCritic, its subsets and the steps of its critic. Thread safety: none. Part: target_critic.
class RedqCritic {
 public:
  /// @param net    outlives this. @param method names the random stream of subsets: "redq/members"
  /// @throws ConfigError as check_redq()
  RedqCritic(const RedqCriticConfig& config, const ActorCriticConfig& agent, ActorCritic& net, uint64_t seed,
             const std::string& method);
  RedqCritic(const RedqCritic&) = delete;
  RedqCritic& operator=(const RedqCritic&) = delete;

  /// Sets size and minibatches of a request for one update.
  void describe(BatchRequest& request) const;
  /// REDQ's own: `utd` steps of the critic, each followed by one of the target. The batch's rows are `utd` equal parts.
  RedqStep improve(const Batch& batch, const EntropyBackupConfig& target, at::Generator& rng);
  /// What methods with another target write theirs with: the parts of a batch, one for each step,
  std::vector<Minibatch> minibatches(const Batch& batch) const;
  /// the least of a fresh random subset of target members, without gradient,
  /// @param next_action float [B, A] or [B, N, A]. @return float [B] or [B, N]
  at::Tensor least_of_some(const Observation& next_obs, const at::Tensor& next_action);
  /// and one step of the critic towards y, and one of the target. @param y float [B]. @param term beside it; null: none
  RedqStep fit(const Observation& obs, const at::Tensor& action, const at::Tensor& y, const CriticTerm* term = nullptr);
  /// y = r + discount * next_value, cut to `value_range`. @param next_value float [B]. @return float [B], detached
  at::Tensor td_target(const Batch& rows, const at::Tensor& next_value) const;
  void start_target_anew();  ///< the target becomes a copy of the critic

  void save(Parts& parts) const;
  void load(const Parts& parts);

 private:
  std::vector<int64_t> draw_members();

  const RedqCriticConfig config_;
  const int64_t batch_size_;
  ActorCritic& net_;
  std::shared_ptr<Critic> target_;
  RandomStream members_;
};

}  // namespace onramp
