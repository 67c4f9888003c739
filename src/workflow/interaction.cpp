#include "onramp/workflow/interaction.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>

#include "onramp/base/error.h"
#include "onramp/base/text.h"

namespace onramp {
namespace {

/// Whether its attempts are those of a policy that the run itself made.
bool acts_by_itself(const RunRecord& run, const PhaseRecord& phase) {
  if (phase.collects_online()) return true;
  return phase.type == "collect" && !phase.policy.empty() && !run.config.get("policies").has(phase.policy);
}

/// Steps made in a phase until the end of each attempt whose length was logged.
std::vector<double> running_total(const Series& length) {
  std::vector<double> total;
  double steps = 0.0, attempt = 0.0;
  for (size_t i = 0; i < length.step.size(); ++i) {
    steps += (length.step[i] - attempt) * length.value[i];
    attempt = length.step[i];
    total.push_back(steps);
  }
  return total;
}

/// At an attempt: between two that are known, in proportion.
double total_at(const Series& length, const std::vector<double>& total, double attempt) {
  const auto next = std::lower_bound(length.step.begin(), length.step.end(), attempt) - length.step.begin();
  if (next == std::ssize(total)) return total.back();
  const auto i = static_cast<size_t>(next);
  const double low = i == 0 ? 0.0 : length.step[i - 1], low_total = i == 0 ? 0.0 : total[i - 1];
  return low_total + (total[i] - low_total) * (attempt - low) / (length.step[i] - low);
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// What stands at a step: the last attempt that had ended by then, drawn on towards the next.
double value_at(const std::vector<double>& x, const std::vector<double>& y, double at) {
  const auto next = static_cast<size_t>(std::lower_bound(x.begin(), x.end(), at) - x.begin());
  if (next == x.size()) return y.back();
  if (next == 0 || x[next] == at) return y[next];
  return y[next - 1] + (y[next] - y[next - 1]) * (at - x[next - 1]) / (x[next] - x[next - 1]);
}

/// Where a mean of attempts begins to say something: before a quarter of the window it would jump with each.
double first_steps(const StepSeries& series, double window) {
  const double wanted = std::min(window, series.attempt.back()) / 4;
  const auto first = std::lower_bound(series.attempt.begin(), series.attempt.end(), wanted) - series.attempt.begin();
  return series.steps[static_cast<size_t>(first)];
}

std::vector<StepSeries> series_of_seeds(const Method& method, const std::string& metric) {
  std::vector<StepSeries> all;
  for (const auto* run : method.runs) {
    if (auto series = over_steps(*run, metric)) all.push_back(std::move(*series));
  }
  return all;
}

}  // namespace

std::optional<StepSeries> over_steps(const RunRecord& run, const std::string& metric) {
  StepSeries found;
  double steps = 0.0, attempts = 0.0;  // since it learns on line
  std::vector<double> before;
  bool online = false;
  for (const auto& phase : run.phases) {
    if (!acts_by_itself(run, phase)) continue;
    const auto* length = run.metrics.find(phase.name, "length");
    if (!length || length->value.empty()) continue;
    const auto total = running_total(*length);
    const auto* series = run.metrics.find(phase.name, metric);
    online = online || phase.collects_online();
    if (!online) {
      found.before += total.back();
      if (series) before.insert(before.end(), series->value.begin(), series->value.end());
      continue;
    }
    for (size_t i = 0; series && i < series->step.size(); ++i) {
      found.attempt.push_back(attempts + series->step[i]);
      found.steps.push_back(steps + total_at(*length, total, series->step[i]));
      found.value.push_back(series->value[i]);
    }
    steps += total.back();
    attempts += length->step.back();
  }
  if (found.value.empty()) return std::nullopt;
  if (!before.empty()) found.value_before = mean_of(before);
  return found;
}

std::optional<StepCurve> step_curve(const Method& method, const std::string& metric, double window) {
  constexpr int64_t kPoints = 160;
  const auto all = series_of_seeds(method, metric);
  if (all.empty()) return std::nullopt;
  StepCurve curve{.seeds = std::ssize(all)};
  double from = 0.0, to = all.front().steps.back();
  std::vector<double> before;
  std::vector<std::vector<double>> smooth;
  for (const auto& one : all) {
    curve.before += one.before / static_cast<double>(all.size());
    if (one.value_before) before.push_back(*one.value_before);
    from = std::max(from, first_steps(one, window));
    to = std::min(to, one.steps.back());
    smooth.push_back(trailing_mean(one.attempt, one.value, window));
  }
  if (!before.empty()) curve.value_before = mean_of(before);
  for (int64_t i = 0; i < (to > from ? kPoints : 1); ++i) {
    const double at = to > from ? from + (to - from) * double(i) / double(kPoints - 1) : to;
    std::vector<double> values;
    for (size_t k = 0; k < all.size(); ++k) values.push_back(value_at(all[k].steps, smooth[k], at));
    const auto over = over_seeds(std::move(values));
    curve.x.push_back(curve.before + at);
    curve.mean.push_back(over.mean);
    if (!over.interval) continue;
    curve.low.push_back(over.interval->low);
    curve.high.push_back(over.interval->high);
  }
  return curve;
}

OverSeeds at_step(const Method& method, const std::string& metric, double window, double steps) {
  std::vector<double> values;
  for (const auto& one : series_of_seeds(method, metric)) {
    const double since = steps - one.before;
    if (since < one.steps.front() || since > one.steps.back()) continue;
    const auto ended = std::upper_bound(one.steps.begin(), one.steps.end(), since) - one.steps.begin();
    values.push_back(trailing_mean(one.attempt, one.value, window)[static_cast<size_t>(ended - 1)]);
  }
  return over_seeds(std::move(values));
}

double common_steps(const Method& method) {
  std::optional<double> least;
  for (const auto& one : series_of_seeds(method, "success")) {
    const double whole = one.before + one.steps.back();
    least = std::min(least.value_or(whole), whole);
  }
  return least.value_or(0.0);
}

const Score* first_score(const RunRecord& run) {
  const auto online =
      std::find_if(run.phases.begin(), run.phases.end(), [](const auto& phase) { return phase.collects_online(); });
  if (online == run.phases.end()) return nullptr;
  const auto learners = run.config.get("learners");
  const bool asks_cloned = run.metrics.find(online->name, "bc_share") != nullptr;
  const auto is_cloning = [&](const PhaseRecord& phase) {
    const auto type = learners.has(phase.learner) ? learners.at(phase.learner).get("type") : ConfigNode();
    return type.is_scalar() && type.text() == "bc";
  };
  const Score* first = nullptr;
  for (auto phase = run.phases.begin(); phase != online; ++phase) {
    if (phase->type != "learn" || (asks_cloned ? !is_cloning(*phase) : phase->learner != online->learner)) continue;
    if (const auto* found = run.score(phase->name)) first = found;
  }
  return first;
}

double setting_number(const ConfigNode& config, const std::string& key) {
  ConfigNode node = config;
  std::stringstream words(key);
  for (std::string word; std::getline(words, word, '.');) {
    if (node.is_list()) {
      std::optional<ConfigNode> found;
      const auto elements = node.elements();
      for (size_t i = 0; i < elements.size(); ++i) {
        const auto name = elements[i].is_map() ? elements[i].get("name") : ConfigNode();
        if (word == std::to_string(i) || (name.is_scalar() && name.text() == word)) found = elements[i];
      }
      if (!found) throw ConfigError(concat("no '", word, "' of '", key, "' in the config"));
      node = *found;
    } else if (node.is_map() && node.has(word)) {
      node = node.at(word);
    } else {
      throw ConfigError(concat("no '", word, "' of '", key, "' in the config"));
    }
  }
  if (!node.is_scalar()) throw ConfigError(concat("'", key, "' is no number"));
  return node.as<double>();
}

}  // namespace onramp
