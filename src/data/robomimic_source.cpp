#include "robomimic_source.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "episode_head.h"
#include "foreign_arrays.h"
#include "onramp/base/error.h"
#include "onramp/base/printable.h"
#include "onramp/data/store/episode_file.h"
#include "sources.h"

namespace onramp::detail {

namespace fs = std::filesystem;

RobomimicSource::Parts RobomimicSource::parts_of(const std::string& demo, int64_t index) {
  const std::string prefix = concat("data/", demo, "/");
  constexpr std::string_view kNext = "next_obs/";
  Parts parts;
  for (auto& [path, array] : reader_->take(static_cast<size_t>(index))) {
    const std::string name = path.substr(prefix.size());
    if (name.starts_with(kNext)) {
      parts.next[name.substr(kNext.size())] = std::move(array);
    } else {
      parts.arrays[name] = std::move(array);
    }
  }
  return parts;
}

ObservationSpec RobomimicSource::spec_of(const std::string& demo, const Parts& parts) {
  constexpr std::string_view kObs = "obs/";
  ObservationSpec spec;
  for (const auto& [name, array] : arrays_of(demo)) {
    if (!name.starts_with(kObs)) continue;
    const std::string entry = name.substr(kObs.size());
    if (parts.arrays.contains(name)) {
      spec.entries.push_back(entry_of(entry, *array));
      note_precision("observations", *array, notes_);
    } else {
      notes_.lost(concat("observation '", entry, "', which is no array of numbers with a row a step"));
    }
  }
  if (spec.entries.empty()) {
    throw DataError(
        concat(label_, ": ", printable(demo), ": has no obs; make them with robomimic's dataset_states_to_obs.py"));
  }
  return spec;
}

/// What another program wrote: end, success and further columns, as judge() has understood the file.
void RobomimicSource::fill_foreign(Episode& episode, const std::string& demo, Parts& parts, int64_t index) {
  const auto T = static_cast<size_t>(episode.length());
  for (size_t t = 0; t < T; ++t) episode.success[t] = sparse_ && episode.reward[t] == 1.0F;
  std::vector<uint8_t> dones(T, 0);
  if (const auto found = parts.arrays.find("dones"); found != parts.arrays.end()) {
    const auto& [shape, floats, bytes, texts] = found->second;
    for (size_t t = 0; t < T; ++t) dones[t] = t < bytes.size() ? bytes[t] != 0 : t < floats.size() && floats[t] != 0.0F;
  }
  if (dones_tell_) {
    episode.end = dones.back() ? EndReason::kFailure : EndReason::kTimeLimit;
  } else {
    episode.end = episode.success_at_end() ? EndReason::kSuccess : EndReason::kTimeLimit;
  }
  for (const auto& [name, listed] : arrays_of(demo)) {
    if (name.starts_with("obs/") || name.starts_with("next_obs/")) continue;
    if (name == "actions" || name == "rewards" || name == "dones") continue;
    const auto found = parts.arrays.find(name);
    if (found == parts.arrays.end() || found->second.floats.empty() || found->second.floats.size() % T != 0) {
      notes_.lost(concat("'", name, "', which is no column of numbers with a row a step"));
      continue;
    }
    const auto width = static_cast<int64_t>(found->second.floats.size() / T);
    episode.extra[name] = {width, std::move(found->second.floats)};
    notes_.found(concat("'", name, "', kept as an extra column"));
    note_precision(name, *listed, notes_);
  }
  episode.meta = {{"source", label_}, {"number", std::to_string(number(index))}, {"demo", demo}};
  check(demo, index, dones, parts.next, episode);
}

/// What stands once in the file, or beside the arrays of a demonstration. `own`: keys that came from there at first.
void RobomimicSource::fill_meta(Episode& episode, const std::string& demo, int64_t index,
                                const std::vector<std::string>* own) {
  const auto set = [&](const std::string& key, const std::string& value) {
    if (!own || std::find(own->begin(), own->end(), key) != own->end()) episode.meta[key] = value;
  };
  if (!env_args_.empty()) set("env_args", env_args_);
  if (const auto keys = filter_keys(index); !keys.empty()) set("filter_keys", list_text(keys));
  const auto at = listing_.attributes.find("data/" + demo);
  if (at == listing_.attributes.end()) return;
  for (const auto& [name, value] : at->second) {
    if (name != "num_samples" && name != kHead) set(kRobomimicMeta + name, value);
  }
}

void RobomimicSource::append_last(Episode& episode, Parts& parts, const std::string& label) {
  const auto& entries = episode.observation_spec.entries;
  const auto has_next = [&](const EntrySpec& entry) { return parts.next.contains(array_name(entry.name)); };
  if (!std::all_of(entries.begin(), entries.end(), has_next)) {
    complete_last_observation(episode, notes_);
    return;
  }
  for (const auto& entry : entries) {
    auto& rows = parts.next[array_name(entry.name)];
    const auto numel = static_cast<std::ptrdiff_t>(entry.numel());
    if (std::ssize(rows.floats) > numel) rows.floats.erase(rows.floats.begin(), rows.floats.end() - numel);
    rows.shape[0] = 1;
    append_observations(episode, entry, rows, label);
  }
}

Episode RobomimicSource::read(int64_t index) {
  const std::string& demo = demos_[static_cast<size_t>(index)];
  const std::string label = concat(label_, ": ", printable(demo));
  const auto T = static_cast<size_t>(steps_of(demo));
  if (T == 0) throw DataError(concat(label, ": has no steps"));
  Parts parts = parts_of(demo, index);
  const auto take = [&](const std::string& name) {
    const auto found = parts.arrays.find(name);
    return found == parts.arrays.end() ? std::vector<float>{} : std::move(found->second.floats);
  };
  Episode episode;
  EpisodeHead head;
  const auto* own = attribute("data/" + demo, kHead);
  if (own) {
    head = read_head(*own, label, episode);
  } else {
    episode.observation_spec = spec_of(demo, parts);
  }
  const auto shape = parts.arrays["actions"].shape;
  if (shape.size() != 2 || shape[1] < 1) {
    throw DataError(concat(label, ": actions: has shape ", shape_text(shape), ", want [rows, values]"));
  }
  episode.action_spec.dim = shape[1];
  episode.action = take("actions");
  note_precision("actions", listing_.arrays.at(concat("data/", demo, "/actions")), notes_);
  episode.reward = take("rewards");
  episode.reward.resize(T, 0.0F);
  episode.success.assign(T, 0);
  for (const auto& entry : episode.observation_spec.entries) {
    const auto name = "obs/" + array_name(entry.name);
    if (!parts.arrays.contains(name)) throw DataError(concat(label, ": has no ", printable(name)));
    append_observations(episode, entry, parts.arrays[name], label);
  }
  if (own) {
    episode.executed_action = take("onramp/executed_actions");
    episode.success = std::move(parts.arrays["onramp/success"].bytes);
    for (const auto& [name, width] : head.extra) episode.extra[name] = {width, take("onramp/extra/" + name)};
  } else {
    episode.executed_action = episode.action;
    fill_foreign(episode, demo, parts, index);
  }
  fill_meta(episode, demo, index, own ? &head.meta_from_file : nullptr);
  append_last(episode, parts, label);
  check_consistent(episode, label);
  apply_options(episode, options_, /*cut_by_default=*/!own, label);
  return episode;
}

bool is_robomimic(const Hdf5Listing& listing) { return !demo_names(listing).empty(); }

std::unique_ptr<DataSource> open_robomimic(const fs::path& file, const Hdf5Listing& listing,
                                           const DataOptions& options) {
  return std::make_unique<RobomimicSource>(file, listing, options);
}

}  // namespace onramp::detail
