#include "onramp/data/convert.h"

#include <algorithm>
#include <limits>

#include "data_writer.h"
#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/text.h"
#include "onramp/data/store/episode_store.h"
#include "sources.h"

namespace onramp {

namespace fs = std::filesystem;

namespace detail {

void Unseen::also(const std::string& what) {
  if (std::find(parts_.begin(), parts_.end(), what) == parts_.end()) parts_.push_back(what);
}

void Unseen::add(const Episode& episode) {
  also("why an episode ended beyond whether that was terminal");
  if (episode.action != episode.executed_action) also("executed actions");
  if (!episode.extra.empty()) also("extra columns (timing, policy info)");
  if (!episode.meta.empty()) also("meta (seed, who acted)");
}

std::string Unseen::text() const { return join(parts_); }

}  // namespace detail

namespace {

class StoreWriter final : public detail::DataWriter {
 public:
  explicit StoreWriter(const fs::path& folder) : store_(folder) {}
  void add(const Episode& episode, int64_t number) override { store_.write(number, episode); }
  void finish() override {}
  std::string unseen() const override { return ""; }

 private:
  EpisodeStore store_;
};

/// Only a data set of the same kind may be replaced: nobody loses a home folder to a slip of the hand.
void want_free(const fs::path& to, DataFormat format, bool replace) {
  if (!fs::exists(fs::symlink_status(to))) return;
  if (!replace) throw ValueError(concat(to.string(), " is there already; choose another name, or say --force"));
  const bool is_folder = fs::is_directory(to);
  bool same_kind = is_folder == (format == DataFormat::kStore || format == DataFormat::kMinari);
  if (same_kind && is_folder && format == DataFormat::kMinari) {
    same_kind = !detail::minari_file(to).empty() && fs::exists(to / "data");
  } else if (same_kind && is_folder) {
    for (const auto& entry : fs::directory_iterator(to)) same_kind = same_kind && entry.path().extension() == ".h5";
  }
  if (!same_kind) {
    throw ValueError(
        concat(to.string(), " is there and is no data set of this kind: it is not replaced, --force or not"));
  }
}

}  // namespace

Conversion convert_data(DataSource& from, const fs::path& to_as_given, DataFormat format, bool replace) {
  const fs::path to = to_as_given.has_filename() ? to_as_given : to_as_given.parent_path();
  want_free(to, format, replace);
  if (to.has_parent_path()) create_folders(to.parent_path());
  Conversion result;
  const auto fill = [&](const fs::path& temporary) {
    std::unique_ptr<detail::DataWriter> writer;
    switch (format) {
      case DataFormat::kStore:
        writer = std::make_unique<StoreWriter>(temporary);
        break;
      case DataFormat::kRobomimic:
        writer = detail::make_robomimic_writer(temporary, to);
        break;
      case DataFormat::kD4rl:
        writer = detail::make_d4rl_writer(temporary, to);
        break;
      case DataFormat::kMinari:
        writer = detail::make_minari_writer(temporary, to);
        break;
    }
    int64_t last = -1;
    for (int64_t i = 0; i < from.episodes(); ++i) {
      const Episode episode = from.read(i);
      if (episode.length() == 0) continue;  // one row that ends by a time limit holds a state and no step
      last = std::max(last + 1, from.number(i));
      writer->add(episode, last);
      result.summary.add(episode);
    }
    if (result.summary.episodes() == 0)
      throw DataError(concat(to.string(), ": there is no episode with a step to write"));
    writer->finish();
    result.unseen = writer->unseen();
  };
  if (format == DataFormat::kStore || format == DataFormat::kMinari) {
    write_folder_atomic(to, fill);
  } else {
    fill_file_atomic(to, fill);
  }
  result.summary.file = to.string();
  result.summary.kind = from.kind();
  result.summary.notes = from.notes().lines();
  return result;
}

}  // namespace onramp
