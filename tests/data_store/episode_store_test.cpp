#include "onramp/data/store/episode_store.h"

#include <gtest/gtest.h>

#include <fstream>

#include "onramp/base/error.h"
#include "support/episodes.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"

namespace onramp {
namespace {

using test::expect_throws;
using test::make_episode;
using test::TemporaryFolder;

TEST(EpisodeStoreTest, NumbersEpisodesInOrder) {
  TemporaryFolder folder;
  EpisodeStore store(folder / "episodes");
  EXPECT_FALSE(store.highest());
  EXPECT_EQ(store.append(make_episode(2, EndReason::kFailure, 0)), 0);
  EXPECT_EQ(store.append(make_episode(3, EndReason::kSuccess, 1)), 1);
  store.write(12, make_episode(4, EndReason::kTimeLimit, 12));
  EXPECT_EQ(store.append(make_episode(5, EndReason::kTimeLimit, 13)), 13);
  EXPECT_EQ(store.list(), (std::vector<int64_t>{0, 1, 12, 13}));
  EXPECT_EQ(store.path(12).filename(), "000012.h5");
  EXPECT_EQ(store.load(12).length(), 4);
  EXPECT_FALSE(store.contains(2));
  EXPECT_EQ(EpisodeStore(folder / "episodes").highest(), 13);
}

TEST(EpisodeStoreTest, MakesItsFolderWithTheFirstEpisode) {
  TemporaryFolder folder;
  EpisodeStore store(folder / "run/episodes");
  EXPECT_TRUE(store.list().empty());
  EXPECT_FALSE(store.contains(0));
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
  store.append(make_episode(2, EndReason::kFailure));
  EXPECT_EQ(store.list(), std::vector<int64_t>{0});
}

TEST(EpisodeStoreTest, LeavesOtherFilesAlone) {
  TemporaryFolder folder;
  EpisodeStore store(folder.path());
  store.append(make_episode(2, EndReason::kFailure));
  for (const char* name : {"notes.txt", "12.h5", "0000012.h5", "abcdef.h5", ".tmp.000001.h5.77", "000001.h5.part"})
    std::ofstream(folder / name) << "x";
  EXPECT_EQ(store.list(), std::vector<int64_t>{0});
}

TEST(EpisodeStoreTest, SetsAsideWithoutLosingAnything) {
  TemporaryFolder folder;
  EpisodeStore store(folder.path());
  store.write(3, make_episode(2, EndReason::kFailure, 7));
  EXPECT_EQ(store.set_aside(3).filename(), "000003.aside-1.h5");
  EXPECT_FALSE(store.contains(3));
  store.write(3, make_episode(5, EndReason::kFailure, 8));
  EXPECT_EQ(store.set_aside(3).filename(), "000003.aside-2.h5");
  EXPECT_EQ(test::names_in(folder.path()), (std::vector<std::string>{"000003.aside-1.h5", "000003.aside-2.h5"}));
  EXPECT_TRUE(store.list().empty());
}

TEST(EpisodeStoreTest, KnowsItsNames) {
  for (const auto* name : {"000000.h5", "000012.h5", "1000000.h5", "000012.aside-1.h5", "000012.aside-34.h5"})
    EXPECT_TRUE(EpisodeStore::is_name(name)) << name;
  for (const auto* name : {"12.h5", "000012.hdf5", "low_dim.h5", "data", "000012.aside-.h5", "000012.aside-1x.h5",
                           "x.aside-1.h5", ".aside-1.h5", "000012.aside-1", "000012.aside-1.h5.h5", ""})
    EXPECT_FALSE(EpisodeStore::is_name(name)) << name;
}

TEST(EpisodeStoreTest, NamesTheDamagedEpisode) {
  TemporaryFolder folder;
  EpisodeStore store(folder.path());
  store.append(make_episode(2, EndReason::kFailure));
  std::filesystem::resize_file(store.path(0), 900);
  expect_throws<DataError>([&] { (void)store.load(0); }, "000000.h5: is damaged or half-written (900 bytes");
}

}  // namespace
}  // namespace onramp
