#include "onramp/data/data_source.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "foreign_arrays.h"
#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/printable.h"
#include "onramp/base/text.h"
#include "onramp/data/store/episode_file.h"
#include "onramp/data/store/guarded_read.h"
#include "sources.h"

namespace onramp {

namespace fs = std::filesystem;

namespace {

/// The episodes under one filter key.
class Filtered final : public DataSource {
 public:
  Filtered(std::unique_ptr<DataSource> inner, const std::string& key, const std::string& label)
      : inner_(std::move(inner)) {
    for (int64_t i = 0; i < inner_->episodes(); ++i) {
      const auto keys = inner_->filter_keys(i);
      if (std::find(keys.begin(), keys.end(), key) != keys.end()) members_.push_back(i);
    }
    if (members_.empty()) throw DataError(concat(label, ": no episode has the filter key '", key, "'"));
    line_ =
        concat(members_.size(), " of ", counted(inner_->episodes(), "episode"), " under the filter key '", key, "'");
    notes_.found(line_);
  }
  std::string kind() const override { return inner_->kind(); }
  int64_t episodes() const override { return static_cast<int64_t>(members_.size()); }
  int64_t number(int64_t index) const override { return inner_->number(members_[static_cast<size_t>(index)]); }
  std::string name(int64_t index) const override { return inner_->name(members_[static_cast<size_t>(index)]); }
  std::string file(int64_t index) const override { return inner_->file(members_[static_cast<size_t>(index)]); }
  Episode read(int64_t index) override {
    Episode episode = inner_->read(members_[static_cast<size_t>(index)]);
    notes_ = inner_->notes();
    notes_.found(line_);
    faults_ = inner_->faults();
    return episode;
  }

 private:
  std::unique_ptr<DataSource> inner_;
  std::vector<int64_t> members_;
  std::string line_;
};

std::unique_ptr<DataSource> open_any(const fs::path& path, const DataOptions& options) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) throw io_error("read", path, ENOENT);
  fs::path file = path;
  if (fs::is_directory(status)) {
    const fs::path minari = detail::minari_file(path);
    if (minari.empty()) return detail::open_store(path, options);
    file = minari;
  } else if (has_episode_head(path)) {
    return detail::open_store(path, options);
  }
  const Hdf5Listing listing = list_guarded(file);
  switch (detail::file_kind(file, listing)) {
    case detail::FileKind::kRobomimic:
      return detail::open_robomimic(file, listing, options);
    case detail::FileKind::kMinari:
      return detail::open_minari(file, listing, options);
    case detail::FileKind::kEpisode:
      return detail::open_store(path, options);
    case detail::FileKind::kD4rl:
      return detail::open_d4rl(file, listing, options);
    case detail::FileKind::kUnknown:
      break;
  }
  const auto names = detail::root_names(listing);
  throw DataError(concat(file.string(),
                         ": is neither D4RL (observations, actions, ...) nor robomimic (data/demo_0/...) "
                         "nor Minari (episode_0/...) nor an onramp episode; it has: ",
                         names.empty() ? "nothing" : printable(join(names), 500)));
}

}  // namespace

detail::FileKind detail::file_kind(const fs::path& file, const Hdf5Listing& listing) {
  if (is_robomimic(listing)) return FileKind::kRobomimic;
  if (is_minari(listing)) return FileKind::kMinari;
  if (is_episode_file(file)) return FileKind::kEpisode;
  return is_d4rl(listing) ? FileKind::kD4rl : FileKind::kUnknown;
}

std::vector<std::string> detail::root_names(const Hdf5Listing& listing) {
  std::vector<std::string> names;
  for (const auto& [path, array] : listing.arrays) {
    const auto name = path.substr(0, path.find('/'));
    if (names.empty() || names.back() != name) names.push_back(name);  // in order of path
  }
  return names;
}

std::vector<std::string> DataSource::filter_keys(int64_t index) {
  const Episode episode = read(index);
  const auto keys = episode.meta.find("filter_keys");
  return keys == episode.meta.end() ? std::vector<std::string>{} : detail::items_of(keys->second);
}

void ImportNotes::add(Kind kind, const std::string& what, bool per_episode) {
  const std::string line = one_line(what);  // names in it are the file's
  for (auto& note : notes_) {
    if (note.kind != kind || note.line != line) continue;
    if (per_episode) ++note.episodes;
    return;
  }
  notes_.push_back({kind, line, per_episode ? 1 : -1});
}

std::vector<std::string> ImportNotes::lines() const {
  std::vector<std::string> lines;
  for (const Kind kind : {Kind::kFound, Kind::kAssumed, Kind::kLost}) {
    for (const auto& note : notes_) {
      if (note.kind != kind) continue;
      const char* word = kind == Kind::kFound ? "found" : kind == Kind::kAssumed ? "assumed" : "lost";
      lines.push_back(concat(word, ": ", note.line,
                             note.episodes < 0 ? "" : concat(" (in ", counted(note.episodes, "episode"), ")")));
    }
  }
  return lines;
}

std::unique_ptr<DataSource> open_data(const fs::path& path, const DataOptions& options, const std::string& filter_key) {
  DataOptions of_format = options;
  if (options.success_reward) {  // it is what the format's own rules would cut by and make a reward of
    of_format.reward = D4rlReward::kFile;
    of_format.cut_at_success = false;
  }
  auto source = open_any(path, of_format);
  if (options.success_reward || !options.state_keys.empty()) {
    source = detail::reinterpreted(std::move(source), options, path.string());
  }
  if (filter_key.empty()) return source;
  return std::make_unique<Filtered>(std::move(source), filter_key, path.string());
}

}  // namespace onramp
