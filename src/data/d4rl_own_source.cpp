#include <map>
#include <optional>
#include <utility>

#include "d4rl_layout.h"
#include "episode_head.h"
#include "foreign_arrays.h"
#include "onramp/base/error.h"
#include "onramp/base/printable.h"
#include "onramp/data/store/episode_file.h"
#include "read_ahead.h"
#include "sources.h"

namespace onramp::detail {

namespace fs = std::filesystem;

namespace {

class OwnD4rlSource final : public DataSource {
 public:
  OwnD4rlSource(const fs::path& file, const Hdf5Listing& listing, const DataOptions& options)
      : label_(file.string()), options_(options) {
    auto heads = read_arrays_guarded(file, {{.path = kOwnEpisodes, .is_text = true}});
    std::vector<ReadAhead::Item> items;
    int64_t step = 0;
    std::map<std::string, int64_t> column_row;
    for (const auto& text : heads[kOwnEpisodes].texts) {
      Episode episode;
      const auto head = read_head(text, concat(label_, ": episode ", heads_.size()), episode);
      const int64_t T = head.length;
      if (T < 1) throw DataError(concat(label_, ": episode ", heads_.size(), " has no steps"));
      const auto number = static_cast<int64_t>(heads_.size());
      auto& item = items.emplace_back();
      const auto want = [&](const std::string& path, const Hdf5Rows& rows, bool is_float, const std::string& as = {}) {
        const auto found = listing.arrays.find(path);
        if (found == listing.arrays.end()) throw DataError(concat(label_, ": has no '", printable(path), "'"));
        item.bytes += bytes_in_memory(found->second, rows.count);
        item.fields.push_back(
            {.path = path, .is_float = is_float, .rows = rows, .key = concat(number, "/", as.empty() ? path : as)});
      };
      const auto flat = flat_entries(episode.observation_spec);
      const bool floats = flat.empty() || flat[0].dtype == DType::kFloat32;
      if (!flat.empty()) {
        want("observations", {step, T}, floats);
        want("next_observations", {step + T - 1, 1}, floats);
      }
      for (const auto& entry : episode.observation_spec.entries) {
        if (!is_flat(flat, entry.name))
          want(kOwnObservations + entry.name, {step + number, T + 1}, entry.dtype == DType::kFloat32);
      }
      for (const auto& name : {std::string("actions"), kOwnExecuted, std::string("rewards")})
        want(name, {step, T}, true);
      want("infos/success", {step, T}, false);
      for (const auto& [name, width] : head.extra) {
        want(kOwnExtra + name, {column_row[name], T}, true);
        column_row[name] += T;
      }
      heads_.emplace_back(std::move(episode), head);
      step += T;
    }
    if (heads_.empty()) throw DataError(concat(label_, ": holds no episode"));
    notes_.found("what onramp added: typed end reasons, executed actions, every observation, extra columns, meta");
    reader_.emplace(file, std::move(items));
  }
  std::string file(int64_t) const override { return label_; }
  std::string kind() const override { return "D4RL flat HDF5 made by onramp"; }
  int64_t episodes() const override { return static_cast<int64_t>(heads_.size()); }
  std::string name(int64_t index) const override { return concat("episode ", index); }

  Episode read(int64_t index) override {
    const std::string label = concat(label_, ": episode ", index);
    const auto& [known, head] = heads_[static_cast<size_t>(index)];
    Episode episode = known;
    auto arrays = reader_->take(static_cast<size_t>(index));
    const auto array = [&](const std::string& name) -> HostArray& { return arrays[concat(index, "/", name)]; };
    const auto flat = flat_entries(episode.observation_spec);
    for (const char* part : {"observations", "next_observations"}) {
      split(episode, flat, array(part), label);
    }
    for (const auto& entry : episode.observation_spec.entries) {
      if (!is_flat(flat, entry.name)) append_observations(episode, entry, array(kOwnObservations + entry.name), label);
    }
    episode.action = std::move(array("actions").floats);
    episode.executed_action = std::move(array(kOwnExecuted).floats);
    episode.reward = std::move(array("rewards").floats);
    episode.success = std::move(array("infos/success").bytes);
    for (const auto& [name, width] : head.extra)
      episode.extra[name] = {width, std::move(array(kOwnExtra + name).floats)};
    check_consistent(episode, label);
    apply_options(episode, options_, /*cut_by_default=*/false, label);
    return episode;
  }

 private:
  /// Columns of one flat row back to their entries.
  static void split(Episode& episode, const std::vector<EntrySpec>& flat, HostArray& rows, const std::string& label) {
    if (flat.empty()) return;
    if (flat[0].dtype == DType::kUint8) {
      append_observations(episode, flat[0], rows, label);
      return;
    }
    int64_t width = 0;
    for (const auto& entry : flat) width += entry.numel();
    if (rows.shape.size() != 2 || rows.shape[1] != width) {
      throw DataError(
          concat(label, ": observations: has shape ", shape_text(rows.shape), ", want [rows, ", width, "]"));
    }
    for (int64_t row = 0; row < rows.shape[0]; ++row) {
      auto from = rows.floats.begin() + row * width;
      for (const auto& entry : flat) {
        auto& to = episode.vectors[entry.name];
        to.insert(to.end(), from, from + entry.numel());
        from += entry.numel();
      }
    }
  }

  std::string label_;
  DataOptions options_;
  std::vector<std::pair<Episode, EpisodeHead>> heads_;  // without numbers
  std::optional<ReadAhead> reader_;
};

}  // namespace

std::unique_ptr<DataSource> open_own_d4rl(const fs::path& file, const Hdf5Listing& listing,
                                          const DataOptions& options) {
  return std::make_unique<OwnD4rlSource>(file, listing, options);
}

}  // namespace onramp::detail
