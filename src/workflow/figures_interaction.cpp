// Figures over the environment's steps, and what came of how methods began.

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "onramp/base/text.h"
#include "onramp/workflow/figures.h"
#include "onramp/workflow/interaction.h"

namespace onramp {
namespace {

constexpr int64_t kGrey = 7;
constexpr std::array<const char*, 3> kStyles = {"-", "--", "-."};  // where the palette of eight begins anew

const char* style_of(size_t method) { return kStyles[(method / 8) % kStyles.size()]; }

std::string whole_percent(double rate) { return concat(static_cast<int64_t>(std::lround(100 * rate)), " %"); }

std::string with_seeds(const std::string& name, int64_t seeds) {
  return seeds > 1 ? concat(name, " (", seeds, " seeds)") : name;
}

void into_range(std::vector<double>& values) {
  for (auto& value : values) value = std::clamp(value, 0.0, 1.0);
}

/// How a metric's curves are drawn.
struct StepLook {
  std::string metric, label;  ///< label goes behind the method's name; "": the method's alone
  std::string style;          ///< "": by the method
  bool share = false;         ///< within 0 and 1
};

/// On line a line with its band; what came before as a dotted level. @return whether there was anything
bool add_steps(Panel& panel, const Method& method, size_t place, const StepLook& look, double window) {
  auto curve = step_curve(method, look.metric, window);
  if (!curve) return false;
  if (look.share) {
    into_range(curve->low);
    into_range(curve->high);
  }
  const auto color = static_cast<int64_t>(place);
  panel.lines.push_back({.label = with_seeds(method.name, curve->seeds) + look.label,
                         .x = curve->x,
                         .y = curve->mean,
                         .low = curve->low,
                         .high = curve->high,
                         .color = color,
                         .style = look.style.empty() ? style_of(place) : look.style,
                         .width = 1.8});
  if (curve->before > 0 && curve->value_before) {
    panel.lines.push_back({.label = "",
                           .x = {0, curve->before},
                           .y = {*curve->value_before, *curve->value_before},
                           .color = color,
                           .style = ":",
                           .width = 1.4});
  }
  return true;
}

/// What methods began with: one level where all methods began with the same ones, else one for each method.
void add_first_scores(Panel& panel, const std::vector<Method>& methods) {
  std::map<int64_t, double> by_seed;
  bool alike = true;
  for (const auto& method : methods) {
    for (const auto* run : method.runs) {
      const auto* score = first_score(*run);
      if (!score) continue;
      const auto [found, is_new] = by_seed.emplace(run->seed, score->rate());
      alike = alike && found->second == score->rate();
    }
  }
  const auto add = [&](const std::string& who, const std::vector<double>& rates, int64_t color) {
    if (rates.empty()) return;
    const auto mean = over_seeds(rates).mean;
    panel.levels.push_back({.label = concat(who, ": ", whole_percent(mean)), .y = mean, .color = color});
  };
  if (alike) {
    std::vector<double> rates;
    for (const auto& [seed, rate] : by_seed) rates.push_back(rate);
    add("began with", rates, kGrey);
    return;
  }
  for (size_t m = 0; m < methods.size(); ++m) {
    std::vector<double> rates;
    for (const auto* run : methods[m].runs) {
      if (const auto* score = first_score(*run)) rates.push_back(score->rate());
    }
    add(methods[m].name + " began with", rates, static_cast<int64_t>(m));
  }
}

Panel panel_of_steps(const std::string& title, const std::string& y_label) {
  return {.title = title, .x_label = "environment steps", .y_label = y_label};
}

Panel panel_of_shares(const std::string& title, const std::string& y_label) {
  auto panel = panel_of_steps(title, y_label);
  panel.y_limits = {-0.02, 1.02};
  return panel;
}

/// Type of the learner that acts on line: methods of one type are one line of a setting's figure.
std::string kind_of(const Method& method) {
  const auto& run = *method.runs.front();
  const auto* online = run.online_phase();
  const auto learner = online ? run.config.get("learners").get(online->learner).get("type") : ConfigNode();
  return learner.is_scalar() ? learner.text() : method.name;
}

}  // namespace

std::optional<Figure> steps_figure(const std::vector<Method>& methods, double window) {
  auto panel =
      panel_of_shares("success over environment steps", concat("success, mean of the last ", window, " attempts"));
  for (size_t m = 0; m < methods.size(); ++m) {
    const bool learns =
        add_steps(panel, methods[m], m, {.metric = "success", .label = "", .style = "", .share = true}, window);
    const auto last = snapshot_row(methods[m], Snapshot::kLast);
    if (learns || last.rates.values.empty()) continue;
    panel.levels.push_back({.label = concat(methods[m].name, ": ", whole_percent(last.rates.mean)),
                            .y = last.rates.mean,
                            .color = static_cast<int64_t>(m)});
  }
  if (panel.lines.empty()) return std::nullopt;
  add_first_scores(panel, methods);
  return Figure{.name = "success_steps", .panels = {panel}, .columns = 1, .dpi = 150};
}

std::optional<Figure> gate_figure(const std::vector<Method>& methods, double window) {
  auto success = panel_of_shares("success", "success");
  auto share = panel_of_shares("share of the cloned policy's actions", "share");
  auto values = panel_of_steps("values at the gate", "Q");
  for (size_t m = 0; m < methods.size(); ++m) {
    const auto& method = methods[m];
    const StepLook of_share{.metric = "bc_share", .label = "", .style = "", .share = true};
    if (!add_steps(share, method, m, of_share, window)) continue;
    add_steps(success, method, m, {.metric = "success", .label = "", .style = "", .share = true}, window);
    add_steps(values, method, m, {.metric = "gate_q_bc", .label = ": cloned", .style = "-"}, window);
    add_steps(values, method, m, {.metric = "gate_q_rl", .label = ": learned", .style = "--"}, window);
  }
  if (share.lines.empty()) return std::nullopt;
  Figure figure{.name = "gate", .panels = {success, share}};
  if (!values.lines.empty()) figure.panels.push_back(values);
  return figure;
}

std::optional<Figure> starts_figure(const std::vector<Method>& methods) {
  Panel panel{.title = "what came of how it began",
              .x_label = "success of the policy that it began with",
              .y_label = "success of the last policy",
              .x_limits = {-0.02, 1.02},
              .y_limits = {-0.02, 1.02},
              .equal = true};
  for (size_t m = 0; m < methods.size(); ++m) {
    bool labelled = false;
    for (const auto* run : methods[m].runs) {
      const auto *first = first_score(*run), *last = run->last_score();
      if (!first || !last || first == last) continue;
      panel.points.push_back({.label = labelled ? "" : methods[m].name,
                              .x = first->rate(),
                              .y = last->rate(),
                              .color = static_cast<int64_t>(m),
                              .marker = m < 8 ? "o" : "s"});
      labelled = true;
    }
  }
  if (panel.points.size() < 2) return std::nullopt;
  panel.lines.push_back({.label = "no better than at first", .x = {0, 1}, .y = {0, 1}, .color = kGrey, .style = ":"});
  return Figure{.name = "starts", .panels = {panel}, .columns = 1, .dpi = 150};
}

std::optional<Figure> setting_figure(const std::vector<Method>& methods, const std::string& key) {
  struct At {
    double x = 0.0;
    OverSeeds last, first;
  };
  std::map<std::string, std::vector<At>> kinds;
  for (const auto& method : methods) {
    const auto last = snapshot_row(method, Snapshot::kLast);
    if (last.rates.values.empty()) continue;
    std::vector<double> first;
    for (const auto* run : method.runs) {
      if (const auto* score = first_score(*run)) first.push_back(score->rate());
    }
    At at{.x = 0.0, .last = last.rates, .first = over_seeds(std::move(first))};
    try {
      at.x = setting_number(method.runs.front()->to_compare(), key);
    } catch (const ConfigError& error) {
      throw ConfigError(concat("--over ", key, ": ", method.name, ": ", error.what()));
    }
    kinds[kind_of(method)].push_back(std::move(at));
  }
  Panel panel{.title = concat("success by ", key), .x_label = key, .y_label = "success", .y_limits = {-0.02, 1.02}};
  int64_t color = 0;
  for (auto& [kind, all] : kinds) {
    std::sort(all.begin(), all.end(), [](const At& a, const At& b) { return a.x < b.x; });
    Line last{.label = kind + ", last policy", .color = color, .width = 1.8};
    Line first{.label = kind + " began with", .color = color, .style = ":"};
    for (const auto& at : all) {
      last.x.push_back(at.x);
      last.y.push_back(at.last.mean);
      Point point{.label = "", .x = at.x, .y = at.last.mean, .color = color};
      if (at.last.interval) {
        point.low = std::clamp(at.last.interval->low, 0.0, 1.0);
        point.high = std::clamp(at.last.interval->high, 0.0, 1.0);
      }
      panel.points.push_back(std::move(point));
      if (at.first.values.empty()) continue;
      first.x.push_back(at.x);
      first.y.push_back(at.first.mean);
    }
    panel.lines.push_back(std::move(last));
    if (!first.x.empty()) panel.lines.push_back(std::move(first));
    ++color;
  }
  if (panel.lines.empty()) return std::nullopt;
  return Figure{.name = "setting", .panels = {panel}, .columns = 1, .dpi = 150};
}

}  // namespace onramp
