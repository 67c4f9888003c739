#include "onramp/data/convert.h"

#include <gtest/gtest.h>

#include "onramp/base/atomic_file.h"
#include "onramp/data/store/episode_store.h"
#include "support/disk_faults.h"
#include "support/expect_throws.h"
#include "support/same_episode.h"

namespace onramp::test {
namespace {

namespace fs = std::filesystem;

struct Convert : ::testing::TestWithParam<DataFormat> {
  fs::path store(const std::vector<Episode>& episodes) {
    EpisodeStore store(folder / "own");
    for (size_t i = 0; i < episodes.size(); ++i) store.write(static_cast<int64_t>(i), episodes[i]);
    return folder / "own";
  }
  static std::string file_name(DataFormat format) {
    return format == DataFormat::kStore || format == DataFormat::kMinari ? "converted" : "converted.hdf5";
  }
  Conversion convert(const fs::path& from, const fs::path& to, DataFormat format, bool force = false) {
    const auto source = open_data(from, DataOptions::as_recorded());
    return convert_data(*source, to, format, force);
  }
  /// Names in the folder, to see that nothing stays behind.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder.path())) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  TemporaryFolder folder;
};

TEST_P(Convert, GivesEveryEpisodeBackBitForBit) {
  const auto episodes = rich_episodes();
  const auto to = folder / file_name(GetParam());
  const auto done = convert(store(episodes), to, GetParam());
  EXPECT_EQ(done.summary.episodes(), 6);
  EXPECT_EQ(done.summary.steps, 3 + 4 + 5 + 6 + 7 + 8);

  const auto back = open_data(to, DataOptions::as_recorded());
  ASSERT_EQ(back->episodes(), 6);
  for (const int64_t i : {5, 0, 1, 2, 3, 4}) {  // also out of order
    expect_same_episode(back->read(i), episodes[static_cast<size_t>(i)], back->name(i));
  }
  convert(to, folder / "again", DataFormat::kStore);  // and into a store
  const EpisodeStore again(folder / "again");
  for (int64_t i = 0; i < 6; ++i) expect_same_episode(again.load(i), episodes[static_cast<size_t>(i)], "store");
}

TEST_P(Convert, WorksWithPicturesAlone) {
  auto episode = make_episode(4, EndReason::kTimeLimit);
  episode.observation_spec.entries.erase(episode.observation_spec.entries.begin());
  episode.vectors.clear();
  const auto to = folder / file_name(GetParam());
  convert(store({episode, episode}), to, GetParam());
  expect_same_episode(open_data(to)->read(1), episode, "pictures alone");
}

TEST_P(Convert, DoesNotReplaceWithoutForce) {
  const auto from = store({make_episode(3, EndReason::kSuccess)});
  const auto to = folder / file_name(GetParam());
  convert(from, to, GetParam());
  expect_throws<ValueError>([&] { convert(from, to, GetParam()); },
                            "is there already; choose another name, or say --force");
  fs::remove_all(folder / "own");
  convert(store({make_episode(7, EndReason::kSuccess)}), to, GetParam(), /*force=*/true);
  EXPECT_EQ(open_data(to)->read(0).length(), 7);
  EXPECT_EQ(names(), (std::vector<std::string>{file_name(GetParam()), "own"}));
}

TEST_P(Convert, NeverReplacesWhatIsNoDataSet) {
  const auto from = store({make_episode(3, EndReason::kSuccess)});
  const bool is_folder = GetParam() == DataFormat::kStore || GetParam() == DataFormat::kMinari;
  const auto precious = folder / "precious";
  if (is_folder) {
    fs::create_directories(precious);
    write_file_atomic(precious / "thesis.txt", std::string_view("years"));
  } else {
    fs::create_directories(precious);
  }
  expect_throws<ValueError>([&] { convert(from, precious, GetParam(), true); }, "it is not replaced, --force or not");
  EXPECT_TRUE(fs::is_directory(precious));
  EXPECT_EQ(fs::exists(precious / "thesis.txt"), is_folder);
}

TEST_P(Convert, LeavesNothingOnAFullDisk) {
  const auto from = store(rich_episodes(12));
  const auto to = folder / file_name(GetParam());
  {
    const FileSizeLimit limit(4096);
    expect_throws<IoError>([&] { convert(from, to, GetParam()); }, "would pass the size limit");
  }
  EXPECT_EQ(names(), std::vector<std::string>{"own"});
  convert(from, to, GetParam());  // and nothing is in the way of the next try
  EXPECT_EQ(open_data(to)->episodes(), 12);
}

TEST_P(Convert, LeavesNothingWhenAnEpisodeIsDamaged) {
  const auto from = store(rich_episodes(3));
  write_file_atomic(from / "000002.h5", read_file(from / "000002.h5").substr(0, 2000));
  expect_throws<DataError>([&] { convert(from, folder / file_name(GetParam()), GetParam()); }, "000002.h5: is damaged");
  EXPECT_EQ(names(), std::vector<std::string>{"own"});
}

INSTANTIATE_TEST_SUITE_P(All, Convert,
                         ::testing::Values(DataFormat::kStore, DataFormat::kRobomimic, DataFormat::kD4rl,
                                           DataFormat::kMinari),
                         [](const auto& info) {
                           for (const auto& [value, name] : enum_names(static_cast<DataFormat*>(nullptr))) {
                             if (value == info.param) return std::string(name);
                           }
                           return std::string("unknown");
                         });

using ConvertFlat = Convert;
TEST_F(ConvertFlat, RefusesEpisodesOfDifferentKinds) {
  const auto from = store({make_episode(3, EndReason::kSuccess, 0), make_episode(3, EndReason::kSuccess, 1, false)});
  for (const auto format : {DataFormat::kD4rl, DataFormat::kMinari}) {
    expect_throws<DataError>([&] { convert(from, folder / "x", format); },
                             "episode 1 has other observations or actions than those before it");
  }
  convert(from, folder / "x", DataFormat::kRobomimic);  // which has a place for it
  EXPECT_EQ(open_data(folder / "x")->read(1).images.size(), 0u);
}

TEST_F(ConvertFlat, KeepsNumbersAndFilterKeysThroughRobomimic) {
  EpisodeStore own(folder / "own");
  auto episode = make_episode(3, EndReason::kSuccess);
  episode.meta["filter_keys"] = R"(["train","valid"])";
  own.write(4, episode);
  episode.meta["filter_keys"] = R"(["valid"])";
  own.write(9, episode);
  convert(folder / "own", folder / "x.hdf5", DataFormat::kRobomimic);
  const auto source = open_data(folder / "x.hdf5");
  EXPECT_EQ(source->name(0), "demo_4");
  EXPECT_EQ(source->number(1), 9);
  EXPECT_EQ(source->filter_keys(0), (std::vector<std::string>{"train", "valid"}));
  EXPECT_EQ(open_data(folder / "x.hdf5", {}, "train")->episodes(), 1);
  EXPECT_EQ(open_data(folder / "own", {}, "train")->number(0), 4);
  expect_throws<DataError>([&] { open_data(folder / "x.hdf5", {}, "nobody"); },
                           "no episode has the filter key 'nobody'");
  convert(folder / "x.hdf5", folder / "back", DataFormat::kStore);
  EXPECT_EQ(EpisodeStore(folder / "back").list(), (std::vector<int64_t>{4, 9}));
  expect_same_episode(EpisodeStore(folder / "back").load(9), episode, "back");
}

}  // namespace
}  // namespace onramp::test
