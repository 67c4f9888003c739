// Whatever a file of others holds, reading it ends in episodes or in one clear line.
#include <gtest/gtest.h>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/random.h"
#include "onramp/data/check.h"
#include "onramp/data/convert.h"
#include "onramp/data/store/episode_store.h"
#include "support/d4rl_files.h"
#include "support/same_episode.h"
#include "support/temporary_folder.h"

namespace onramp::test {
namespace {

namespace fs = std::filesystem;

struct DamagedFiles : ::testing::Test {
  DamagedFiles() {
    EpisodeStore store(folder / "own");
    for (const auto& episode : rich_episodes(3)) store.append(episode);
  }
  fs::path converted(DataFormat format, const std::string& name) {
    const auto source = open_data(folder / "own", DataOptions::as_recorded());
    convert_data(*source, folder / name, format, false);
    return folder / name;
  }
  /// Flips, zeroes and cuts; `path` is what is opened, `file` what is damaged.
  void damage(const fs::path& path, const fs::path& file, int mutants) {
    const std::string whole = read_file(file);
    const std::string prefix = path.string();
    int read = 0, refused = 0;
    for (int i = 0; i < mutants; ++i) {
      Rng random = RandomStream(3, "mutant").at(static_cast<uint64_t>(i));
      std::string bytes = whole;
      for (int k = 0; k < 1 + i % 6; ++k) {
        const auto at = static_cast<size_t>(random.below(bytes.size()));
        switch (i % 3) {
          case 0:
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
            break;
          case 1:
            bytes.replace(at, std::min<size_t>(8, bytes.size() - at), std::min<size_t>(8, bytes.size() - at), '\xff');
            break;
          default:
            bytes.resize(std::max<size_t>(100, at));
        }
      }
      write_file_atomic(file, bytes);
      const auto found = inspect_data(path);  // catches DataError alone
      found.faults.empty() ? ++read : ++refused;
      for (const auto& fault : found.faults) {
        EXPECT_EQ(fault.text().find('\n'), std::string::npos) << fault.text();
        EXPECT_EQ(fault.text().compare(0, prefix.size(), prefix), 0) << fault.text();
      }
    }
    EXPECT_GT(refused, mutants / 10) << "of " << mutants << " mutants " << read << " were read";
    write_file_atomic(file, whole);
    EXPECT_TRUE(inspect_data(path).faults.empty());
  }
  TemporaryFolder folder;
};

TEST_F(DamagedFiles, OfRobomimic) {
  const auto file = converted(DataFormat::kRobomimic, "r.hdf5");
  damage(file, file, 90);
}
TEST_F(DamagedFiles, OfMinari) {
  const auto set = converted(DataFormat::kMinari, "m");
  damage(set, set / "data" / "main_data.hdf5", 90);
  damage(set, set / "data" / "metadata.json", 90);
}
TEST_F(DamagedFiles, OfD4rlWithWhatWeAdd) {
  const auto file = converted(DataFormat::kD4rl, "d.hdf5");
  damage(file, file, 90);
}
TEST_F(DamagedFiles, OfD4rl) {
  write_d4rl(folder / "f.hdf5", make_d4rl());
  damage(folder / "f.hdf5", folder / "f.hdf5", 90);
}

}  // namespace
}  // namespace onramp::test
