#include "onramp/data/check.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "fault_list.h"
#include "onramp/base/error.h"
#include "onramp/base/printable.h"
#include "onramp/data/store/episode_file.h"

namespace onramp {

using detail::FaultList;

namespace {

constexpr int64_t kFrozenFrames = 10;  // 1 s at 10 Hz
constexpr double kMoved = 1e-3;        // a state that changed by less may well give the same picture

/// Largest change of any value between two rows of the float entries.
double moved(const Episode& episode, int64_t from, int64_t to) {
  double most = 0.0;
  for (const auto& entry : episode.observation_spec.entries) {
    if (entry.dtype != DType::kFloat32) continue;
    const auto& values = episode.vectors.at(entry.name);
    const int64_t width = entry.numel();
    for (int64_t i = 0; i < width; ++i) {
      most = std::max(most, static_cast<double>(std::abs(values[static_cast<size_t>(to * width + i)] -
                                                         values[static_cast<size_t>(from * width + i)])));
    }
  }
  return most;
}

bool has_vectors(const Episode& episode) {
  return std::any_of(episode.observation_spec.entries.begin(), episode.observation_spec.entries.end(),
                     [](const EntrySpec& entry) { return entry.dtype == DType::kFloat32; });
}

/// Without a state to go by, a picture should change while actions are not zero.
bool acted(const Episode& episode, int64_t from, int64_t to) {
  const int64_t A = episode.action_spec.dim;
  const auto begin = episode.executed_action.begin();
  return std::any_of(begin + from * A, begin + to * A, [](float v) { return std::abs(v) > 0.01F; });
}

void check_frozen(const Episode& episode, const EntrySpec& entry, FaultList& faults) {
  const auto& frames = episode.images.at(entry.name);
  const auto bytes = static_cast<size_t>(entry.numel());
  const auto same = [&](int64_t a, int64_t b) {
    return std::memcmp(frames.data() + static_cast<size_t>(a) * bytes, frames.data() + static_cast<size_t>(b) * bytes,
                       bytes) == 0;
  };
  const int64_t T = episode.length();
  for (int64_t first = 0, t = 1; t <= T + 1; ++t) {
    if (t <= T && same(t - 1, t)) continue;
    const int64_t last = t - 1;
    const bool moving = has_vectors(episode) ? moved(episode, first, last) > kMoved : acted(episode, first, last);
    if (last - first >= kFrozenFrames && moving) {
      faults.add(entry.name, first,
                 concat("the picture stands still for ", last - first, " steps while the robot moves"));
    }
    first = t;
  }
}

}  // namespace

std::string Fault::text() const {
  std::string where = file;
  if (!field.empty()) where += ": " + field;
  if (episode >= 0) where += concat(": episode ", episode);
  if (step >= 0) where += concat(episode >= 0 ? ", step " : ": step ", step);
  return one_line(where + ": " + what);  // names in it are the file's
}

std::vector<Fault> check_episode(const Episode& episode, const std::string& file, int64_t number) {
  FaultList faults{file, number, {}};
  try {
    check_consistent(episode, "episode");
  } catch (const DataError& error) {
    faults.add("", -1, error.what());
    return faults.list;  // nothing else can be trusted
  }
  if (episode.length() == 0) {
    faults.add("", -1, "has no steps");
    return faults.list;
  }
  const int64_t A = std::max<int64_t>(1, episode.action_spec.dim);
  for (const auto& entry : episode.observation_spec.entries) {
    if (entry.is_image()) check_frozen(episode, entry, faults);
    if (entry.dtype != DType::kFloat32) continue;
    const auto& values = episode.vectors.at(entry.name);
    const int64_t width = std::max<int64_t>(1, entry.numel());
    faults.add_not_finite(entry.name, values, width);
    faults.add_values(entry.name, values, width, concat("outside its bounds [", entry.low, ", ", entry.high, "]"),
                      [&](float v) { return !(v < entry.low || v > entry.high) || !std::isfinite(v); });
  }
  faults.add_not_finite("actions", episode.action, A);
  faults.add_not_finite("executed_actions", episode.executed_action, A);
  faults.add_outside("actions", episode.action, A);
  faults.add_outside("executed_actions", episode.executed_action, A);
  faults.add_not_finite("rewards", episode.reward, 1);
  for (const auto& [name, column] : episode.extra) {
    if (column.width > 0) faults.add_not_finite("extra/" + name, column.values, column.width);
  }
  const int64_t last = episode.length() - 1;
  if (episode.end == EndReason::kSuccess && !episode.success_at_end()) {
    faults.add("success", last, "the episode ended by success, but its last step has no success flag");
  }
  if (episode.end == EndReason::kFailure && episode.success_at_end()) {
    faults.add("success", last, "the episode ended by failure, but its last step has the success flag");
  }
  return faults.list;
}

std::optional<Fault> check_reset_between(const Episode& before, const Episode& after, const std::string& file,
                                         int64_t number) {
  const int64_t T = before.length();
  if (T < 3 || before.observation_spec != after.observation_spec || !has_vectors(before)) return std::nullopt;
  for (const auto& entry : before.observation_spec.entries) {
    if (entry.dtype != DType::kFloat32) continue;
    const auto n = static_cast<size_t>(entry.numel());
    const auto& old_values = before.vectors.at(entry.name);
    const auto& new_values = after.vectors.at(entry.name);
    if (std::memcmp(old_values.data() + static_cast<size_t>(T) * n, new_values.data(), n * sizeof(float)) != 0)
      return std::nullopt;
  }
  std::vector<double> changes;
  for (int64_t t = 0; t + 1 < T; ++t) changes.push_back(moved(before, t, t + 1));
  std::nth_element(changes.begin(), changes.begin() + static_cast<std::ptrdiff_t>(changes.size() / 2), changes.end());
  if (moved(before, T - 1, T) <= 5.0 * changes[changes.size() / 2]) return std::nullopt;  // the world simply went on
  return Fault{file, "observations", number, T,
               "the last observation is the first of the next episode: it was recorded after the reset"};
}

}  // namespace onramp
