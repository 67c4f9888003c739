#include "onramp/training/report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string_view>

#include "onramp/base/atomic_file.h"
#include "onramp/base/log.h"
#include "onramp/base/text.h"
#include "onramp/core/checkpoint.h"
#include "onramp/training/figure.h"
#include "onramp/training/metrics_table.h"

namespace onramp {
namespace {

// What a person looks at first, in this order.
constexpr std::array<std::string_view, 11> kFirstMetrics = {"hilbert_loss", "bc_loss",     "critic_loss",    "td_loss",
                                                            "penalty",      "regularizer", "q_data",         "q_policy",
                                                            "actor_loss",   "entropy",     "action_distance"};
constexpr double kSmoothed = 20;  // attempts

std::filesystem::path results_file(const std::filesystem::path& run) { return run / "report" / "results.json"; }

/// A phase, and the policy that it leaves, has one colour in all panels: by its place in the run.
using Colors = std::map<std::string, int64_t>;

Colors colors_of(const MetricsTable& metrics) {
  Colors colors;
  for (const auto& series : metrics.series) colors.emplace(series.phase, static_cast<int64_t>(colors.size()));
  return colors;
}

/// Attempts of all phases on one axis, one phase after another.
Panel success_panel(const MetricsTable& metrics, const std::vector<EvaluationResult>& results) {
  Colors colors = colors_of(metrics);
  Panel panel{.title = "success", .x_label = "attempt", .y_limits = {-0.02, 1.02}};
  double before = 0.0;
  for (const auto& series : metrics.series) {
    if (series.metric != "success" || series.phase == "demonstrations" || series.step.empty()) continue;
    Line line{.label = concat(series.phase, " (mean of ", kSmoothed, " attempts)"),
              .y = trailing_mean(series.step, series.value, kSmoothed),
              .color = colors.at(series.phase)};
    for (const double step : series.step) line.x.push_back(before + step);
    if (before > 0) panel.marks.push_back({before, series.phase});
    before = line.x.back();
    panel.lines.push_back(std::move(line));
  }
  for (const auto& result : results) {
    const auto [low, high] = result.interval();
    const auto percent = std::lround(100 * result.rate());
    panel.levels.push_back({.label = concat(result.name, ": ", percent, " % of ", result.success.size()),
                            .y = result.rate(),
                            .low = low,
                            .high = high,
                            .color = colors.emplace(result.name, static_cast<int64_t>(colors.size())).first->second});
  }
  return panel;
}

/// Phases stand one after another, each as wide as the others: their steps are updates here and attempts there.
Panel metric_panel(const MetricsTable& metrics, const std::string& metric) {
  Panel panel{.title = metric};
  const Colors colors = colors_of(metrics);
  for (const auto& series : metrics.series) {
    if (series.metric != metric || series.step.empty()) continue;
    const auto at = static_cast<double>(panel.lines.size());
    const double first = series.step.front(), last = series.step.back();
    Line line{.label = series.phase, .y = series.value, .color = colors.at(series.phase), .width = 1.0};
    for (const double step : series.step)
      line.x.push_back(at + (last > first ? 0.02 + 0.96 * (step - first) / (last - first) : 0.5));
    if (at > 0) panel.marks.push_back({at, ""});
    const auto steps =
        last > first ? concat("steps ", int64_t(first), " to ", int64_t(last)) : concat("step ", int64_t(first));
    panel.x_ticks.push_back({at + 0.5, concat(series.phase, "\n", steps)});
    panel.lines.push_back(std::move(line));
  }
  panel.x_limits = {0.0, static_cast<double>(panel.lines.size())};
  return panel;
}

}  // namespace

std::vector<EvaluationResult> load_results(const std::filesystem::path& run) {
  std::vector<EvaluationResult> results;
  if (!std::filesystem::exists(results_file(run))) return results;
  try {
    const auto json = nlohmann::json::parse(read_file(results_file(run)));
    for (const auto& row : json.at("policies")) results.push_back(EvaluationResult::from_json(row));
  } catch (const nlohmann::json::exception& error) {
    throw DataError(
        concat(results_file(run).string(), ": not a results file (", error.what(), "); remove it and evaluate again"));
  }
  return results;
}

void store_result(const std::filesystem::path& run, const EvaluationResult& result) {
  auto results = load_results(run);
  std::erase_if(results, [&](const auto& other) { return other.name == result.name && other.phase == result.phase; });
  results.push_back(result);
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& row : results) rows.push_back(row.to_json());
  write_file_atomic(results_file(run), nlohmann::json{{"policies", rows}}.dump(1));
}

void write_report(const std::filesystem::path& run) {
  const auto metrics = read_metrics(run / "metrics.csv");
  Figure curves{.name = "curves", .panels = {success_panel(metrics, load_results(run))}};
  for (const auto name : kFirstMetrics) {
    auto panel = metric_panel(metrics, std::string(name));
    if (!panel.lines.empty()) curves.panels.push_back(std::move(panel));
  }
  if (const auto missing = draw_figures({curves}, run / "report", "curves")) {
    log_warning("no picture of the curves: ", *missing);
  }
}

void print_report(const std::filesystem::path& run, std::ostream& out) {
  const auto results = load_results(run);
  std::vector<std::string> phases;
  for (const auto& result : results) {
    if (std::find(phases.begin(), phases.end(), result.phase) == phases.end()) phases.push_back(result.phase);
  }
  for (const auto& phase : phases) {
    std::vector<EvaluationResult> of_phase;
    for (const auto& result : results) {
      if (result.phase == phase) of_phase.push_back(result);
    }
    out << "\n" << (phases.size() > 1 ? phase + "\n" : "") << success_table(of_phase) << "\n";
  }
  const auto checkpoints = list_checkpoints(run / "checkpoints");
  if (!checkpoints.empty()) {
    const auto extra = read_manifest(checkpoints.back()).at("extra");
    double total = 0.0;
    out << "wall time";
    for (const auto& name : extra.at("phase_order")) {
      const double seconds = extra.at("phase_seconds").value(name.get<std::string>(), 0.0);
      out << "  " << name.get<std::string>() << " " << format_duration(seconds);
      total += seconds;
    }
    out << "  in all " << format_duration(total) << "\n";
  }
  const auto show = [&](const char* what, const std::filesystem::path& path) {
    if (std::filesystem::exists(path)) out << what << path.string() << "\n";
  };
  show("curves       ", run / "report" / "curves.png");
  if (std::filesystem::exists(run / "videos")) {
    for (const auto& file : std::filesystem::directory_iterator(run / "videos")) show("video        ", file.path());
  }
  show("run folder   ", run);
  out << "TensorBoard  tensorboard --logdir " << (run / "tensorboard").string() << "\n";
}

}  // namespace onramp
