// D4RL's flat file an episode at a time: its ends are read first (a byte or two a row), then the rows of each episode.
#include <algorithm>
#include <optional>
#include <utility>

#include "episode_head.h"
#include "foreign_arrays.h"
#include "onramp/base/error.h"
#include "onramp/base/printable.h"
#include "read_ahead.h"
#include "sources.h"

namespace onramp::detail {

namespace fs = std::filesystem;

namespace {

D4rlOptions to_d4rl(const DataOptions& options) {
  D4rlOptions result;
  if (options.reward) result.reward = *options.reward;
  if (options.cut_at_success) result.cut_at_success = *options.cut_at_success;
  result.max_episode_steps = options.max_episode_steps;
  result.clip_actions = options.clip_actions;
  result.tolerant = options.tolerant;
  return result;
}

class D4rlSource final : public DataSource {
 public:
  D4rlSource(const fs::path& file, const Hdf5Listing& listing, const DataOptions& options)
      : label_(file.string()), options_(to_d4rl(options)) {
    const auto rows = listing.arrays.at("observations").shape.at(0);
    const bool has_next = listing.arrays.contains("next_observations");
    const auto ends = read_ends(file, rows);
    std::vector<ReadAhead::Item> items;
    int64_t cut = 0, never_end = 0;
    for (auto range : find_d4rl_episodes(ends, options_, label_)) {
      if (range.first == range.last && !range.terminal && !has_next) continue;  // a state, and no step
      const bool time_out = !ends.timeouts.empty() && ends.timeouts[static_cast<size_t>(range.last)] != 0;
      ranges_.push_back(range);
      auto& item = items.emplace_back();
      const int64_t count = range.last - range.first + 1;
      if (!range.terminal && !time_out) {
        const bool limit = options_.max_episode_steps > 0 && count >= options_.max_episode_steps;
        limit ? ++cut : never_end += count;
      }
      for (ArrayField field : d4rl_fields()) {
        const auto found = listing.arrays.find(field.path);
        if (found == listing.arrays.end()) continue;
        field.rows = {range.first, count};
        field.key = concat(ranges_.size() - 1, "/", field.path);
        item.bytes += bytes_in_memory(found->second, count);
        item.fields.push_back(std::move(field));
      }
    }
    if (ranges_.empty()) throw DataError(concat(label_, ": holds no episode with a step"));
    note(listing, has_next);
    if (cut > 0) {
      notes_.assumed(concat("max_episode_steps ", options_.max_episode_steps, " cut ", cut, " of ", ranges_.size(),
                            " episodes where the file marks no end: they ended by their time limit"));
    }
    if (never_end > 0) {
      notes_.assumed(
          concat("the last ", never_end, " rows, which never end, are an episode that its time limit ended"));
    }
    reader_.emplace(file, std::move(items));
  }
  std::string file(int64_t) const override { return label_; }
  std::string kind() const override { return "D4RL flat HDF5"; }
  int64_t episodes() const override { return static_cast<int64_t>(ranges_.size()); }
  std::string name(int64_t index) const override {
    const auto& range = ranges_[static_cast<size_t>(index)];
    return concat("rows ", range.first, " to ", range.last);
  }

  Episode read(int64_t index) override {
    const auto& range = ranges_[static_cast<size_t>(index)];
    std::map<std::string, HostArray> fields;
    for (auto& [key, array] : reader_->take(static_cast<size_t>(index))) {
      fields[key.substr(key.find('/') + 1)] = std::move(array);
    }
    D4rlArrays arrays = d4rl_arrays_of(std::move(fields), label_);
    arrays.first_row = range.first;
    auto options = options_;
    options.max_episode_steps = arrays.rows;  // where it ends was decided already
    auto episodes = episodes_from_d4rl(arrays, options, label_);
    if (episodes.size() != 1) throw DataError(concat(label_, ": ", name(index), ": changed while it was read"));
    episodes[0].meta["number"] = std::to_string(index);
    const auto& how = episodes[0].meta["last_state"];
    if (how == "repeated") {
      notes_.assumed_here("no observation follows the last action: at a terminal end the last one is repeated");
    }
    return std::move(episodes[0]);
  }

 private:
  D4rlArrays read_ends(const fs::path& file, int64_t rows) const {
    auto fields = read_arrays_guarded(file, {{"terminals", false}, {"timeouts", false, /*required=*/false}});
    D4rlArrays ends;
    ends.rows = rows;
    for (auto& [name, array] : fields) {
      if (static_cast<int64_t>(array.bytes.size()) != rows) {
        throw DataError(concat(label_, ": ", name, ": has shape ", shape_text(array.shape), ", want [", rows,
                               "] as observations have"));
      }
    }
    ends.terminals = std::move(fields["terminals"].bytes);
    if (const auto at = fields.find("timeouts"); at != fields.end()) ends.timeouts = std::move(at->second.bytes);
    return ends;
  }

  void note(const Hdf5Listing& listing, bool has_next) {
    const bool has_timeouts = listing.arrays.contains("timeouts");
    const bool has_success = listing.arrays.contains("infos/success");
    notes_.found(concat("terminals", has_timeouts ? ", timeouts" : "", has_success ? ", infos/success" : "",
                        has_next ? ", next_observations" : ""));
    notes_.assumed(concat(
        "a terminal row is ",
        has_success ? "a success where infos/success says so, else a failure" : "a failure (there is no infos/success)",
        has_timeouts ? "; a time-out is a time limit, not terminal" : ""));
    if (!has_next) {
      notes_.assumed(
          "there are no next_observations: a time-out's last row becomes the state after the last step, and gives "
          "none");
    }
    for (const char* field : {"observations", "actions", "rewards"}) {
      if (const auto at = listing.arrays.find(field); at != listing.arrays.end())
        note_precision(field, at->second, notes_);
    }
    std::vector<std::string> left;
    const auto known = d4rl_fields();
    for (const auto& [path, array] : listing.arrays) {
      const auto is_it = [&path = path](const ArrayField& field) { return field.path == path; };
      if (std::none_of(known.begin(), known.end(), is_it) && !path.starts_with("metadata/")) left.push_back(path);
    }
    if (!left.empty()) notes_.lost(concat("arrays that are not read: ", join(left)));
  }

  std::string label_;
  D4rlOptions options_;
  std::vector<D4rlRange> ranges_;
  std::optional<ReadAhead> reader_;
};

}  // namespace

bool is_d4rl(const Hdf5Listing& listing) {
  return listing.arrays.contains("observations") && listing.arrays.contains("actions");
}

/// Shapes against each other, before anything is read.
void check_shapes(const fs::path& file, const Hdf5Listing& listing) {
  std::map<std::string, HostArray> shapes;
  for (const auto& field : d4rl_fields()) {
    if (const auto found = listing.arrays.find(field.path); found != listing.arrays.end()) {
      shapes[field.path].shape = found->second.shape;
    } else if (field.required) {
      throw DataError(
          concat(file.string(), ": has no '", field.path, "' (has: ", printable(join(root_names(listing)), 500), ")"));
    }
  }
  d4rl_arrays_of(std::move(shapes), file.string());
}

std::unique_ptr<DataSource> open_d4rl(const fs::path& file, const Hdf5Listing& listing, const DataOptions& options) {
  if (listing.arrays.contains(concat(kHead, "/episodes"))) return open_own_d4rl(file, listing, options);
  check_shapes(file, listing);
  return std::make_unique<D4rlSource>(file, listing, options);
}

}  // namespace onramp::detail
