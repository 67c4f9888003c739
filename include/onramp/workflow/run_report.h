// From runs to one HTML page and the pictures in it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "onramp/training/catalog.h"
#include "onramp/workflow/figures.h"

namespace onramp {

/// A run of the report.
struct ReportRun {
  std::filesystem::path folder;
  std::string label;  ///< of its method; "": see read_run
};

/// What the report holds.
struct ReportOptions {
  std::vector<ReportRun> runs;
  std::filesystem::path out;  ///< the page; empty: report/report.html of a single run, else onramp-report.html here
  int64_t window = 20;        ///< attempts that a point of the success curve is the mean of
  int64_t pairs = 512;        ///< random steps that a critic is asked about
  std::string over;           ///< a setting that success is drawn over, "phases.rollouts.episodes"; "": none
  double inline_video_mb = 8.0;
  bool zero_shot = false;           ///< score unseen situations now; else only what was scored before is shown
  int64_t zero_shot_episodes = 50;  ///< of each situation
  std::vector<Scenario> scenarios;  ///< empty: those known of the task
};

/// All that a page is made of.
struct ReportData {
  std::vector<RunRecord> runs;
  std::vector<Method> methods;     ///< point into runs
  std::vector<RunLook> looks;      ///< one for each method: its first run
  std::vector<std::string> notes;  ///< what is left out, and why, one line each
};

/// Reads, and asks the critics. Nothing is written but report/zero_shot.json when it is asked for.
/// @throws DataError for a folder that is no run, ConfigError for two runs that cannot be told apart and for a setting of a
/// scenario that the task does not have, InterruptedError
ReportData gather_report(const ReportOptions& options, const Catalog& catalog);

/// Draws the figures into the folder "<page without .html>-figures" and writes the page.
/// @throws IoError, InterruptedError while figures are drawn: then a folder that was not there before is removed again
void write_report_page(const ReportData& data, const ReportOptions& options, const std::filesystem::path& page);

/// Where the page of these options goes.
std::filesystem::path report_path(const ReportOptions& options);

/// All of it. @return the page
std::filesystem::path report_runs(const ReportOptions& options, const Catalog& catalog);

}  // namespace onramp
