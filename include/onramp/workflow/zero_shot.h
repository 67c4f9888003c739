// How a run's last policy does in situations that it was not trained in, without learning on.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "onramp/training/catalog.h"
#include "onramp/workflow/run_record.h"

namespace onramp {

/// A change of the situation that training never saw.
struct Scenario {
  std::string name;
  std::vector<std::string> settings;  ///< overrides of the task, "items=blue"; none: as in training
  bool operator==(const Scenario&) const = default;
};

/// Those known of a task, the one it was trained in first (vacuum_grasp: Simplified Q, figure 6). Empty for other tasks.
std::vector<Scenario> known_scenarios(const std::string& task);
/// "three blue: items=three lighting=unseen". @throws ConfigError
Scenario parse_scenario(const std::string& text);

/// A policy under such a change.
struct ZeroShotRow {
  Scenario scenario;
  Score score;
};

/// Scores of report/zero_shot.json that belong to the run's last policy. Empty when there are none, or of another policy.
std::vector<ZeroShotRow> load_zero_shot(const RunRecord& run);

/// Scores the last policy of a run in each scenario and keeps that in report/zero_shot.json; what is there for the same
/// policy, settings and number of episodes is not scored again. Each scenario has the same seeds.
/// @param tell  called before each scenario that is scored
/// @throws DataError for a run without a policy or a task, ConfigError for a setting that the task does not have,
/// InterruptedError: what was scored by then is kept
std::vector<ZeroShotRow> score_zero_shot(const RunRecord& run, const Catalog& catalog,
                                         const std::vector<Scenario>& scenarios, int64_t episodes,
                                         const std::function<void(const Scenario&)>& tell = {});

}  // namespace onramp
