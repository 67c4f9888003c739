// Runs by method and seed, and what their scores say together.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "onramp/workflow/run_record.h"

namespace onramp {

/// Runs that differ in their seed alone.
struct Method {
  std::string name;
  std::vector<const RunRecord*> runs;  ///< by seed
};

/// In order of first appearance. @throws ConfigError when a method has a seed twice
std::vector<Method> group_by_method(const std::vector<RunRecord>& runs);

/// Where runs of one method differ in more than seed and folder: one line each, naming the first difference.
std::vector<std::string> differences_within(const Method& method);

/// Settings in which methods differ: key, and the value of each method's first run ("" where it has no such key).
struct SettingRow {
  std::string key;
  std::vector<std::string> values;
};
std::vector<SettingRow> setting_differences(const std::vector<Method>& methods);

/// A score over the seeds of a method.
struct OverSeeds {
  std::vector<double> values;
  double mean = 0.0;
  std::optional<Interval> interval;  ///< Student's t, 95 %; none with fewer than two values
};
OverSeeds over_seeds(std::vector<double> values);

/// One policy of a method, scored in each of its runs.
struct PolicyRow {
  std::string policy;
  std::vector<const Score*> scores;  ///< by run; null where it was not scored
  /// The scores but for those that repeat another: one policy (a demonstrator) in the same situations with the same outcomes,
  /// which says nothing of other seeds.
  std::vector<const Score*> counted;
  OverSeeds rates;  ///< of those
};
/// In order of first appearance; a policy that was scored by two phases has its last score here.
std::vector<PolicyRow> policy_rows(const Method& method);

/// Which score of a run counts.
enum class Snapshot : uint8_t { kLast, kBest };
/// RunRecord::last_score or best_score over a method's runs. `policy` names them all, "" where they differ.
PolicyRow snapshot_row(const Method& method, Snapshot which);

/// Two policies on the situations that both met.
struct PairedRow {
  std::string first, second;
  int64_t runs = 0;              ///< pairs of runs with equal seeds
  int64_t situations = 0;        ///< over those runs
  int64_t gained = 0, lost = 0;  ///< where only the first succeeded; only the second
  double p = 1.0;                ///< sign test over all of these situations
  OverSeeds difference;          ///< of the rates, a value for each pair of runs
};
/// The last policy of each run against every other policy of the same run.
std::vector<PairedRow> paired_within(const Method& method);
/// The last policies of two methods, run against run of the same seed; nothing when none can be paired.
std::optional<PairedRow> paired_between(const Method& first, const Method& second);

}  // namespace onramp
