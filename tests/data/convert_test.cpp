#include "onramp/data/convert.h"

#include <gtest/gtest.h>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/interrupt.h"
#include "onramp/base/text.h"
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

TEST_P(Convert, NeverReplacesAFileOrADataSetOfAnotherLayout) {
  const auto from = store({make_episode(3, EndReason::kSuccess)});
  for (const auto& [other, name] : enum_names(static_cast<DataFormat*>(nullptr))) {
    if (other != GetParam()) convert(from, folder / concat("other.", name), other);
  }
  convert(from, folder / "raw.hdf5", DataFormat::kRobomimic);
  write_file_atomic(folder / "cut.hdf5", read_file(folder / "raw.hdf5").substr(0, 1000));
  fs::remove(folder / "raw.hdf5");
  write_file_atomic(folder / "thesis.txt", std::string_view("years"));
  write_file_atomic(folder / "empty", std::string_view(""));
  fs::create_directory(folder / "files");  // called as episodes are, and none
  write_file_atomic(folder / "files" / "000000.h5", std::string_view("years"));
  fs::create_directories(folder / "home" / "data");
  write_file_atomic(folder / "home" / "data" / "main_data.hdf5", std::string_view("years"));
  fs::create_symlink("nowhere", folder / "link");
  const auto before = names();
  for (const auto& name : before) {
    if (name == "own") continue;
    SCOPED_TRACE(name);
    const auto to = folder / name;
    const auto text = fs::is_regular_file(to) ? read_file(to) : "";
    expect_throws<ValueError>([&] { convert(from, to, GetParam(), true); }, "it is not replaced, --force or not");
    if (fs::is_regular_file(to)) {
      EXPECT_EQ(read_file(to), text);
    }
  }
  EXPECT_EQ(names(), before);
  EXPECT_EQ(read_file(folder / "files" / "000000.h5"), "years");
  EXPECT_EQ(read_file(folder / "home" / "data" / "main_data.hdf5"), "years");
}

TEST_P(Convert, NeverReplacesWhatItReads) {
  const auto from = store(rich_episodes(2));
  const auto to = folder / file_name(GetParam());
  convert(from, to, GetParam());
  fs::create_symlink(to, folder / "link");
  fs::create_directory(folder / "sub");
  const bool is_folder = fs::is_directory(to);
  for (const auto& name : {to, folder / "link", folder / "sub" / ".." / file_name(GetParam())}) {
    for (const bool force : {false, true}) {
      SCOPED_TRACE(name);
      expect_throws<ValueError>(
          [&] { convert(to, name, GetParam(), force); },
          is_folder ? ", which is read: it is not replaced" : " is what is read: it is not replaced");
    }
  }
  EXPECT_EQ(open_data(to)->episodes(), 2);
  // Nor what lies in it, nor what it lies in.
  expect_throws<ValueError>([&] { convert(from, from / "000001.h5", GetParam(), true); },
                            "000001.h5 is what is read: it is not replaced, --force or not; choose another name");
  expect_throws<ValueError>([&] { convert(from / "000001.h5", from, GetParam(), true); },
                            "000001.h5, which is read: it is not replaced, --force or not; choose another name");
  EXPECT_EQ(open_data(from)->episodes(), 2);
}

TEST_P(Convert, LeavesNothingWhenInterrupted) {
  const auto from = store(rich_episodes(2));
  const auto to = folder / file_name(GetParam());
  request_interrupt();
  expect_throws<InterruptedError>([&] { convert(from, to, GetParam()); },
                                  concat("interrupted; ", to.string(), " was not written"));
  clear_interrupt();
  EXPECT_EQ(names(), std::vector<std::string>{"own"});
}

TEST_P(Convert, RemovesWhatAKilledOneLeftUnderItsNameAlone) {
  const auto from = store(rich_episodes(2));
  const auto name = file_name(GetParam());
  for (const auto& stale : {concat(".tmp.", name, ".4.999999999"), std::string(".tmp.another.0.999999999")}) {
    write_file_atomic(folder / stale, std::string_view("half"));
  }
  convert(from, folder / name, GetParam());
  EXPECT_EQ(names(), (std::vector<std::string>{".tmp.another.0.999999999", name, "own"}));
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
