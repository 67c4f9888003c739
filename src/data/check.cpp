#include "onramp/data/check.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>
#include <span>

#include "onramp/base/error.h"
#include "onramp/data/store/episode_file.h"

namespace onramp {

namespace {

constexpr float kActionSlack = 1e-5F;   // of writers that normalised in single precision
constexpr int64_t kFrozenFrames = 10;   // 1 s at 10 Hz
constexpr double kMoved = 1e-3;         // a state that changed by less may well give the same picture

/// Collects the faults of one episode or file.
struct Faults {
  std::string file;
  int64_t episode;
  std::vector<Fault> list;

  void add(const std::string& field, int64_t step, const std::string& what) { list.push_back({file, field, episode, step, what}); }

  /// One fault for all values that are not `good`: where they begin and how many there are.
  void add_values(const std::string& field, std::span<const float> values, int64_t width, const std::string& what,
                  const std::function<bool(float)>& good) {
    int64_t count = 0, first = -1;
    for (size_t i = 0; i < values.size(); ++i) {
      if (good(values[i])) continue;
      if (count++ == 0) first = static_cast<int64_t>(i);
    }
    if (count == 0) return;
    add(field, first / width, concat("value ", first % width, " = ", values[static_cast<size_t>(first)], ", ", what,
                                     count > 1 ? concat(" (", count, " such values)") : ""));
  }
  void add_not_finite(const std::string& field, std::span<const float> values, int64_t width) {
    add_values(field, values, width, "not a finite number", [](float v) { return std::isfinite(v); });
  }
  void add_outside(const std::string& field, std::span<const float> values, int64_t width) {
    add_values(field, values, width, "outside [-1, 1]", [](float v) { return !(std::abs(v) > 1.0F + kActionSlack); });
  }
};

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

void check_frozen(const Episode& episode, const EntrySpec& entry, Faults& faults) {
  const auto& frames = episode.images.at(entry.name);
  const auto bytes = static_cast<size_t>(entry.numel());
  const auto same = [&](int64_t a, int64_t b) {
    return std::memcmp(frames.data() + static_cast<size_t>(a) * bytes, frames.data() + static_cast<size_t>(b) * bytes, bytes) == 0;
  };
  const int64_t T = episode.length();
  for (int64_t first = 0, t = 1; t <= T + 1; ++t) {
    if (t <= T && same(t - 1, t)) continue;
    const int64_t last = t - 1;
    const bool moving = has_vectors(episode) ? moved(episode, first, last) > kMoved : acted(episode, first, last);
    if (last - first >= kFrozenFrames && moving) {
      faults.add(entry.name, first, concat("the picture stands still for ", last - first, " steps while the robot moves"));
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
  return where + ": " + what;
}

std::vector<Fault> check_episode(const Episode& episode, const std::string& file, int64_t number) {
  Faults faults{file, number, {}};
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

std::optional<Fault> check_reset_between(const Episode& before, const Episode& after, const std::string& file, int64_t number) {
  const int64_t T = before.length();
  if (T < 3 || before.observation_spec != after.observation_spec || !has_vectors(before)) return std::nullopt;
  for (const auto& entry : before.observation_spec.entries) {
    if (entry.dtype != DType::kFloat32) continue;
    const auto n = static_cast<size_t>(entry.numel());
    const auto& old_values = before.vectors.at(entry.name);
    const auto& new_values = after.vectors.at(entry.name);
    if (std::memcmp(old_values.data() + static_cast<size_t>(T) * n, new_values.data(), n * sizeof(float)) != 0) return std::nullopt;
  }
  std::vector<double> changes;
  for (int64_t t = 0; t + 1 < T; ++t) changes.push_back(moved(before, t, t + 1));
  std::nth_element(changes.begin(), changes.begin() + static_cast<std::ptrdiff_t>(changes.size() / 2), changes.end());
  if (moved(before, T - 1, T) <= 5.0 * changes[changes.size() / 2]) return std::nullopt;  // the world simply went on
  return Fault{file, "observations", number, T, "the last observation is the first of the next episode: it was recorded after the reset"};
}

namespace {

/// Changes between rows of `observations`, each value in units of its standard deviation over the file.
class Jumps {
 public:
  explicit Jumps(const D4rlArrays& arrays) : arrays_(arrays), scale_(static_cast<size_t>(arrays.observation_dim)) {
    const auto D = static_cast<size_t>(arrays.observation_dim);
    for (size_t d = 0; d < D; ++d) {
      double sum = 0.0, squares = 0.0;
      for (size_t i = d; i < arrays.observations.size(); i += D) {
        sum += arrays.observations[i];
        squares += static_cast<double>(arrays.observations[i]) * arrays.observations[i];
      }
      const auto n = static_cast<double>(arrays.rows);
      scale_[d] = 1.0 / std::sqrt(std::max(squares / n - sum / n * sum / n, 1e-12));
    }
  }
  /// Root mean square change from row to row + 1.
  double at(int64_t row) const {
    const int64_t D = arrays_.observation_dim;
    double sum = 0.0;
    for (int64_t d = 0; d < D; ++d) {
      const size_t i = static_cast<size_t>(row * D + d);
      const double change = (arrays_.observations[i + static_cast<size_t>(D)] - arrays_.observations[i]) * scale_[static_cast<size_t>(d)];
      sum += change * change;
    }
    return std::sqrt(sum / static_cast<double>(D));
  }

 private:
  const D4rlArrays& arrays_;
  std::vector<double> scale_;
};

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0.0;
  const auto at = static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<size_t>(at)];
}

bool equal_rows(const std::vector<float>& a, int64_t row_a, const std::vector<float>& b, int64_t row_b, int64_t width) {
  return std::equal(a.begin() + row_a * width, a.begin() + (row_a + 1) * width, b.begin() + row_b * width);
}

}  // namespace

std::vector<Fault> check_d4rl(const D4rlArrays& arrays, const std::string& file) {
  Faults faults{file, -1, {}};
  const int64_t N = arrays.rows;
  const auto terminal = [&](int64_t row) { return arrays.terminals[static_cast<size_t>(row)] != 0; };
  const auto time_out = [&](int64_t row) { return !arrays.timeouts.empty() && arrays.timeouts[static_cast<size_t>(row)] != 0; };
  const auto ends = [&](int64_t row) { return terminal(row) || time_out(row); };

  // Faults below name episode and step: which rows belong to which.
  std::vector<int64_t> starts{0};
  for (int64_t row = 0; row + 1 < N; ++row) {
    if (ends(row)) starts.push_back(row + 1);
  }
  const auto add = [&](const std::string& field, int64_t row, const std::string& what) {
    const auto next = std::upper_bound(starts.begin(), starts.end(), row);
    faults.list.push_back({file, field, next - starts.begin() - 1, row - *(next - 1), what});
  };
  const auto locate = [&](size_t from) {  // add_values above counts rows of the file
    for (size_t i = from; i < faults.list.size(); ++i) {
      const Fault fault = faults.list[i];
      const auto next = std::upper_bound(starts.begin(), starts.end(), fault.step);
      faults.list[i].episode = next - starts.begin() - 1;
      faults.list[i].step = fault.step - *(next - 1);
    }
  };

  faults.add_not_finite("observations", arrays.observations, arrays.observation_dim);
  faults.add_not_finite("actions", arrays.actions, arrays.action_dim);
  faults.add_not_finite("rewards", arrays.rewards, 1);
  faults.add_not_finite("next_observations", arrays.next_observations, arrays.observation_dim);
  faults.add_outside("actions", arrays.actions, arrays.action_dim);
  locate(0);
  const bool finite = faults.list.empty() || faults.list.front().field == "actions";

  int64_t both = 0;
  for (int64_t row = 0; row < N; ++row) {
    if (terminal(row) && time_out(row) && both++ == 0) add("terminals", row, "is also marked in timeouts: which of the two ended it?");
  }
  if (!ends(N - 1)) {
    const int64_t rows = N - starts.back();
    add("terminals", starts.back(), concat("the episode never ends: none of its ", rows, " rows is marked in terminals",
                                           arrays.timeouts.empty() ? " (the file has no timeouts)" : " or timeouts"));
  }
  for (int64_t row = 0; row + 1 < N && !arrays.next_observations.empty(); ++row) {
    const bool follows = equal_rows(arrays.next_observations, row, arrays.observations, row + 1, arrays.observation_dim);
    const bool still = equal_rows(arrays.observations, row, arrays.observations, row + 1, arrays.observation_dim);
    if (!ends(row) && !follows) {
      add("next_observations", row, "is not the next row's observation, though nothing marks an end");
    } else if (ends(row) && follows && !still) {
      add("next_observations", row, "is the first observation of the next episode: it was recorded after the reset");
    }
  }

  if (finite && N > 2 && arrays.next_observations.empty()) {
    const Jumps jumps(arrays);
    std::vector<double> inside, across;
    for (int64_t row = 0; row + 1 < N; ++row) (ends(row) ? across : inside).push_back(jumps.at(row));
    // A reset moves everything at once. How far is known from the marked ones; else only an enormous jump counts.
    const double usual = quantile(inside, 0.99);
    const double limit = across.size() >= 3 ? std::max(0.5 * quantile(across, 0.5), 8.0 * usual) : 30.0 * quantile(inside, 0.5);
    for (int64_t row = 0; row + 1 < N && usual > 0.0; ++row) {
      if (!ends(row) && jumps.at(row) > limit) add("observations", row, "jumps to the next row as after a reset, though nothing marks an end");
    }
  }

  if (!arrays.success.empty()) {
    int64_t won_terminal = 0, lost_terminal = 0, won_time_out = 0, lost_time_out = 0;
    for (int64_t row = 0; row < N; ++row) {
      const bool won = arrays.success[static_cast<size_t>(row)] != 0;
      if (terminal(row)) ++(won ? won_terminal : lost_terminal);
      if (time_out(row) && !terminal(row)) ++(won ? won_time_out : lost_time_out);
    }
    if (lost_terminal > 0 && won_time_out > 0 && won_terminal == 0 && lost_time_out == 0) {
      faults.add("terminals", -1, "every terminal row is without success and every time-out is a success: they seem to be swapped");
    }
  }
  return faults.list;
}

}  // namespace onramp
