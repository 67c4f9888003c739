// How good a policy is: success over a list of seeds, with an interval that says how sure one may be.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "onramp/base/config.h"
#include "onramp/base/statistics.h"
#include "onramp/data/policy.h"
#include "onramp/envs/batched_environment.h"

namespace onramp {

/// How a policy is scored.
struct EvaluationSettings {
  int64_t episodes = 200;
  int64_t batch = 8;
  int64_t first_seed = 0;
  bool sample = false;
  template <class V>
  void fields(V& v) {
    v("episodes", episodes, "held-out seeds", at_least(1));
    v("batch", batch, "environments side by side, at most one a core; what comes out is the same for any number",
      at_least(1));
    v("first_seed", first_seed, "number of the first held-out seed: comparisons are paired by it", at_least(0));
    v("sample", sample, "act as the policy draws, instead of its single best action");
  }
};

/// How a policy did, seed by seed.
struct EvaluationResult {
  std::string name;         ///< what was scored
  std::string phase;        ///< that scored it; "" outside a run
  std::string policy_hash;  ///< of its weights; "" without weights
  std::vector<int64_t> seeds;
  std::vector<uint8_t> success;         ///< the raw flag at any step, by seed
  std::vector<uint8_t> success_at_end;  ///< on the last step
  std::vector<double> returns;          ///< undiscounted raw reward
  std::vector<double> last_rewards;  ///< raw reward of the last step: of a task in parts, how many were done (Kitchen)
  std::vector<int64_t> lengths;      ///< steps
  std::map<std::string, int64_t> ends;  ///< episodes by end reason

  int64_t successes() const;
  double rate() const;
  Interval interval() const;  ///< Wilson, 95 %
  double mean_return() const;
  double mean_last_reward() const;
  nlohmann::json to_json() const;
  static EvaluationResult from_json(const nlohmann::json& json);
};

/// Episode k runs with the seed held_out_seed(first_seed + k), whatever the run's own seed: two policies scored
/// with equal settings meet the same situations. It is a function of that seed and of the policy alone, down to the last bit,
/// and the same that film_policy() shows: however many environments and threads there are, a policy acts on one row, with a
/// state and draws of the episode's own, in one thread. Each thread of `environments` takes the next seed as soon as it is
/// free, with a copy of the policy; a policy of which there is none (copy_policy) acts for one thread after the other.
/// @param progress  called in this thread with the episodes finished so far and the share of successes among them; what it
///                  throws ends the evaluation, after the episodes that run
/// @param stop      asked in this thread before the first episode, after each, and every 50 ms; after a yes none begins, and
///                  the result holds all that had begun, which run to their end: the first seeds without a gap. To leave out
///                  those that run would be to leave out the long ones
/// @throws what an episode threw (of several, that of the first seed); an EnvironmentError names the seed, "held-out 3: ..."
EvaluationResult evaluate(BatchedEnvironment& environments, Policy& policy, const std::string& name,
                          const EvaluationSettings& settings, const std::function<void(int64_t, double)>& progress = {},
                          const std::function<bool()>& stop = {});

/// Environments for evaluate(), each with a thread: `batch` of them, but no more than episodes or cores.
/// @throws as BatchedEnvironment()
BatchedEnvironment environments_for(const EvaluationSettings& settings,
                                    const std::function<std::unique_ptr<Environment>()>& make);

/// That the policy can act there: its observation entries are there in their shapes, its actions as long.
/// @throws ConfigError naming what it wants and what there is
void check_fits(const Policy& policy, const EnvSpec& spec);

/// Two policies on the seeds that both were scored on.
struct PairedComparison {
  int64_t seeds = 0;
  int64_t gained = 0, lost = 0;  ///< seeds where only the first succeeds; only the second
  double p = 1.0;                ///< sign_test of them
};
PairedComparison compare(const EvaluationResult& first, const EvaluationResult& second);

/// The text table of several results: success, interval, mean return, ends; below it the mean last reward where that says more
/// than success, and the last result against each of the others, seed by seed.
std::string success_table(const std::vector<EvaluationResult>& results);

}  // namespace onramp
