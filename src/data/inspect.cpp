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

/// "mean 269.2, 200 to 300".
std::string spread(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  return concat("mean ", mean, ", ", *low, " to ", *high);
}

std::string percent(int64_t part, int64_t whole) {
  return concat(part, " of ", whole, " (",
                std::round(1000.0 * static_cast<double>(part) / static_cast<double>(whole)) / 10.0, " %)");
}

DataInspection inspect_d4rl(const fs::path& file, const DataOptions& options) {
  DataInspection out;
  out.summary.file = file.string();
  const auto arrays = read_d4rl_arrays(file);
  out.faults = check_d4rl(arrays, file.string());
  if (options.max_episode_steps > 0) {  // then rows that nothing marks do end
    std::erase_if(out.faults, [](const Fault& fault) { return fault.what.starts_with("the episode never ends"); });
  }
  if (!out.faults.empty()) return out;
  const auto source = open_data(file, options);
  for (int64_t i = 0; i < source->episodes(); ++i) out.summary.add(source->read(i));
  out.summary.kind = concat(source->kind(), " of ", arrays.rows, " rows");  // more than steps: see read_d4rl
  out.summary.notes = source->notes().lines();
  return out;
}

/// Episode by episode: what cannot be read is a fault of that one.
DataInspection inspect_source(const fs::path& path, DataSource& source) {
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
      if (faults.empty()) out.summary.add(episode);
      before = faults.empty() ? std::optional(std::move(episode)) : std::nullopt;
    } catch (const DataError& error) {
      const std::string what = error.what();
      out.faults.push_back({file, "", number, -1, what.starts_with(file + ": ") ? what.substr(file.size() + 2) : what});
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
      limited = limited || asked != episode.executed_action[t * A + a];
      if (a < action_low.size()) {
        action_low[a] = std::min(action_low[a], asked);
        action_high[a] = std::max(action_high[a], asked);
      }
    }
    limited_steps += limited;
  }
  for (const float reward : episode.reward) {
    const bool is_first = steps == 0 && rewards.empty();
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
  if (episodes() == 0) return out;
  for (const auto& entry : observation.entries) {
    out.push_back(
        concat("observation  ", printable(entry.name), ": ", type_text(entry), entry.privileged ? ", privileged" : ""));
  }
  const auto low = *std::min_element(action_low.begin(), action_low.end());
  const auto high = *std::max_element(action_high.begin(), action_high.end());
  out.push_back(concat("action       ", action.dim, action.dim == 1 ? " value, " : " values, ", low, " to ", high,
                       "; differs from the executed one in ", percent(limited_steps, steps), " steps"));
  out.push_back(concat("length       ", spread(lengths)));
  std::string kind_of_reward = concat(reward_low, " to ", reward_high);
  if (rewards.size() <= kSparseValues) {
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

DataInspection inspect_data(const fs::path& path, int64_t max_episode_steps) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) throw io_error("read", path, ENOENT);
  auto options = DataOptions::as_recorded();
  options.max_episode_steps = max_episode_steps;
  options.tolerant = true;
  try {
    if (is_flat_d4rl(path)) return inspect_d4rl(path, options);
    return inspect_source(path, *open_data(path, options));
  } catch (const DataError& error) {
    DataInspection out;
    out.summary.file = path.string();
    const std::string what = error.what();
    const std::string prefix = path.string() + ": ";
    out.faults.push_back({path.string(), "", -1, -1, what.starts_with(prefix) ? what.substr(prefix.size()) : what});
    return out;
  }
}

}  // namespace onramp
