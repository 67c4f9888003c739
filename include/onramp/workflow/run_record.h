// What a run left behind, read and never touched: a run's folder, also of one that is still going, or the small folder that
// scripts/summarize_run.py makes of a finished one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "onramp/base/config_node.h"
#include "onramp/base/statistics.h"
#include "onramp/training/evaluation.h"
#include "onramp/training/metrics_table.h"

namespace onramp {

/// How often a policy succeeded on held-out seeds.
struct Score {
  std::string policy;
  std::string phase;  ///< that scored it
  std::string policy_hash;
  int64_t successes = 0, episodes = 0;
  double mean_return = 0.0;
  std::map<std::string, int64_t> ends;  ///< episodes by end reason
  std::vector<int64_t> seeds;           ///< of the situations; empty where a summary does not hold them
  std::vector<uint8_t> success;         ///< by seed

  double rate() const { return episodes > 0 ? double(successes) / double(episodes) : 0.0; }
  Interval interval() const { return wilson(successes, episodes); }  ///< Wilson, 95 %
};

/// A phase of a finished or running run.
struct PhaseRecord {
  std::string name, type, learner;
  std::string policy;     ///< who acts in a collection
  int64_t planned = 0;    ///< units: updates, episodes, policies; 0: not known before it has ended, as with by_steps
  bool by_steps = false;  ///< it goes on until so many steps are made, in as many episodes as that takes
  int64_t finished = 0;   ///< of them, as the newest checkpoint says
  double updates_per_unit = 0.0;  ///< where the length of an attempt decides (updates_per_step) their mean
  double seconds = 0.0;           ///< wall time
  bool taken = false;             ///< its learner comes from another run, none of the updates were made here
  bool collects_online() const { return type == "interleave"; }
};

/// What the folder of a run, or its summary, says.
struct RunRecord {
  std::filesystem::path folder;
  bool is_summary = false;
  std::string method;  ///< name of the config, or of the folder, or a label
  int64_t seed = 0;
  ConfigNode config;    ///< resolved
  ConfigNode complete;  ///< with what an older version did not write, at its default, to compare by; null: as `config`
  std::string config_hash;
  std::vector<PhaseRecord> phases;
  std::string stands;      ///< "finished", "in phase 'online'", "before its first checkpoint"
  nlohmann::json machine;  ///< null when no checkpoint tells
  MetricsTable metrics;
  std::vector<Score> scores;                  ///< in order of evaluation
  std::vector<std::filesystem::path> videos;  ///< by name
  std::vector<std::string> notes;             ///< what is not there or could not be read, one line each

  std::string name() const;  ///< "quickstart seed 1"
  const ConfigNode& to_compare() const { return complete.is_null() ? config : complete; }
  const PhaseRecord* phase(const std::string& phase_name) const;
  const Score* score(const std::string& policy) const;  ///< of a policy by its name, the latest; null: none
  const PhaseRecord* online_phase() const;              ///< the last that collects between updates; null: none
  /// Of the policy that the last phase which learned left behind; null when it was not scored.
  const Score* last_score() const;
  /// The highest rate among the policies that its phases left behind: chosen after the fact, so it flatters.
  const Score* best_score() const;
  /// Updates of a phase's learner when `step` units of it are done, those of its earlier phases included.
  double updates_at(const std::string& phase_name, double step) const;
};

/// @param label  stands for the method; "": the folder's name, or that of the folder around `seed<k>`
/// @throws DataError for a folder that is no run
RunRecord read_run(const std::filesystem::path& folder, const std::string& label = "");

}  // namespace onramp
