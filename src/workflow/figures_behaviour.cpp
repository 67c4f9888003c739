// Figures of what a policy does and of what its critic believes.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "onramp/base/text.h"
#include "onramp/core/tensor_io.h"
#include "onramp/workflow/figures.h"

namespace onramp {
namespace {

constexpr int64_t kWayColor = 0, kFailedColor = 1, kItemColor = 4;

std::string action_name(const ActionSpec& spec, int64_t i) {
  return i < int64_t(spec.fields.size()) ? spec.fields[size_t(i)] : concat("action ", i);
}

/// A row an attempt, a column a step, in the colours that films have as borders (envs/video.h); grey after its end.
Panel acting_panel(const std::vector<std::vector<uint8_t>>& acting, const std::string& title) {
  constexpr size_t kRows = 60;
  constexpr std::array<uint8_t, 3> kCloned{60, 150, 255}, kLearned{255, 140, 20}, kOver{140, 140, 140};
  const size_t rows = std::min(kRows, acting.size());
  size_t steps = 1;
  for (const auto& attempt : acting) steps = std::max(steps, attempt.size());
  Panel panel{.kind = PanelKind::kPicture,
              .title = concat(title, ", ", counted(static_cast<int64_t>(acting.size()), "attempt")),
              .x_label = concat("step, 1 to ", steps),
              .y_label = "attempts",
              .height = static_cast<int64_t>(rows),
              .width = static_cast<int64_t>(steps)};
  for (size_t row = 0; row < rows; ++row) {
    const auto& attempt = acting[rows == 1 ? 0 : row * (acting.size() - 1) / (rows - 1)];
    for (size_t t = 0; t < steps; ++t) {
      const auto& color = t >= attempt.size() ? kOver : attempt[t] ? kCloned : kLearned;
      panel.pixels.insert(panel.pixels.end(), color.begin(), color.end());
    }
  }
  return panel;
}

/// First, middle and last.
std::vector<const Trajectory*> chosen(const std::vector<Trajectory>& all) {
  const auto count = static_cast<int64_t>(all.size());
  std::vector<int64_t> wanted{1, (count + 1) / 2, count};
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  std::vector<const Trajectory*> found;
  for (const auto attempt : wanted) {
    if (attempt >= 1 && attempt <= count) found.push_back(&all[size_t(attempt - 1)]);
  }
  return found;
}

double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(share * double(values.size() - 1))];
}

struct Box {
  double low_x = std::numeric_limits<double>::infinity(), high_x = -low_x, low_y = low_x, high_y = -low_x;
  void add(const std::vector<double>& x, const std::vector<double>& y) {
    for (const double v : x) low_x = std::min(low_x, v), high_x = std::max(high_x, v);
    for (const double v : y) low_y = std::min(low_y, v), high_y = std::max(high_y, v);
  }
};

Panel way_panel(const Trajectory& way, const std::string& title, const Recorded& recorded) {
  Panel panel{.title = concat(title, ": ", way.succeeded ? "success" : "no success"),
              .x_label = "x",
              .y_label = "y",
              .equal = true};
  if (recorded.pose) {
    const auto& fields = recorded.observation.find(recorded.pose->entry)->fields;
    panel.x_label = fields[size_t(recorded.pose->x)];
    panel.y_label = fields[size_t(recorded.pose->y)];
  }
  const int64_t color = way.succeeded ? kWayColor : kFailedColor;
  panel.lines.push_back(
      {.label = way.succeeded ? "way, success" : "way, no success", .x = way.x, .y = way.y, .color = color});
  panel.points.push_back({.label = "start", .x = way.x.front(), .y = way.y.front(), .color = color, .marker = "o"});
  panel.points.push_back({.label = "end", .x = way.x.back(), .y = way.y.back(), .color = color, .marker = "X"});
  for (size_t i = 0; i < way.item_x.size(); ++i) {
    panel.points.push_back(
        {.label = "item, at the start", .x = way.item_x[i], .y = way.item_y[i], .color = kItemColor, .marker = "s"});
  }
  return panel;
}

Panel picture_panel(const FieldLook& look, const std::string& title) {
  const auto picture = look.state.obs.at(look.picture)[0].contiguous();  // [H, W, 3]
  return {.kind = PanelKind::kPicture,
          .title = title,
          .height = picture.size(0),
          .width = picture.size(1),
          .pixels = copy_to_vector<uint8_t>(picture)};
}

Panel field_panel(const FieldLook& look, const Recorded& recorded) {
  const auto velocity = find_velocity(recorded.action);
  Panel panel{.kind = PanelKind::kField,
              .title = "Q around the policy's action",
              .x_label = action_name(recorded.action, velocity->x),
              .y_label = action_name(recorded.action, velocity->y)};
  panel.x = panel.y = look.field.axis;
  panel.values = look.field.q;
  panel.value_label = std::string("Q");
  panel.points.push_back(
      {.label = "the policy's action", .x = look.field.policy_x, .y = look.field.policy_y, .marker = "o"});
  return panel;
}

Panel similarity_panel(const RunLook& look, const CriticLook& critic, double limit) {
  char mean[32];
  std::snprintf(mean, sizeof mean, "%.3g", critic.mean_similarity);
  Panel panel{.kind = PanelKind::kMatrix,
              .title = concat(look.run->method, ", after ", critic.phase, "\nmean |dot| = ", mean),
              .x_label = "pair",
              .y_label = "pair"};
  panel.values = critic.similarity;
  panel.matrix_rows = static_cast<int64_t>(critic.q.size());
  panel.limit = limit;
  panel.value_label = std::string("dot product");
  return panel;
}

void add_bounds(Panel& panel, const ValueBounds& bounds) {
  const auto level = [&](const std::string& what, double y, int64_t color, const char* style) {
    char value[32];
    std::snprintf(value, sizeof value, "%+.1f", y);
    panel.levels.push_back({.label = concat(what, ": ", value), .y = y, .color = color, .style = style});
  };
  if (bounds.success) return level("success, which ends the attempt", *bounds.success, 7, ":");
  if (bounds.undiscounted) level("every step rewarded, undiscounted", *bounds.undiscounted, 1, "--");
  level("for ever, 1 / (1 - g)", bounds.endless, 7, ":");
  if (bounds.discounted) level("every step of an episode, discounted", *bounds.discounted, 4, "-.");
}

/// What was logged of the agent whose critic it is, over its updates.
void add_logged(Panel& panel, const RunRecord& run, const char* metric, const std::string& label, int64_t color) {
  Line line{.label = label, .color = color, .width = 1.0};
  const auto* online = run.online_phase();
  for (const auto& phase : run.phases) {
    const auto* series = run.metrics.find(phase.name, metric);
    if (!series || (online && phase.learner != online->learner)) continue;
    for (size_t i = 0; i < series->step.size(); ++i) {
      line.x.push_back(run.updates_at(phase.name, series->step[i]));
      line.y.push_back(series->value[i]);
    }
  }
  if (!line.x.empty()) panel.lines.push_back(std::move(line));
}

}  // namespace

std::optional<Figure> actions_figure(const std::vector<RunLook>& looks) {
  Figure figure{.name = "actions"};
  const auto shown =
      std::find_if(looks.begin(), looks.end(), [](const auto& l) { return l.recorded.online_steps > 0; });
  if (shown == looks.end()) return std::nullopt;
  const ActionSpec spec = shown->recorded.action;
  for (int64_t i = 0; i < spec.dim; ++i) {
    Panel panel{
        .kind = PanelKind::kBars, .title = action_name(spec, i), .x_label = "action", .y_label = "share of steps"};
    for (size_t m = 0; m < looks.size(); ++m) {
      const auto& recorded = looks[m].recorded;
      if (recorded.online_steps == 0 || recorded.action.dim != spec.dim) continue;
      const auto& counts = recorded.action_counts[size_t(i)];
      const auto bins = counts.size();
      if (panel.edges.empty()) {
        for (size_t b = 0; b <= bins; ++b) panel.edges.push_back(-1.0 + 2.0 * double(b) / double(bins));
      }
      Bars bars{.label = looks[m].run->name(), .color = int64_t(m)};
      for (const auto count : counts) bars.heights.push_back(double(count) / double(recorded.online_steps));
      panel.bars.push_back(std::move(bars));
    }
    figure.panels.push_back(std::move(panel));
  }
  figure.columns = 4;
  return figure;
}

std::optional<Figure> acting_figure(const std::vector<RunLook>& looks) {
  Figure figure{.name = "acting", .dpi = 150};
  for (const auto& look : looks) {
    if (!look.recorded.acting.empty()) figure.panels.push_back(acting_panel(look.recorded.acting, look.run->name()));
  }
  if (figure.panels.empty()) return std::nullopt;
  return figure;
}

std::optional<Figure> trajectories_figure(const std::vector<RunLook>& looks) {
  Figure figure{.name = "trajectories"};
  Box box;
  for (const auto& look : looks) {
    const auto ways = chosen(look.recorded.trajectories);
    if (!ways.empty()) figure.columns = std::max<int64_t>(1, int64_t(ways.size()));
    for (const auto* way : ways) {
      const auto who = looks.size() > 1 ? look.run->method + ", " : std::string();
      figure.panels.push_back(way_panel(*way, concat(who, "attempt ", way->attempt), look.recorded));
      box.add(way->x, way->y);
      box.add(way->item_x, way->item_y);
    }
  }
  if (figure.panels.empty()) return std::nullopt;
  const double margin = 0.05 * std::max(box.high_x - box.low_x, box.high_y - box.low_y) + 1e-3;
  for (auto& panel : figure.panels) {
    panel.x_limits = {box.low_x - margin, box.high_x + margin};
    panel.y_limits = {box.low_y - margin, box.high_y + margin};
  }
  return figure;
}

std::optional<Figure> similarity_figure(const std::vector<RunLook>& looks) {
  double limit = 0.0;
  for (const auto& look : looks) {
    for (const auto& critic : look.critics) {
      std::vector<double> sizes;
      for (const double value : critic.similarity) sizes.push_back(std::abs(value));
      limit = std::max(limit, quantile(std::move(sizes), 0.98));
    }
  }
  Figure figure{.name = "similarity", .columns = 1};
  for (const auto& look : looks) {
    for (const auto& critic : look.critics)
      figure.panels.push_back(similarity_panel(look, critic, limit > 0 ? limit : 1));
    figure.columns = std::max(figure.columns, int64_t(look.critics.size()));
  }
  if (figure.panels.empty()) return std::nullopt;
  return figure;
}

std::optional<Figure> values_figure(const std::vector<RunLook>& looks) {
  Figure figure{.name = "q_values", .columns = looks.size() > 1 ? 2 : 1, .dpi = 130};
  for (const auto& look : looks) {
    Panel panel{.title = looks.size() > 1 ? look.run->name() : "Q-estimates", .x_label = "updates", .y_label = "Q"};
    add_logged(panel, *look.run, "q_data", "batches: mean", 0);
    add_logged(panel, *look.run, "q_data_max", "batches: largest", 5);
    for (const auto& critic : look.critics) {
      const auto mean = std::accumulate(critic.q.begin(), critic.q.end(), 0.0) / double(critic.q.size());
      panel.points.push_back({.label = concat(critic.q.size(), " random pairs: mean, 1st to 99th percentile"),
                              .x = critic.updates,
                              .y = mean,
                              .low = std::min(mean, quantile(critic.q, 0.01)),
                              .high = std::max(mean, quantile(critic.q, 0.99)),
                              .color = 3});
      panel.points.push_back({.label = "random pairs: largest",
                              .x = critic.updates,
                              .y = *std::max_element(critic.q.begin(), critic.q.end()),
                              .color = 3,
                              .marker = "^"});
    }
    if (panel.lines.empty() && panel.points.empty()) continue;
    if (look.bounds) add_bounds(panel, *look.bounds);
    figure.panels.push_back(std::move(panel));
  }
  if (figure.panels.empty()) return std::nullopt;
  return figure;
}

std::optional<Figure> fields_figure(const std::vector<RunLook>& looks) {
  Figure figure{.name = "fields", .columns = 4};
  const size_t each = looks.size() > 1 ? 2 : 4;
  for (const auto& look : looks) {
    for (size_t i = 0; i < std::min(each, look.fields.size()); ++i) {
      const auto& shown = look.fields[i];
      const auto title = concat(looks.size() > 1 ? look.run->method + ": " : "", "episode ", shown.state.episode,
                                ", step ", shown.state.step);
      if (shown.picture.empty()) {
        figure.columns = 2;
      } else {
        figure.panels.push_back(picture_panel(shown, title));
      }
      figure.panels.push_back(field_panel(shown, look.recorded));
    }
  }
  if (figure.panels.empty()) return std::nullopt;
  return figure;
}

}  // namespace onramp
