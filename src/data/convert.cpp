#include "onramp/data/convert.h"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "data_writer.h"
#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/interrupt.h"
#include "onramp/base/text.h"
#include "onramp/data/store/episode_file.h"
#include "onramp/data/store/episode_store.h"
#include "onramp/data/store/guarded_read.h"
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

bool is_folder(DataFormat format) { return format == DataFormat::kStore || format == DataFormat::kMinari; }

std::string_view name_of(DataFormat format) {
  for (const auto& [value, name] : enum_names(static_cast<DataFormat*>(nullptr))) {
    if (value == format) return name;
  }
  return "";
}

/// By its own readers' judgement; what none of them can read is of no kind.
detail::FileKind kind_of(const fs::path& file) {
  if (!fs::is_regular_file(file)) return detail::FileKind::kUnknown;  // opening a pipe would wait for its writer
  if (has_episode_head(file)) return detail::FileKind::kEpisode;
  try {
    return detail::file_kind(file, list_guarded(file));
  } catch (const DataError&) {
    return detail::FileKind::kUnknown;
  }
}

bool is_episode_store(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!EpisodeStore::is_name(entry.path().filename().string())) return false;
    if (kind_of(entry.path()) != detail::FileKind::kEpisode) return false;
  }
  return true;
}

bool is_minari_folder(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename() != "data" || !entry.is_directory()) return false;
  }
  const auto file = detail::minari_file(folder);
  return !file.empty() && kind_of(file) == detail::FileKind::kMinari;
}

bool is_data_set(const fs::path& path, DataFormat format) {
  if (fs::is_directory(path) != is_folder(format)) return false;
  switch (format) {
    case DataFormat::kStore:
      return is_episode_store(path);
    case DataFormat::kMinari:
      return is_minari_folder(path);
    case DataFormat::kRobomimic:
      return kind_of(path) == detail::FileKind::kRobomimic;
    case DataFormat::kD4rl:
      return kind_of(path) == detail::FileKind::kD4rl;
  }
  return false;
}

/// Whether `path` is `other` or lies below it; both canonical.
bool is_within(const fs::path& path, const fs::path& other) {
  return std::mismatch(other.begin(), other.end(), path.begin(), path.end()).first == other.end();
}

/// One of the files that `from` reads which is `to` or lies in it, by whatever name; empty: none.
std::string read_from(const DataSource& from, const fs::path& to) {
  std::error_code error;
  const auto place = fs::canonical(to, error);
  if (error) return {};  // a link that leads nowhere
  std::string last;
  for (int64_t i = 0; i < from.episodes(); ++i) {
    auto file = from.file(i);
    if (file == last) continue;
    const auto whole = fs::canonical(file, error);
    if (!error && is_within(whole, place)) return file;
    last = std::move(file);
  }
  return {};
}

/// Only a data set of the same layout may be replaced, and never the one that is read: nobody loses a home folder to a slip
/// of the hand.
void want_free(const DataSource& from, const fs::path& to, DataFormat format, bool replace) {
  if (!fs::exists(fs::symlink_status(to))) return;
  if (const auto file = read_from(from, to); !file.empty()) {
    throw ValueError(concat(to.string(),
                            fs::is_directory(to) ? concat(" holds ", file, ", which is read") : " is what is read",
                            ": it is not replaced, --force or not; choose another name"));
  }
  if (!replace) throw ValueError(concat(to.string(), " is there already; choose another name, or say --force"));
  if (!is_data_set(to, format)) {
    throw ValueError(concat(to.string(), " is there and is no ", name_of(format),
                            " data set: it is not replaced, --force or not; choose another name"));
  }
}

}  // namespace

Conversion convert_data(DataSource& from, const fs::path& to_as_given, DataFormat format, bool replace) {
  const fs::path to = to_as_given.has_filename() ? to_as_given : to_as_given.parent_path();
  want_free(from, to, format, replace);
  if (to.has_parent_path()) create_folders(to.parent_path());
  remove_stale_temporaries_of(to);  // before the new one: what a killed conversion left may be what fills the disk
  const auto stop_when_asked = [&] {
    if (interrupt_requested()) throw InterruptedError(concat("interrupted; ", to.string(), " was not written"));
  };
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
      stop_when_asked();
      const Episode episode = from.read(i);
      if (episode.length() == 0) continue;  // one row that ends by a time limit holds a state and no step
      last = std::max(last + 1, from.number(i));
      writer->add(episode, last);
      result.summary.add(episode);
    }
    stop_when_asked();
    if (result.summary.episodes() == 0)
      throw DataError(concat(to.string(), ": there is no episode with a step to write"));
    writer->finish();
    result.unseen = writer->unseen();
  };
  if (is_folder(format)) {
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
