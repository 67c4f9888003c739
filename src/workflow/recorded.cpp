#include "onramp/workflow/recorded.h"

#include <ATen/ops/stack.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "onramp/base/error.h"
#include "onramp/base/random.h"
#include "onramp/core/tensor_io.h"
#include "onramp/data/acting.h"
#include "onramp/data/store/episode_store.h"

namespace onramp {
namespace {

/// Place of a field called `axis`, "..._axis_m" or "axis_m"; -1: none.
int64_t field_of(const std::vector<std::string>& fields, const std::string& axis) {
  for (size_t i = 0; i < fields.size(); ++i) {
    const auto& field = fields[i];
    if (field == axis || field == axis + "_m" || field == "tool_" + axis + "_m" || field == "tcp_" + axis + "_m")
      return static_cast<int64_t>(i);
  }
  return -1;
}

/// Fields "<item>_x_m" and "<item>_y_m" that are not the tool's.
std::vector<std::pair<int64_t, int64_t>> item_fields(const std::vector<std::string>& fields) {
  std::vector<std::pair<int64_t, int64_t>> found;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (!fields[i].ends_with("_x_m") || fields[i].starts_with("tool_") || fields[i].starts_with("tcp_")) continue;
    const auto stem = fields[i].substr(0, fields[i].size() - 4);
    const auto y = std::find(fields.begin(), fields.end(), stem + "_y_m");
    if (y != fields.end()) found.emplace_back(int64_t(i), y - fields.begin());
  }
  return found;
}

Observation observation_at(const Episode& episode, int64_t step) {
  Observation observation;
  for (const auto& entry : episode.observation_spec.entries) {
    if (entry.privileged) continue;
    const auto size = static_cast<size_t>(entry.numel());
    const auto first = static_cast<size_t>(step) * size;
    if (entry.dtype == DType::kUint8) {
      const std::span<const uint8_t> all(episode.images.at(entry.name));
      observation.set(entry.name, copy_to_tensor(all.subspan(first, size), entry.shape));
    } else {
      const std::span<const float> all(episode.vectors.at(entry.name));
      observation.set(entry.name, copy_to_tensor(all.subspan(first, size), entry.shape));
    }
  }
  return observation;
}

Trajectory trajectory_of(const Episode& episode, const PlaneFields& pose, int64_t attempt) {
  Trajectory way{.attempt = attempt, .succeeded = episode.succeeded()};
  const auto& entry = *episode.observation_spec.find(pose.entry);
  const auto& values = episode.vectors.at(pose.entry);
  const auto width = entry.numel();
  for (int64_t t = 0; t <= episode.length(); ++t) {
    way.x.push_back(values[size_t(t * width + pose.x)]);
    way.y.push_back(values[size_t(t * width + pose.y)]);
  }
  for (const auto& [x, y] : item_fields(entry.fields)) {
    way.item_x.push_back(values[size_t(x)]);
    way.item_y.push_back(values[size_t(y)]);
  }
  return way;
}

/// K of a stream of unknown length, each subset equally likely (Vitter's algorithm R).
class Reservoir {
 public:
  Reservoir(int64_t size, uint64_t seed) : size_(size), draws_(seed, "report/pairs") {}
  /// Where the next element of the stream goes; -1: it is not wanted.
  int64_t place() {
    const int64_t seen = seen_++;
    if (seen < size_) return seen;
    const int64_t place = draws_.next().below(seen + 1);
    return place < size_ ? place : -1;
  }

 private:
  int64_t size_, seen_ = 0;
  RandomStream draws_;
};

class Reader {
 public:
  Reader(const RunRecord& run, const RecordedOptions& options)
      : options_(options), reservoir_(options.pairs, static_cast<uint64_t>(run.seed)) {
    if (const auto* online = run.online_phase()) online_ = online->name;
  }

  void add(int64_t number, const Episode& episode) {
    if (out.episodes++ == 0) {
      out.observation = episode.observation_spec;
      out.action = episode.action_spec;
      out.pose = find_pose(out.observation);
      out.action_counts.assign(size_t(out.action.dim), std::vector<int64_t>(size_t(options_.bins)));
    }
    if (episode.succeeded()) {
      goes_on_after_success_ |= episode.end != EndReason::kSuccess;
      out.success_ends = !goes_on_after_success_;
    }
    for (size_t t = 0; t < episode.reward.size(); ++t) {
      const double reward = episode.reward[t];
      out.largest_reward = std::max(out.largest_reward.value_or(reward), reward);
      if (episode.success[t]) continue;
      out.largest_without_success = std::max(out.largest_without_success.value_or(reward), reward);
    }
    const auto phase = episode.meta.find("phase");
    const bool online = phase != episode.meta.end() && phase->second == online_;
    if (online || online_.empty()) add_timing(episode);
    const auto sources = episode.meta.find("sources");  // "": no learner was given it
    if (sources == episode.meta.end() || !sources->second.empty()) add_pairs(episode);
    lengths_.emplace_back(number, episode.length());
    if (!online) return;
    online_numbers_.push_back(lengths_.size() - 1);
    ++out.online_episodes;
    out.online_steps += episode.length();
    add_actions(episode);
    add_acting(episode);
    if (out.pose) out.trajectories.push_back(trajectory_of(episode, *out.pose, out.online_episodes));
  }

  void finish(const EpisodeStore& store) {
    for (auto& [name, values] : timing_) out.timing_us[name] = percentiles(std::move(values));
    if (!kept_.empty()) {
      std::vector<Observation> observations;
      std::vector<at::Tensor> actions;
      for (auto& [observation, action] : kept_) {
        observations.push_back(std::move(observation));
        actions.push_back(std::move(action));
      }
      out.pairs = {stack(observations), at::stack(actions)};
    }
    add_states(store);
  }

  Recorded out;

 private:
  void add_actions(const Episode& episode) {
    const auto A = out.action.dim;
    for (size_t i = 0; i < episode.action.size(); ++i) {
      const auto bin = static_cast<int64_t>((episode.action[i] + 1.0) / 2.0 * double(options_.bins));
      ++out.action_counts[i % size_t(A)][size_t(std::clamp<int64_t>(bin, 0, options_.bins - 1))];
    }
  }

  void add_acting(const Episode& episode) {
    std::vector<uint8_t> acting;
    for (int64_t t = 0; t < episode.length(); ++t) {
      const auto who = who_acted(episode, t);
      if (!who) return;
      acting.push_back(*who == Acting::kCloned);
    }
    out.acting.push_back(std::move(acting));
  }

  void add_timing(const Episode& episode) {
    for (const auto& [name, column] : episode.extra) {
      if (!name.ends_with("_us") || column.width != 1) continue;
      auto& values = timing_[name];
      values.insert(values.end(), column.values.begin(), column.values.end());
    }
  }

  void add_pairs(const Episode& episode) {
    const auto A = size_t(episode.action_spec.dim);
    for (int64_t t = 0; t < episode.length(); ++t) {
      const int64_t place = reservoir_.place();
      if (place < 0) continue;
      const std::span<const float> action(episode.action.data() + size_t(t) * A, A);
      std::pair kept{observation_at(episode, t), copy_to_tensor(action, {int64_t(A)})};
      if (place < int64_t(kept_.size())) {
        kept_[size_t(place)] = std::move(kept);
      } else {
        kept_.push_back(std::move(kept));
      }
    }
  }

  /// Evenly over the on-line attempts (without any: over all episodes), a sixth into each: the tool is on its way.
  void add_states(const EpisodeStore& store) {
    std::vector<size_t> from = online_numbers_;
    if (from.empty()) {
      for (size_t i = 0; i < lengths_.size(); ++i) from.push_back(i);
    }
    const auto count = std::min<int64_t>(options_.states, int64_t(from.size()));
    for (int64_t i = 0; i < count; ++i) {
      const auto at = count == 1 ? 0 : i * (int64_t(from.size()) - 1) / (count - 1);
      const auto [number, length] = lengths_[from[size_t(at)]];
      const int64_t step = length / 6;
      out.states.push_back({number, step, observation_at(store.load(number), step).unsqueeze()});
    }
  }

  const RecordedOptions options_;
  std::string online_;
  Reservoir reservoir_;
  std::vector<std::pair<Observation, at::Tensor>> kept_;
  std::map<std::string, std::vector<float>> timing_;
  std::vector<std::pair<int64_t, int64_t>> lengths_;  // number, steps
  bool goes_on_after_success_ = false;
  std::vector<size_t> online_numbers_;  // places in lengths_
};

}  // namespace

std::optional<PlaneFields> find_pose(const ObservationSpec& spec) {
  for (const bool privileged : {true, false}) {
    for (const auto& entry : spec.entries) {
      if (entry.privileged != privileged || entry.dtype != DType::kFloat32) continue;
      const auto x = field_of(entry.fields, "x"), y = field_of(entry.fields, "y");
      if (x >= 0 && y >= 0) return PlaneFields{entry.name, x, y};
    }
  }
  return std::nullopt;
}

std::optional<PlaneFields> find_velocity(const ActionSpec& spec) {
  const auto place = [&](const std::string& name) {
    const auto found = std::find_if(spec.fields.begin(), spec.fields.end(),
                                    [&](const auto& f) { return f == name || f.starts_with(name + " "); });
    return found == spec.fields.end() ? int64_t{-1} : int64_t(found - spec.fields.begin());
  };
  const auto x = place("vx"), y = place("vy");
  if (x < 0 || y < 0) return std::nullopt;
  return PlaneFields{"", x, y};
}

Percentiles percentiles(std::vector<float> values) {
  std::sort(values.begin(), values.end());
  const auto rank = [&](double share) {
    const auto n = static_cast<double>(values.size());
    return double(values[static_cast<size_t>(std::max(0.0, std::ceil(share * n) - 1))]);
  };
  return {rank(0.5), rank(0.99), values.back(), static_cast<int64_t>(values.size())};
}

Recorded read_recorded(const RunRecord& run, const RecordedOptions& options) {
  Reader reader(run, options);
  auto& notes = reader.out.notes;
  const auto folder = run.folder / "episodes";
  if (!std::filesystem::is_directory(folder)) {
    notes.push_back(concat(run.name(), " holds no recorded episodes"));
    return std::move(reader.out);
  }
  const EpisodeStore store(folder);
  for (const int64_t number : store.list()) {
    try {
      reader.add(number, store.load(number));
    } catch (const Error& error) {
      notes.push_back(concat("an episode was left out: ", error.what()));
    }
  }
  if (reader.out.episodes == 0) notes.push_back(concat(run.name(), " has recorded no episode"));
  reader.finish(store);
  return std::move(reader.out);
}

}  // namespace onramp
