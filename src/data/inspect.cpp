#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "d4rl_layout.h"
#include "foreign_arrays.h"
#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/printable.h"
#include "onramp/base/text.h"
#include "onramp/data/check.h"
#include "onramp/data/store/episode_file.h"
#include "onramp/data/store/guarded_read.h"
#include "sources.h"

namespace onramp {

namespace fs = std::filesystem;

namespace {

constexpr size_t kSparseValues = 3;  // a reward of more is called dense

/// "mean 269.2, 200 to 300", over those that are numbers.
std::string spread(std::vector<double> values) {
  const auto bad = std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return "no finite number";
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  return concat("mean ", mean, ", ", *low, " to ", *high,
                bad > 0 ? concat(" but for ", counted(static_cast<int64_t>(bad), "episode")) : "");
}

std::string percent(int64_t part, int64_t whole) {
  return concat(part, " of ", whole, " (",
                std::round(1000.0 * static_cast<double>(part) / static_cast<double>(whole)) / 10.0, " %)");
}

Fault fault_of(const std::string& file, int64_t number, const DataError& error) {
  const std::string what = error.what();
  return {file, "", number, -1, what.starts_with(file + ": ") ? what.substr(file.size() + 2) : what};
}

DataInspection inspect_d4rl(const fs::path& file, const DataOptions& options, const std::string& filter_key) {
  DataInspection out;
  out.summary.file = file.string();
  const auto arrays = read_d4rl_arrays(file);
  out.faults = check_d4rl(arrays, file.string(), options);
  try {
    const auto source = open_data(file, options, filter_key);
    out.summary.kind = concat(source->kind(), " of ", arrays.rows, " rows");  // more than steps: see read_d4rl
    for (int64_t i = 0; i < source->episodes(); ++i) out.summary.add(source->read(i));
    out.summary.notes = source->notes().lines();
  } catch (const DataError& error) {
    out.faults.push_back(fault_of(file.string(), -1, error));
  }
  return out;
}

/// Episode by episode: what cannot be read is a fault of that one.
DataInspection inspect_source(const fs::path& path, DataSource& source) {
  const auto is_whole = [](const Episode& episode) {  // that what it holds can be counted
    try {
      check_consistent(episode, "episode");
    } catch (const DataError&) {
      return false;
    }
    return episode.length() > 0;
  };
  DataInspection out;
  out.summary.file = path.string();
  out.summary.kind = source.kind();
  std::optional<Episode> before;
  for (int64_t i = 0; i < source.episodes(); ++i) {
    const auto file = source.file(i);
    const int64_t number = source.number(i);
    try {
      Episode episode = source.read(i);
      const auto faults = check_episode(episode, file, number);
      out.faults.insert(out.faults.end(), faults.begin(), faults.end());
      if (before && faults.empty()) {
        if (const auto fault = check_reset_between(*before, episode, source.file(i - 1), source.number(i - 1)))
          out.faults.push_back(*fault);
      }
      if (faults.empty() || is_whole(episode)) out.summary.add(episode);
      before = faults.empty() ? std::optional(std::move(episode)) : std::nullopt;
    } catch (const DataError& error) {
      out.faults.push_back(fault_of(file, number, error));
      before.reset();
    }
  }
  out.faults.insert(out.faults.end(), source.faults().begin(), source.faults().end());
  out.summary.notes = source.notes().lines();
  return out;
}

/// A flat file of D4RL itself is judged as a whole too: what lies between its rows.
bool is_flat_d4rl(const fs::path& path) {
  if (fs::is_directory(path) || has_episode_head(path)) return false;
  const auto listing = list_guarded(path);
  return detail::is_d4rl(listing) && !listing.arrays.contains(detail::kOwnEpisodes);
}

}  // namespace

void DataSummary::add(const Episode& episode) {
  if (lengths.empty()) {
    observation = episode.observation_spec;
    action = episode.action_spec;
    action_low.assign(static_cast<size_t>(action.dim), 1e30F);
    action_high.assign(static_cast<size_t>(action.dim), -1e30F);
  }
  const auto A = static_cast<size_t>(episode.action_spec.dim);
  const auto T = static_cast<size_t>(episode.length());
  for (size_t t = 0; t < T; ++t) {
    bool limited = false;
    for (size_t a = 0; a < A; ++a) {
      const float asked = episode.action[t * A + a];
      const float executed = episode.executed_action[t * A + a];
      limited = limited || (asked != executed && !(std::isnan(asked) && std::isnan(executed)));
      if (a < action_low.size()) {
        action_low[a] = std::min(action_low[a], asked);  // the number, where the other is NaN
        action_high[a] = std::max(action_high[a], asked);
      }
    }
    limited_steps += limited;
  }
  for (const float reward : episode.reward) {
    if (std::isnan(reward)) continue;
    const bool is_first = rewards.empty();
    reward_low = is_first ? reward : std::min(reward_low, static_cast<double>(reward));
    reward_high = is_first ? reward : std::max(reward_high, static_cast<double>(reward));
    if (rewards.size() <= kSparseValues) rewards.insert(reward);
  }
  steps += episode.length();
  lengths.push_back(static_cast<double>(episode.length()));
  returns.push_back(std::accumulate(episode.reward.begin(), episode.reward.end(), 0.0));
  ++ends[std::string(to_string(episode.end))];
  successes += episode.succeeded();
  successes_at_end += episode.success_at_end();
}

std::string DataSummary::text() const {
  std::string out = concat(file, ": ", kind, ", ", counted(episodes(), "episode"), ", ", counted(steps, "step"), "\n");
  for (const auto& line : lines()) out += concat("  ", line, "\n");
  return out;
}

std::vector<std::string> DataSummary::lines() const {
  std::vector<std::string> out;
  if (episodes() == 0) return notes;
  for (const auto& entry : observation.entries) {
    out.push_back(
        concat("observation  ", printable(entry.name), ": ", type_text(entry), entry.privileged ? ", privileged" : ""));
  }
  const auto low = *std::min_element(action_low.begin(), action_low.end());
  const auto high = *std::max_element(action_high.begin(), action_high.end());
  out.push_back(concat("action       ", action.dim, action.dim == 1 ? " value, " : " values, ",
                       low <= high ? concat(low, " to ", high) : "none of them a number",
                       "; differs from the executed one in ", percent(limited_steps, steps), " steps"));
  out.push_back(concat("length       ", spread(lengths)));
  std::string kind_of_reward = rewards.empty() ? "none a number" : concat(reward_low, " to ", reward_high);
  if (!rewards.empty() && rewards.size() <= kSparseValues) {
    kind_of_reward = "sparse:";
    for (const float value : rewards) kind_of_reward += concat(" ", value);
  }
  out.push_back(concat("reward       ", kind_of_reward, "; return ", spread(returns), " (raw, not discounted)"));
  out.push_back(
      concat("success      ", percent(successes, episodes()), " episodes; at the last step: ", successes_at_end));
  std::string reasons;
  for (const auto& [reason, count] : ends) reasons += concat(reasons.empty() ? "" : ", ", reason, " ", count);
  out.push_back("ends         " + reasons);
  out.insert(out.end(), notes.begin(), notes.end());
  return out;
}

DataInspection inspect_data(const fs::path& path, DataOptions options, const std::string& filter_key) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) throw io_error("read", path, ENOENT);
  options.tolerant = true;
  try {
    if (is_flat_d4rl(path)) return inspect_d4rl(path, options, filter_key);
    return inspect_source(path, *open_data(path, options, filter_key));
  } catch (const DataError& error) {
    DataInspection out;
    out.summary.file = path.string();
    out.faults.push_back(fault_of(path.string(), -1, error));
    return out;
  }
}

}  // namespace onramp
