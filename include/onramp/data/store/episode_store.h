// The folder in which a run keeps its episodes: what a robot did is on disk before it counts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "onramp/data/episode.h"

namespace onramp {

/// Files 000012.h5 by number. Other names are left alone. Nothing is cached: the folder is the truth.
/// Thread safety: as that of the file system; two writers must not use the same number (a run's folder is locked).
class EpisodeStore {
 public:
  /// The folder need not be there: the first write makes it.
  explicit EpisodeStore(std::filesystem::path folder);

  /// Writes under the next free number, highest + 1. @return that number. @throws IoError, DataError
  int64_t append(const Episode& episode);
  /// Replaces what is there. @throws IoError, DataError
  void write(int64_t number, const Episode& episode);
  bool contains(int64_t number) const;
  /// @throws DataError naming the file when it is damaged, IoError when it is not there
  Episode load(int64_t number) const;
  /// Ascending.
  std::vector<int64_t> list() const;
  /// Nothing in an empty folder.
  std::optional<int64_t> highest() const;
  /// Renames an episode, so that its number is free and nothing is lost. @return the new path, "000012.aside-1.h5"
  std::filesystem::path set_aside(int64_t number) const;

  std::filesystem::path path(int64_t number) const;
  /// Whether a file in such a folder is called so: "000012.h5", "000012.aside-1.h5".
  static bool is_name(const std::string& name);
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace onramp
