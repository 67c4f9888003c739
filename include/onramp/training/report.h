// What a person reads when a run is done.
#pragma once

#include <filesystem>
#include <ostream>
#include <vector>

#include "onramp/training/evaluation.h"

namespace onramp {

/// Results that the run's evaluations left in report/results.json, in order.
std::vector<EvaluationResult> load_results(const std::filesystem::path& run_folder);

/// Adds or replaces (by name) a result in report/results.json.
void store_result(const std::filesystem::path& run_folder, const EvaluationResult& result);

/// Draws report/curves.png by a child process (python3 with matplotlib). Without these a warning says what to install;
/// the run's numbers are in metrics.csv all the same.
void write_report(const std::filesystem::path& run_folder);

/// Success table, wall time by phase, and where everything lies.
void print_report(const std::filesystem::path& run_folder, std::ostream& out);

}  // namespace onramp
