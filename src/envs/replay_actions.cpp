#include "onramp/envs/replay_actions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "onramp/base/error.h"
#include "onramp/base/text.h"
#include "onramp/core/tensor_io.h"

namespace onramp {

namespace {

/// NaN on one side alone counts as an infinite difference.
double difference(double a, double b) {
  if (std::isnan(a) && std::isnan(b)) return 0.0;
  const double d = std::abs(a - b);
  return std::isnan(d) ? std::numeric_limits<double>::infinity() : d;
}

template <class T>
void compare(std::span<const T> recorded, const at::Tensor& now, EntryDrift& out) {
  const auto host = now.contiguous();
  const T* values = host.template const_data_ptr<T>();
  double most = 0.0, sum = 0.0;
  for (size_t i = 0; i < recorded.size(); ++i) {
    const double d = difference(static_cast<double>(recorded[i]), static_cast<double>(values[i]));
    most = std::max(most, d);
    sum += d;
  }
  out.max.push_back(most);
  out.mean.push_back(recorded.empty() ? 0.0 : sum / static_cast<double>(recorded.size()));
}

void compare_observation(const Episode& episode, const Observation& now, size_t t, ReplayDrift& drift) {
  for (auto& entry : drift.entries) {
    const auto numel = static_cast<size_t>(episode.observation_spec.find(entry.entry)->numel());
    const auto& value = now.at(entry.entry);
    if (const auto image = episode.images.find(entry.entry); image != episode.images.end()) {
      compare(std::span(image->second).subspan(t * numel, numel), value, entry);
    } else {
      compare(std::span(episode.vectors.at(entry.entry)).subspan(t * numel, numel), value, entry);
    }
  }
}

}  // namespace

ReplayDrift replay_actions(Environment& environment, const Episode& episode, uint64_t seed) {
  const EnvSpec& spec = environment.spec();
  const auto A = static_cast<size_t>(episode.action_spec.dim);
  if (spec.action.dim != episode.action_spec.dim) {
    throw DataError(concat("the recorded actions have ", A, " values, ", spec.name, " takes ", spec.action.dim,
                           "; name the environment that they were recorded in"));
  }
  ReplayDrift drift;
  for (const auto& entry : episode.observation_spec.entries) {
    const auto* now = spec.observation.find(entry.name);
    if (now && now->shape == entry.shape && now->dtype == entry.dtype) {
      drift.entries.push_back({entry.name, {}, {}});
    } else {
      drift.not_compared.push_back(entry.name);
    }
  }
  compare_observation(episode, environment.reset(seed), 0, drift);
  for (size_t t = 0; t < episode.reward.size() && !drift.end; ++t) {
    const auto action = std::span(episode.action).subspan(t * A, A);
    const Step step = environment.step(copy_to_tensor(action, {episode.action_spec.dim}));
    ++drift.steps;
    drift.reward.push_back(difference(episode.reward[t], static_cast<float>(step.reward)));
    EntryDrift executed;
    const auto recorded = std::span<const float>(episode.executed_action).subspan(t * A, A);
    compare(recorded, step.executed_action.defined() ? step.executed_action : copy_to_tensor(action, {spec.action.dim}),
            executed);
    drift.executed_action.push_back(executed.max[0]);
    drift.success_differs.push_back((episode.success[t] != 0) != step.success);
    compare_observation(episode, step.obs, t + 1, drift);
    drift.end = step.end;
  }
  return drift;
}

double ReplayDrift::largest() const {
  double most = 0.0;
  const auto take = [&most](const std::vector<double>& values) {
    for (const double value : values) most = std::max(most, value);
  };
  for (const auto& entry : entries) take(entry.max);
  take(reward);
  take(executed_action);
  return most;
}

std::optional<int64_t> ReplayDrift::first_difference() const {
  for (int64_t t = 0; t <= steps; ++t) {
    const auto at = static_cast<size_t>(t);
    for (const auto& entry : entries) {
      if (entry.max[at] > 0.0) return t;
    }
    if (t > 0 && (reward[at - 1] > 0.0 || executed_action[at - 1] > 0.0 || success_differs[at - 1])) return t;
  }
  return std::nullopt;
}

std::string ReplayDrift::verdict(const Episode& episode) const {
  const std::string ended = end ? concat("ended by ", to_string(*end)) : "went on";
  const bool whole = steps == episode.length();
  const bool same_end = whole && end && *end == episode.end;
  const std::string how = same_end ? ended + " as recorded"
                                   : concat(ended, " after ", counted(steps, "step"),
                                            ", recorded: ", to_string(episode.end), " after ", episode.length());
  const auto first = first_difference();
  if (!first) return concat(counted(steps, "step"), " repeated bit for bit; ", how);
  const EntryDrift* worst = nullptr;
  size_t when = 0;
  for (const auto& entry : entries) {
    for (size_t t = 0; t < entry.max.size(); ++t) {
      if (entry.max[t] > 0.0 && (!worst || entry.max[t] > worst->max[when])) {
        worst = &entry;
        when = t;
      }
    }
  }
  std::string what = "rewards or executed actions differ";
  if (worst) {
    what = concat("'", worst->entry, "' drifts by up to ", format_number(static_cast<float>(worst->max[when])),
                  " (observation ", when, "), ", format_number(static_cast<float>(worst->max.back())), " at the end");
  }
  return concat("drifts from observation ", *first, " on: ", what, "; ", how);
}

}  // namespace onramp
