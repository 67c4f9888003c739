#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/data/check.h"
#include "onramp/data/store/episode_file.h"
#include "onramp/data/store/episode_store.h"

namespace onramp {

namespace fs = std::filesystem;

namespace {

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return concat("[", text, "]");
}

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

DataInspection inspect_d4rl(const fs::path& file, int64_t max_episode_steps) {
  DataInspection out;
  out.summary.file = file.string();
  const auto arrays = read_d4rl_arrays(file);
  out.summary.kind = concat("D4RL flat HDF5 of ", arrays.rows, " rows");  // more than steps: see read_d4rl
  out.faults = check_d4rl(arrays, file.string());
  if (max_episode_steps > 0) {  // then rows that nothing marks do end
    std::erase_if(out.faults, [](const Fault& fault) { return fault.what.starts_with("the episode never ends"); });
  }
  if (!out.faults.empty()) return out;
  const D4rlOptions as_recorded{
      .reward = D4rlReward::kFile, .cut_at_success = false, .max_episode_steps = max_episode_steps};
  for (const auto& episode : episodes_from_d4rl(arrays, as_recorded, file.string())) out.summary.add(episode);
  return out;
}

DataInspection inspect_store(const fs::path& folder) {
  DataInspection out;
  out.summary.file = folder.string();
  out.summary.kind = "onramp episodes";
  const EpisodeStore store(folder);
  std::optional<Episode> before;
  for (const int64_t number : store.list()) {
    const auto file = store.path(number).string();
    try {
      Episode episode = store.load(number);
      const auto faults = check_episode(episode, file, number);
      out.faults.insert(out.faults.end(), faults.begin(), faults.end());
      if (before && faults.empty()) {
        if (const auto fault = check_reset_between(*before, episode, store.path(number - 1).string(), number - 1))
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
  return out;
}

DataInspection inspect_file(const fs::path& file, int64_t max_episode_steps) {
  if (!is_episode_file(file)) return inspect_d4rl(file, max_episode_steps);
  DataInspection out;
  out.summary.file = file.string();
  out.summary.kind = "onramp episode";
  const Episode episode = read_episode(file);
  out.faults = check_episode(episode, file.string(), 0);
  if (out.faults.empty()) out.summary.add(episode);
  return out;
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
  steps += episode.length();
  lengths.push_back(static_cast<double>(episode.length()));
  returns.push_back(std::accumulate(episode.reward.begin(), episode.reward.end(), 0.0));
  ++ends[std::string(to_string(episode.end))];
  successes += episode.succeeded();
  successes_at_end += episode.success_at_end();
}

std::string DataSummary::text() const {
  std::string out = concat(file, ": ", kind, ", ", episodes(), " episodes, ", steps, " steps\n");
  if (episodes() == 0) return out;
  for (const auto& entry : observation.entries) {
    out += concat("  observation  ", entry.name, ": ", entry.dtype == DType::kUint8 ? "uint8 " : "float32 ",
                  shape_text(entry.shape), entry.privileged ? ", privileged" : "", "\n");
  }
  const auto low = *std::min_element(action_low.begin(), action_low.end());
  const auto high = *std::max_element(action_high.begin(), action_high.end());
  out += concat("  action       ", action.dim, " values, ", low, " to ", high, "; differs from the executed one in ",
                percent(limited_steps, steps), " steps\n");
  out += concat("  length       ", spread(lengths), "\n  return       ", spread(returns),
                " (raw reward, not discounted)\n");
  out += concat("  success      ", percent(successes, episodes()), " episodes; at the last step: ", successes_at_end,
                "\n");
  out += "  ends         ";
  std::string separator;
  for (const auto& [reason, count] : ends) {
    out += concat(separator, reason, " ", count);
    separator = ", ";
  }
  return out + "\n";
}

DataInspection inspect_data(const fs::path& path, int64_t max_episode_steps) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) throw io_error("read", path, ENOENT);
  try {
    if (!fs::is_directory(status)) return inspect_file(path, max_episode_steps);
    const auto episodes = path / "episodes";
    auto out = inspect_store(fs::is_directory(episodes) ? episodes : path);
    if (out.summary.episodes() == 0 && out.faults.empty()) {
      out.faults.push_back({path.string(), "", -1, -1, "holds no episode files (000000.h5, ...)"});
    }
    return out;
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
