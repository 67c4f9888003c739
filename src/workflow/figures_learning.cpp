// Figures of success and of what learners logged.

#include <algorithm>
#include <cmath>
#include <map>

#include "onramp/workflow/figures.h"

namespace onramp {
namespace {

struct Curve {
  std::vector<double> x, mean, low, high;
};

/// Over the attempts that every run of the method has reached.
Curve online_success(const Method& method, double window) {
  std::map<double, std::vector<double>> by_step;
  size_t runs = 0;
  for (const auto* run : method.runs) {
    const auto* phase = run->online_phase();
    const auto* series = phase ? run->metrics.find(phase->name, "success") : nullptr;
    if (!series) continue;
    ++runs;
    const auto mean = trailing_mean(series->step, series->value, window);
    for (size_t i = 0; i < mean.size(); ++i) by_step[series->step[i]].push_back(mean[i]);
  }
  Curve curve;
  for (const auto& [step, values] : by_step) {
    if (values.size() < runs) continue;
    curve.x.push_back(step);
    curve.mean.push_back(over_seeds(values).mean);
    curve.low.push_back(*std::min_element(values.begin(), values.end()));
    curve.high.push_back(*std::max_element(values.begin(), values.end()));
  }
  if (runs < 2) curve.low = curve.high = {};
  return curve;
}

std::string percent(double rate) { return concat(static_cast<int64_t>(std::lround(100 * rate)), " %"); }

bool is_of_episodes(const std::string& metric) {
  return metric == "success" || metric == "success_at_end" || metric == "return" || metric == "length" ||
         metric == "bc_share" || metric == "gate_q_bc" || metric == "gate_q_rl";
}

enum class Family : uint8_t { kLosses, kValues, kOther };
Family family_of(const std::string& metric) {
  if (metric.find("loss") != std::string::npos || metric == "penalty" || metric == "regularizer")
    return Family::kLosses;
  if (metric.starts_with("q_") || metric.starts_with("value") || metric == "target") return Family::kValues;
  return Family::kOther;
}

struct Learned {
  std::string learner, metric;
  bool operator==(const Learned&) const = default;
};

/// What learners logged, in order of first appearance.
std::vector<Learned> learned_metrics(const std::vector<Method>& methods) {
  std::vector<Learned> found;
  for (const auto& method : methods) {
    for (const auto* run : method.runs) {
      for (const auto& series : run->metrics.series) {
        const auto* phase = run->phase(series.phase);
        if (!phase || phase->learner.empty() || is_of_episodes(series.metric)) continue;
        const Learned one{phase->learner, series.metric};
        if (std::find(found.begin(), found.end(), one) == found.end()) found.push_back(one);
      }
    }
  }
  return found;
}

/// A metric that begins far above the rest of its course would hide it.
bool wants_logarithm(const Panel& panel) {
  std::vector<double> values;
  for (const auto& line : panel.lines) values.insert(values.end(), line.y.begin(), line.y.end());
  if (std::any_of(values.begin(), values.end(), [](double v) { return !(v > 0.0); })) return false;
  std::sort(values.begin(), values.end());
  return !values.empty() && values.back() > 20 * values[values.size() / 2];
}

/// The course of one metric over the updates of its learner, through all of its phases.
Line course_of(const RunRecord& run, const Learned& learned, Panel& panel) {
  Line line{.width = 1.0};
  bool first = true;
  for (const auto& phase : run.phases) {
    const auto* series = phase.learner == learned.learner ? run.metrics.find(phase.name, learned.metric) : nullptr;
    if (!series) continue;
    const double begin = run.updates_at(phase.name, 0);
    const bool marked =
        std::any_of(panel.marks.begin(), panel.marks.end(), [&](const auto& m) { return m.x == begin; });
    if (!first && !marked) panel.marks.push_back({begin, phase.name});
    first = false;
    for (size_t i = 0; i < series->step.size(); ++i) {
      line.x.push_back(run.updates_at(phase.name, series->step[i]));
      line.y.push_back(series->value[i]);
    }
  }
  return line;
}

Panel learned_panel(const std::vector<Method>& methods, const Learned& learned, bool name_learner) {
  Panel panel{.title = name_learner ? learned.learner + ": " + learned.metric : learned.metric,
              .x_label = concat("updates of ", learned.learner)};
  const bool by_seed = methods.size() == 1;
  for (size_t m = 0; m < methods.size(); ++m) {
    bool labelled = false;
    for (size_t r = 0; r < methods[m].runs.size(); ++r) {
      const auto& run = *methods[m].runs[r];
      auto line = course_of(run, learned, panel);
      if (line.x.empty()) continue;
      line.color = static_cast<int64_t>(by_seed ? r : m);
      line.alpha = methods[m].runs.size() > 1 ? 0.75 : 1.0;
      line.label = by_seed ? run.name() : labelled ? "" : methods[m].name;
      labelled = true;
      panel.lines.push_back(std::move(line));
    }
  }
  panel.log_y = wants_logarithm(panel);
  return panel;
}

}  // namespace

std::optional<Figure> success_figure(const std::vector<Method>& methods, double window) {
  Panel panel{.title = "success while it learns on line",
              .x_label = "on-line attempt",
              .y_label = concat("success, mean of the last ", window),
              .y_limits = {-0.02, 1.02}};
  int64_t color = 0;
  for (const auto& method : methods) {
    const auto curve = online_success(method, window);
    const auto seeds = method.runs.size();
    if (!curve.x.empty()) {
      panel.lines.push_back({.label = seeds > 1 ? concat(method.name, " (", seeds, " seeds)") : method.name,
                             .x = curve.x,
                             .y = curve.mean,
                             .low = curve.low,
                             .high = curve.high,
                             .color = color,
                             .width = 1.8});
    } else if (const auto last = snapshot_row(method, Snapshot::kLast); !last.rates.values.empty()) {
      panel.levels.push_back(
          {.label = concat(method.name, ": ", percent(last.rates.mean)), .y = last.rates.mean, .color = color});
    }
    ++color;
  }
  if (panel.lines.empty()) return std::nullopt;
  if (methods.size() == 1) {  // then the baselines are the other policies of the run
    const auto last = snapshot_row(methods[0], Snapshot::kLast).policy;
    for (const auto& row : policy_rows(methods[0])) {
      if (row.policy == last) continue;
      panel.levels.push_back(
          {.label = concat(row.policy, ": ", percent(row.rates.mean)), .y = row.rates.mean, .color = color++});
    }
  }
  return Figure{.name = "success", .panels = {panel}, .columns = 1, .dpi = 150};
}

std::optional<Figure> rates_figure(const std::vector<Method>& methods) {
  Panel panel{.kind = PanelKind::kIntervals,
              .title = "success on held-out situations",
              .x_label = "success rate",
              .x_limits = {-0.02, 1.02}};
  const auto add = [&](const std::string& label, const PolicyRow& row, int64_t color) {
    if (row.rates.values.empty()) return;
    IntervalRow shown{.label = label, .value = row.rates.mean, .color = color};
    std::optional<Interval> interval = row.rates.interval;
    for (const auto* score : row.scores) {
      if (score && !interval) interval = score->interval();
    }
    if (row.rates.values.size() > 1) shown.single = row.rates.values;
    if (interval) {
      shown.low = std::max(0.0, interval->low);
      shown.high = std::min(1.0, interval->high);
    }
    panel.rows.push_back(std::move(shown));
  };
  if (methods.size() == 1) {
    for (const auto& row : policy_rows(methods[0])) add(row.policy, row, 0);
  } else {
    for (size_t m = 0; m < methods.size(); ++m)
      add(methods[m].name, snapshot_row(methods[m], Snapshot::kLast), static_cast<int64_t>(m));
  }
  if (panel.rows.empty()) return std::nullopt;
  return Figure{.name = "rates", .panels = {panel}, .columns = 1, .dpi = 150};
}

std::vector<Figure> learning_figures(const std::vector<Method>& methods) {
  Figure losses{.name = "losses"}, values{.name = "values"}, other{.name = "other"};
  const auto metrics = learned_metrics(methods);
  for (const auto& learned : metrics) {
    const bool shared = std::count_if(metrics.begin(), metrics.end(),
                                      [&](const auto& one) { return one.metric == learned.metric; }) > 1;
    auto panel = learned_panel(methods, learned, shared);
    if (panel.lines.empty()) continue;
    const auto family = family_of(learned.metric);
    auto& figure = family == Family::kLosses ? losses : family == Family::kValues ? values : other;
    figure.panels.push_back(std::move(panel));
  }
  std::vector<Figure> figures;
  for (auto& figure : {losses, values, other}) {
    if (!figure.panels.empty()) figures.push_back(figure);
  }
  return figures;
}

std::optional<Figure> zero_shot_figure(const std::vector<RunLook>& looks) {
  Panel panel{.kind = PanelKind::kIntervals,
              .title = "success in situations of another kind",
              .x_label = "success rate",
              .x_limits = {-0.02, 1.02}};
  for (size_t i = 0; i < looks.size(); ++i) {
    for (const auto& row : looks[i].zero_shot) {
      const auto [low, high] = row.score.interval();
      const auto who = looks.size() > 1 ? looks[i].run->method + ", " : std::string();
      panel.rows.push_back({.label = who + row.scenario.name,
                            .value = row.score.rate(),
                            .low = low,
                            .high = high,
                            .color = static_cast<int64_t>(i)});
    }
  }
  if (panel.rows.empty()) return std::nullopt;
  return Figure{.name = "zero_shot", .panels = {panel}, .columns = 1, .dpi = 150};
}

}  // namespace onramp
