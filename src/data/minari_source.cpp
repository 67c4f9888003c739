#include "minari_source.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "episode_head.h"
#include "foreign_arrays.h"
#include "onramp/base/error.h"
#include "onramp/data/store/episode_file.h"
#include "sources.h"

namespace onramp::detail {

namespace fs = std::filesystem;

void MinariSource::scale_actions(Episode& episode) const {
  auto& actions = episode.action;
  const auto A = static_cast<size_t>(episode.action_spec.dim);
  const auto& low = facts_.action_low;
  const auto& high = facts_.action_high;
  if (low.size() != A || high.size() != A) return;
  bool same = true;
  for (size_t a = 0; a < A; ++a) {
    if (!std::isfinite(low[a]) || !std::isfinite(high[a]) || !(high[a] > low[a])) return;
    same = same && low[a] == -1.0 && high[a] == 1.0;
  }
  if (same) return;
  for (size_t i = 0; i < actions.size(); ++i) {
    const double range = high[i % A] - low[i % A];
    actions[i] = static_cast<float>(2.0 * (static_cast<double>(actions[i]) - low[i % A]) / range - 1.0);
  }
  episode.meta["action_low"] = nlohmann::json(low).dump();
  episode.meta["action_high"] = nlohmann::json(high).dump();
}

void MinariSource::end_of(Episode& episode, const HostArray& terminations, const HostArray& truncations,
                          bool knows_success, int64_t index) {
  const auto flag = [](const HostArray& array, size_t t) {
    return t < array.bytes.size() ? array.bytes[t] != 0 : t < array.floats.size() && array.floats[t] != 0.0F;
  };
  const auto last = static_cast<size_t>(episode.length() - 1);
  if (flag(terminations, last)) {  // terminal also when the time was up in the same step
    episode.end = knows_success && episode.success_at_end() ? EndReason::kSuccess : EndReason::kFailure;
  } else {
    episode.end = EndReason::kTimeLimit;
    if (!flag(truncations, last)) notes_.assumed_here("nothing marks the end: taken as a time limit");
  }
  for (size_t t = 0; t < last; ++t) {
    if (!flag(terminations, t) && !flag(truncations, t)) continue;
    faults_.push_back({label_, flag(terminations, t) ? "terminations" : "truncations", number(index),
                       static_cast<int64_t>(t), "marks an end in the middle of the episode"});
    break;
  }
}

/// Where it comes from: attributes of the episode, and what metadata.json says of all.
void MinariSource::fill_meta(Episode& episode, const std::string& name, int64_t index) const {
  episode.meta = {{"source", label_}, {"number", std::to_string(number(index))}};
  for (const auto& [key, value] : attributes(name)) {
    if (key == "seed") episode.meta["seed"] = value;
    if (key != "seed" && key != "id" && key != "total_steps" && key != kHead) episode.meta["minari/" + key] = value;
  }
  if (!facts_.text.empty()) episode.meta["minari_metadata"] = facts_.text;
}

/// @param own  whether the episode's spec is known already. @return rows of the observations
int64_t MinariSource::fill_observations(Episode& episode, const std::string& name, Arrays& arrays, bool own) {
  int64_t rows = -1;
  for (const auto& leaf : facts_.leaves) {
    const auto found = arrays.find(leaf.path);
    if (found == arrays.end()) continue;
    auto& array = found->second;
    auto listed = listing_.arrays.at(concat(name, "/", leaf.path));
    if (leaf.is_jpeg) {
      listed = {Hdf5Listing::Kind::kByte, 1, array.shape};
    } else {
      note_precision("observations", listed, notes_);
    }
    EntrySpec entry = entry_of(leaf.name, listed);
    const auto* known = episode.observation_spec.find(leaf.name);
    if (own && known) entry = *known;
    if (!own) episode.observation_spec.entries.push_back(entry);
    rows = rows < 0 ? array.shape[0] : std::min(rows, array.shape[0]);
    append_observations(episode, entry, array, concat(label_, ": ", name));
  }
  return rows;
}

/// Extra columns, and success flags among them. @return whether there are any flags
bool MinariSource::fill_infos(Episode& episode, const std::string& name, Arrays& arrays) {
  const auto T = static_cast<size_t>(episode.length());
  bool knows_success = false;
  for (auto& [path, array] : arrays) {
    if (!path.starts_with("infos/")) continue;
    const auto has = array.shape.empty() ? 0 : static_cast<size_t>(array.shape[0]);
    if ((has != T && has != T + 1) || array.shape.size() > 2 || array.floats.empty()) {
      notes_.lost(concat("'", path, "', which is no column of numbers with a row a step"));
      continue;
    }
    const size_t width = array.floats.size() / has;
    if (has == T + 1) {  // the first row is of the reset
      array.floats.erase(array.floats.begin(), array.floats.begin() + static_cast<std::ptrdiff_t>(width));
      notes_.lost("the row of infos that belongs to the reset");
    }
    if (path == "infos/success" || (path == "infos/is_success" && !arrays.contains("infos/success"))) {
      knows_success = true;
      for (size_t t = 0; t < T; ++t) episode.success[t] = array.floats[t * width] != 0.0F;
    }
    note_precision(path, listing_.arrays.at(concat(name, "/", path)), notes_);
    episode.extra[path] = {static_cast<int64_t>(width), std::move(array.floats)};
  }
  return knows_success;
}

Episode MinariSource::read(int64_t index) {
  const std::string& name = names_[static_cast<size_t>(index)];
  const std::string label = concat(label_, ": ", name);
  Arrays arrays;
  for (auto& [path, array] : reader_->take(static_cast<size_t>(index))) {
    arrays[path.substr(name.size() + 1)] = std::move(array);
  }
  const auto take = [&](const std::string& path) { return std::move(arrays[path].floats); };
  Episode episode;
  episode.reward = take("rewards");
  const auto T = static_cast<size_t>(episode.length());
  if (T == 0) throw DataError(concat(label, ": has no rewards, so no steps"));
  const auto shape = arrays["actions"].shape;
  episode.action = take("actions");
  if (episode.action.empty() || shape[0] != episode.length()) {
    throw DataError(concat(label, ": actions: has shape ", shape_text(shape), ", want ", T, " rows"));
  }
  episode.action_spec.dim = static_cast<int64_t>(episode.action.size() / T);
  episode.success.assign(T, 0);
  for (const char* field : {"/actions", "/rewards"}) {
    note_precision(field + 1, listing_.arrays.at(name + field), notes_);
  }
  fill_meta(episode, name, index);
  const auto own = attributes(name).find(kHead);
  const bool is_own = own != attributes(name).end();
  EpisodeHead head;
  if (is_own) {
    head = read_head(own->second, label, episode);
  } else {
    scale_actions(episode);
  }
  const int64_t rows = fill_observations(episode, name, arrays, is_own);
  if (rows < 0) throw DataError(concat(label, ": has no observation of numbers"));
  if (is_own) {
    episode.executed_action = take("onramp/executed_actions");
    episode.success = std::move(arrays["onramp/success"].bytes);
    for (const auto& [key, width] : head.extra) episode.extra[key] = {width, take("onramp/extra/" + key)};
  } else {
    episode.executed_action = episode.action;
    const bool knows_success = fill_infos(episode, name, arrays);
    end_of(episode, arrays["terminations"], arrays["truncations"], knows_success, index);
  }
  if (rows == static_cast<int64_t>(T)) complete_last_observation(episode, notes_);
  check_consistent(episode, label);
  apply_options(episode, options_, /*cut_by_default=*/false, label);
  return episode;
}

bool is_minari(const Hdf5Listing& listing) { return !minari_episodes(listing).empty(); }

std::unique_ptr<DataSource> open_minari(const fs::path& file, const Hdf5Listing& listing, const DataOptions& options) {
  return std::make_unique<MinariSource>(file, listing, options);
}

}  // namespace onramp::detail
