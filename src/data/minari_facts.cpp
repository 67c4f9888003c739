// What holds for a whole Minari set: its episodes, and what is taken for granted.
#include <algorithm>
#include <cmath>
#include <utility>

#include "episode_head.h"
#include "foreign_arrays.h"
#include "jpeg.h"
#include "minari_source.h"
#include "onramp/base/error.h"
#include "onramp/base/printable.h"
#include "onramp/base/text.h"

namespace onramp::detail {

namespace fs = std::filesystem;

std::vector<std::string> minari_episodes(const Hdf5Listing& listing) {
  std::vector<std::string> names;
  for (const auto& [path, array] : listing.arrays) {
    const auto slash = path.find('/');
    if (slash == std::string::npos || path.substr(slash) != "/terminations") continue;
    if (const auto name = path.substr(0, slash); minari_number(name) >= 0) names.push_back(name);
  }
  std::sort(names.begin(), names.end(),
            [](const auto& a, const auto& b) { return minari_number(a) < minari_number(b); });
  return names;
}

MinariSource::MinariSource(const fs::path& file, Hdf5Listing listing, const DataOptions& options)
    : label_(file.string()),
      options_(options),
      listing_(std::move(listing)),
      names_(minari_episodes(listing_)),
      facts_(read_minari_facts(file.parent_path() / kMinariMetadata)) {
  if (facts_.action_kind) {
    throw DataError(concat(label_, ": its actions are ", printable(*facts_.action_kind),
                           "; onramp's are continuous (a Box): convert them first"));
  }
  if (facts_.leaves.empty()) leaves_without_spaces();
  note();
  std::vector<ReadAhead::Item> items;
  for (const auto& name : names_) items.push_back(item_of(name));
  reader_.emplace(file, std::move(items));
}

const std::map<std::string, std::string>& MinariSource::attributes(const std::string& name) const {
  static const std::map<std::string, std::string> kNone;
  const auto at = listing_.attributes.find(name);
  return at == listing_.attributes.end() ? kNone : at->second;
}

ReadAhead::Item MinariSource::item_of(const std::string& name) const {
  ReadAhead::Item item;
  const auto want = [&](const std::string& path, const Hdf5Listing::Array& array, bool is_float) {
    item.fields.push_back({.path = path, .is_float = is_float});
    item.bytes += bytes_in_memory(array, array.shape[0]);
  };
  for (const auto& leaf : facts_.leaves) {
    const std::string path = concat(name, "/", leaf.path);
    const auto found = listing_.arrays.find(path);
    if (found == listing_.arrays.end() || found->second.shape.empty() || !leaf.unreadable.empty()) continue;
    if (leaf.is_jpeg) {
      item.fields.push_back({.path = path, .decode = decode_pictures});
      item.bytes += found->second.shape[0] * (int64_t{1} << 16);  // a guess: sizes are known once decoded
    } else if (is_numeric(found->second)) {
      want(path, found->second, entry_of(leaf.name, found->second).dtype == DType::kFloat32);
    }
  }
  const std::string prefix = name + "/";
  for (auto at = listing_.arrays.lower_bound(prefix); at != listing_.arrays.end() && at->first.starts_with(prefix);
       ++at) {
    const auto below = at->first.substr(prefix.size());
    if (below.starts_with("observations") || !is_numeric(at->second) || at->second.shape.size() > 8) continue;
    const bool flag = below == "terminations" || below == "truncations" || below == "onramp/success";
    want(at->first, at->second, !(flag && at->second.kind == Hdf5Listing::Kind::kByte));
  }
  return item;
}

void MinariSource::leaves_without_spaces() {
  notes_.assumed(facts_.text.empty()
                     ? "there is no metadata.json: actions are in [-1, 1], and no picture is compressed"
                     : "metadata.json names no observation space: every array of numbers is read as it is");
  const std::string prefix = names_.front() + "/observations";
  for (auto at = listing_.arrays.lower_bound(prefix); at != listing_.arrays.end() && at->first.starts_with(prefix);
       ++at) {
    const auto below = at->first.substr(prefix.size());
    facts_.leaves.push_back({below.empty() ? "state" : below.substr(1), "observations" + below, false, ""});
  }
}

void MinariSource::note() {
  if (!facts_.text.empty()) notes_.found("metadata.json, kept with each episode (without spaces and counts)");
  if (facts_.episodes >= 0 && facts_.episodes != episodes()) {
    faults_.push_back(
        {label_, "", -1, -1,
         concat("metadata.json counts ", counted(facts_.episodes, "episode"), ", there are ", episodes())});
  }
  for (const auto& leaf : facts_.leaves) {
    if (!leaf.unreadable.empty())
      notes_.lost(concat("observation '", leaf.name, "': a ", leaf.unreadable, " is no array of numbers"));
    if (leaf.is_jpeg) notes_.found(concat("observation '", leaf.name, "': pictures in JPEG, decoded"));
  }
  for (const auto& name : names_) {
    if (attributes(name).contains(kHead)) {
      notes_.found("what onramp added: typed end reasons, executed actions, success flags, extra columns, meta");
      return;
    }
  }
  const auto is_one = [](double v) { return std::abs(v) == 1.0; };
  const auto finite = [](double v) { return std::isfinite(v); };
  const auto& low = facts_.action_low;
  const auto& high = facts_.action_high;
  const bool known =
      !low.empty() && std::all_of(low.begin(), low.end(), finite) && std::all_of(high.begin(), high.end(), finite);
  if (known && !(std::all_of(low.begin(), low.end(), is_one) && std::all_of(high.begin(), high.end(), is_one))) {
    notes_.assumed(concat("actions are scaled to [-1, 1] from the action space's bounds, ",
                          *std::min_element(low.begin(), low.end()), " to ",
                          *std::max_element(high.begin(), high.end())));
  } else if (!known && !low.empty()) {
    notes_.assumed("the action space has no bounds: actions are taken to be in [-1, 1]");
  }
  const auto& first = names_.front();
  const bool success =
      listing_.arrays.contains(first + "/infos/success") || listing_.arrays.contains(first + "/infos/is_success");
  notes_.assumed(
      concat("a termination is ",
             success ? "a success where infos/success says so, else a failure" : "a failure (infos tell no success)",
             "; a truncation is a time limit, not terminal"));
}

}  // namespace onramp::detail
