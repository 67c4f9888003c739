#include <optional>
#include <utility>

#include "foreign_arrays.h"
#include "onramp/base/error.h"
#include "onramp/data/store/episode_file.h"
#include "onramp/data/store/episode_store.h"
#include "sources.h"

namespace onramp::detail {

namespace fs = std::filesystem;

namespace {

class StoreSource final : public DataSource {
 public:
  StoreSource(const fs::path& path, const DataOptions& options) : options_(options) {
    if (!fs::is_directory(path)) {
      files_.emplace_back(0, path);
      return;
    }
    const auto episodes = path / "episodes";
    const EpisodeStore store(fs::is_directory(episodes) ? episodes : path);
    for (const int64_t number : store.list()) files_.emplace_back(number, store.path(number));
    if (files_.empty())
      throw DataError(concat(path.string(),
                             ": is no folder of data: holds neither episode files (000000.h5, ...) nor "
                             "episodes/ of a run nor main_data.hdf5 of a Minari set (itself or in data/); of other "
                             "layouts name the file"));
  }
  std::string kind() const override { return files_.size() == 1 ? "onramp episode" : "onramp episodes"; }
  int64_t episodes() const override { return static_cast<int64_t>(files_.size()); }
  int64_t number(int64_t index) const override { return files_[static_cast<size_t>(index)].first; }
  std::string name(int64_t index) const override {
    return files_[static_cast<size_t>(index)].second.filename().string();
  }
  std::string file(int64_t index) const override { return files_[static_cast<size_t>(index)].second.string(); }
  Episode read(int64_t index) override {
    const auto& file = files_[static_cast<size_t>(index)].second;
    Episode episode = read_episode(file);
    apply_options(episode, options_, /*cut_by_default=*/false, file.string());
    return episode;
  }

 private:
  DataOptions options_;
  std::vector<std::pair<int64_t, fs::path>> files_;
};

}  // namespace

std::unique_ptr<DataSource> open_store(const fs::path& path, const DataOptions& options) {
  return std::make_unique<StoreSource>(path, options);
}

}  // namespace onramp::detail
