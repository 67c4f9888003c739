// What holds for a whole robomimic file: its demonstrations, masks, and what its rewards and dones mean.
#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "episode_head.h"
#include "foreign_arrays.h"
#include "onramp/base/error.h"
#include "robomimic_source.h"

namespace onramp::detail {

namespace fs = std::filesystem;

RobomimicSource::RobomimicSource(const fs::path& file, Hdf5Listing listing, const DataOptions& options)
    : label_(file.string()), options_(options), listing_(std::move(listing)), demos_(demo_names(listing_)) {
  if (demos_.empty()) throw DataError(concat(label_, ": data holds no demonstration with actions"));
  read_masks(file);
  std::vector<ReadAhead::Item> items;
  for (const auto& demo : demos_) items.push_back(item_of(demo));
  if (const auto* env_args = attribute("data", "env_args")) {
    notes_.found("env_args of the environment, kept with each episode");
    env_args_ = *env_args;
  }
  judge(file);
  reader_.emplace(file, std::move(items));
}

const std::string* RobomimicSource::attribute(const std::string& object, const std::string& name) const {
  const auto at = listing_.attributes.find(object);
  if (at == listing_.attributes.end()) return nullptr;
  const auto value = at->second.find(name);
  return value == at->second.end() ? nullptr : &value->second;
}

std::map<std::string, const Hdf5Listing::Array*> RobomimicSource::arrays_of(const std::string& demo) const {
  const std::string prefix = concat("data/", demo, "/");
  std::map<std::string, const Hdf5Listing::Array*> result;
  for (auto at = listing_.arrays.lower_bound(prefix); at != listing_.arrays.end() && at->first.starts_with(prefix);
       ++at) {
    result[at->first.substr(prefix.size())] = &at->second;
  }
  return result;
}

int64_t RobomimicSource::steps_of(const std::string& demo) const {
  const int64_t rows = listing_.arrays.at(concat("data/", demo, "/actions")).shape[0];
  const auto* said = attribute("data/" + demo, "num_samples");
  int64_t steps = rows;
  if (said) std::from_chars(said->data(), said->data() + said->size(), steps);
  return steps >= 0 && steps <= rows ? steps : rows;
}

ReadAhead::Item RobomimicSource::item_of(const std::string& demo) const {
  ReadAhead::Item item;
  const int64_t T = steps_of(demo);
  const bool own = attribute("data/" + demo, kHead) != nullptr;
  for (const auto& [name, array] : arrays_of(demo)) {
    if (!is_numeric(*array) || array->shape[0] < T) continue;
    const bool is_next = name.starts_with("next_obs/");
    const bool is_observation = name.starts_with("obs/") || is_next;
    if (!is_observation && array->shape.size() > 2) continue;
    const bool is_picture = is_observation && array->kind == Hdf5Listing::Kind::kByte && array->shape.size() == 4;
    const bool is_flag = name == "dones" || (own && name == "onramp/success");
    // Of the next observations the last is wanted; those of vectors are also compared with what follows them.
    const Hdf5Rows rows = is_next && is_picture ? Hdf5Rows{T - 1, 1} : Hdf5Rows{0, T};
    if (T == 0) continue;
    item.fields.push_back({.path = concat("data/", demo, "/", name),
                           .is_float = !(is_picture || (is_flag && array->kind == Hdf5Listing::Kind::kByte)),
                           .rows = rows});
    item.bytes += bytes_in_memory(*array, rows.count);
  }
  return item;
}

void RobomimicSource::read_masks(const fs::path& file) {
  std::vector<ArrayField> fields;
  for (const auto& [path, array] : listing_.arrays) {
    if (path.starts_with("mask/") && array.kind == Hdf5Listing::Kind::kText && array.shape.size() == 1) {
      fields.push_back({.path = path, .is_text = true});
    }
  }
  if (fields.empty()) return;
  std::vector<std::string> found;
  const std::set<std::string> known(demos_.begin(), demos_.end());
  for (const auto& [path, array] : read_arrays_guarded(file, fields)) {
    const std::string mask = path.substr(std::string("mask/").size());
    found.push_back(concat(mask, " (", array.texts.size(), ")"));
    if (array.texts.empty()) notes_.lost(concat("the filter key '", mask, "', which names no demonstration"));
    for (const auto& demo : array.texts) {
      if (known.contains(demo)) {
        masks_of_[demo].push_back(mask);
      } else {
        faults_.push_back({label_, path, -1, -1, concat("names '", demo, "', which data does not hold")});
      }
    }
  }
  notes_.found(concat("filter keys: ", join(found)));
}

/// What rewards and dones mean follows from all of them: a few bytes a step, read before the episodes.
void RobomimicSource::judge(const fs::path& file) {
  bool any_reward = false, any_head = false;
  int64_t ended_done = 0, ended_not = 0, with_dones = 0;
  sparse_ = true;
  std::vector<ReadAhead::Item> items;
  for (const auto& demo : demos_) {
    auto& item = items.emplace_back();
    any_head = any_head || attribute("data/" + demo, kHead);
    for (const char* name : {"rewards", "dones"}) {
      const auto at = listing_.arrays.find(concat("data/", demo, "/", name));
      if (at == listing_.arrays.end() || at->second.shape.size() != 1 || !is_numeric(at->second)) continue;
      item.fields.push_back({.path = at->first});
      item.bytes += bytes_in_memory(at->second, at->second.shape[0]);
    }
  }
  ReadAhead reader(file, std::move(items));
  for (size_t i = 0; i < demos_.size(); ++i) {
    for (const auto& [path, array] : reader.take(i)) {
      if (path.ends_with("/rewards")) {
        any_reward = true;
        sparse_ = sparse_ &&
                  std::all_of(array.floats.begin(), array.floats.end(), [](float r) { return r == 0.0F || r == 1.0F; });
      } else {
        ++with_dones;
        const auto T = static_cast<size_t>(steps_of(demos_[i]));
        ++(T > 0 && T <= array.floats.size() && array.floats[T - 1] != 0.0F ? ended_done : ended_not);
      }
    }
  }
  sparse_ = sparse_ && any_reward;
  dones_tell_ = !sparse_ && ended_done > 0 && ended_not > 0;
  if (any_head) {
    notes_.found("what onramp added: typed end reasons, executed actions, success flags, extra columns, meta");
    return;
  }
  const bool wants_success = options_.reward.value_or(D4rlReward::kFile) != D4rlReward::kFile;
  if (!sparse_ && wants_success && !options_.success_reward && !options_.tolerant) {
    throw DataError(concat(label_, ": ", any_reward ? "rewards are not 0 or 1" : "there are no rewards",
                           ", so that nothing tells success to make a sparse reward of; set reward: file, or "
                           "success_reward to what a step of success is paid"));
  }
  if (!any_reward) notes_.assumed("there are no rewards: every reward is 0");
  if (sparse_) {
    notes_.assumed("rewards are 0 or 1: a step is a success where its reward is 1");
  } else if (any_reward) {
    notes_.assumed("rewards are not 0 or 1: they tell no success, and no step has the flag");
  }
  notes_.assumed(
      dones_tell_
          ? "dones mark the last step of some demonstrations: those ended by failure (terminal, as nothing says "
            "success), the others by a time limit"
          : concat("a demonstration ended by success where its last step is one, else by a time limit (not "
                   "terminal)",
                   with_dones > 0 ? "; dones do not tell, as robomimic sets them at every end too" : ""));
}

void RobomimicSource::check(const std::string& demo, int64_t index, const std::vector<uint8_t>& dones,
                            const std::map<std::string, HostArray>& next, const Episode& episode) {
  const auto add = [&](const std::string& field, int64_t step, const std::string& what) {
    faults_.push_back({label_, field, number(index), step, what});
  };
  const auto T = static_cast<size_t>(steps_of(demo));
  const auto rows = listing_.arrays.at(concat("data/", demo, "/actions")).shape[0];
  if (const auto* said = attribute("data/" + demo, "num_samples"); said && *said != std::to_string(rows)) {
    add("num_samples", -1, concat("says ", *said, ", but there are ", rows, " actions"));
  }
  for (const auto& [name, array] : next) {
    const auto& now = episode.vectors.find(name);
    if (now == episode.vectors.end()) continue;
    const size_t D = T == 0 ? 0 : array.floats.size() / T;
    for (size_t t = 0; t + 1 < T; ++t) {
      if (std::equal(array.floats.begin() + static_cast<std::ptrdiff_t>(t * D),
                     array.floats.begin() + static_cast<std::ptrdiff_t>((t + 1) * D),
                     now->second.begin() + static_cast<std::ptrdiff_t>((t + 1) * D))) {
        continue;
      }
      notes_.lost_here("next_obs where they differ from the obs that follow: those are kept");
      add("next_obs/" + name, static_cast<int64_t>(t), "is not the observation of the next step");
      break;
    }
  }
  for (size_t t = 0; t + 1 < T && t < dones.size(); ++t) {
    if (dones[t] == 0 || episode.success[t]) continue;  // robomimic marks each state of success
    add("dones", static_cast<int64_t>(t), "is set in the middle, at a step that is no success");
    break;
  }
}

}  // namespace onramp::detail
