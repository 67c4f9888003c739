#include <algorithm>
#include <cmath>
#include <vector>

#include "fault_list.h"
#include "onramp/data/check.h"
#include "option_names.h"

namespace onramp {

using detail::FaultList;
using detail::how_to_set;

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
      const double change =
          (arrays_.observations[i + static_cast<size_t>(D)] - arrays_.observations[i]) * scale_[static_cast<size_t>(d)];
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

std::vector<Fault> check_d4rl(const D4rlArrays& arrays, const std::string& file, const DataOptions& options) {
  FaultList faults{file, -1, {}};
  const int64_t N = arrays.rows;
  const auto terminal = [&](int64_t row) { return arrays.terminals[static_cast<size_t>(row)] != 0; };
  const auto time_out = [&](int64_t row) {
    return !arrays.timeouts.empty() && arrays.timeouts[static_cast<size_t>(row)] != 0;
  };
  const auto marked = [&](int64_t row) { return terminal(row) || time_out(row); };

  // Faults below name episode and step: which rows belong to which. A time limit that was given ends an episode too.
  const int64_t limit = options.max_episode_steps;
  std::vector<uint8_t> ended(static_cast<size_t>(N));
  std::vector<int64_t> starts{0};
  for (int64_t row = 0; row < N; ++row) {
    const bool end = marked(row) || (limit > 0 && row - starts.back() + 1 >= limit);
    ended[static_cast<size_t>(row)] = end;
    if (end && row + 1 < N) starts.push_back(row + 1);
  }
  const auto ends = [&](int64_t row) { return ended[static_cast<size_t>(row)] != 0; };
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
  if (!options.clip_actions) faults.add_outside("actions", arrays.actions, arrays.action_dim);
  locate(0);
  const bool finite = faults.list.empty() || faults.list.front().field == "actions";

  int64_t both = 0;
  for (int64_t row = 0; row < N; ++row) {
    if (terminal(row) && time_out(row) && both++ == 0)
      add("terminals", row, "is also marked in timeouts: which of the two ended it?");
  }
  if (!ends(N - 1)) {
    const int64_t rows = N - starts.back();
    add("terminals", starts.back(),
        concat("the episode never ends: none of its ", rows, " rows is marked in terminals",
               arrays.timeouts.empty() ? " (the file has no timeouts)" : " or timeouts",
               limit > 0 ? concat("; it is shorter than the time limit of ", limit, " steps")
                         : "; if it is a time limit, " + how_to_set("max_episode_steps")));
  }
  for (int64_t row = 0; row + 1 < N && !arrays.next_observations.empty(); ++row) {
    const bool follows =
        equal_rows(arrays.next_observations, row, arrays.observations, row + 1, arrays.observation_dim);
    const bool still = equal_rows(arrays.observations, row, arrays.observations, row + 1, arrays.observation_dim);
    if (!ends(row) && !follows) {
      add("next_observations", row, "is not the next row's observation, though nothing marks an end");
    } else if (marked(row) && follows && !still) {
      add("next_observations", row, "is the first observation of the next episode: it was recorded after the reset");
    }
  }

  if (finite && N > 2 && arrays.next_observations.empty()) {
    const Jumps jumps(arrays);
    std::vector<double> inside, across;
    for (int64_t row = 0; row + 1 < N; ++row) (ends(row) ? across : inside).push_back(jumps.at(row));
    // A reset moves everything at once. How far is known from the marked ones; else only an enormous jump counts.
    const double usual = quantile(inside, 0.99);
    const double limit =
        across.size() >= 3 ? std::max(0.5 * quantile(across, 0.5), 8.0 * usual) : 30.0 * quantile(inside, 0.5);
    for (int64_t row = 0; row + 1 < N && usual > 0.0; ++row) {
      if (!ends(row) && jumps.at(row) > limit)
        add("observations", row, "jumps to the next row as after a reset, though nothing marks an end");
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
      faults.add("terminals", -1,
                 "every terminal row is without success and every time-out is a success: they seem to be swapped");
    }
  }
  return faults.list;
}

}  // namespace onramp
