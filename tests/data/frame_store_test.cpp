#include "onramp/data/frame_store.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>

#include "onramp/base/error.h"
#include "onramp/data/replay_source.h"
#include "onramp/data/sampler.h"
#include "support/disk_faults.h"
#include "support/episodes.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"

namespace onramp {
namespace {

using test::expect_throws;
using test::make_episode;
using test::TemporaryFolder;

constexpr int64_t kBlock = 64 << 10;  // of a space whose limit is small

/// Frames of 10 000 bytes: four fit a block of 64 KiB (6.5, rounded down to a power of two).
constexpr int64_t kFrameBytes = 10000;
std::vector<uint8_t> some_frames(int64_t count, int64_t first = 0) {
  std::vector<uint8_t> bytes;
  for (int64_t frame = first; frame < first + count; ++frame) {
    for (int64_t i = 0; i < kFrameBytes; ++i) bytes.push_back(static_cast<uint8_t>(31 * frame + i));
  }
  return bytes;
}

void expect_holds(const FrameStore& store, const std::vector<FrameId>& ids) {
  const auto got = store.gather(ids);
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto want = some_frames(1, ids[i]);
    const auto* bytes = got[static_cast<int64_t>(i)].const_data_ptr<uint8_t>();
    EXPECT_TRUE(std::equal(want.begin(), want.end(), bytes)) << "frame " << ids[i];
  }
}

TEST(FrameStore, KeepsFramesAcrossBlocksInMemoryAndInTheFile) {
  TemporaryFolder folder;
  for (const int64_t limit : {int64_t{0}, 2 * kBlock, int64_t{1} << 40}) {
    const auto space = std::make_shared<FrameSpace>(limit, folder.path());
    FrameStore store({100, 100, 1}, space);
    EXPECT_EQ(store.append(some_frames(1)), 0);
    EXPECT_EQ(store.append(some_frames(20, 1)), 1);
    EXPECT_EQ(store.size(), 21);
    expect_holds(store, {20, 0, 3, 4, 3, 11, 12});
    EXPECT_THROW(store.gather(std::vector<FrameId>{21}), std::logic_error);
    // Six blocks of 40 000 bytes; three of them fit 128 KiB. In the file each takes whole pages.
    EXPECT_EQ(store.resident_bytes(), limit == 0 ? 0 : kFrameBytes * (limit == 2 * kBlock ? 12 : 21));
    EXPECT_EQ(space->file_bytes(), limit == 0 ? 6 * 40960 : limit == 2 * kBlock ? 3 * 40960 : 0);
  }
}

TEST(FrameStore, TellsWhetherAFileWillBeNeeded) {
  TemporaryFolder folder;
  const auto space = std::make_shared<FrameSpace>(2 * kBlock, folder.path());
  FrameStore store({100, 100, 1}, space);
  EXPECT_EQ(store.missing_bytes(0), 0);
  EXPECT_EQ(store.missing_bytes(5), 2 * 40000);
  EXPECT_TRUE(space->has_memory(3 * 40000));
  EXPECT_FALSE(space->has_memory(4 * 40000));
  store.append(some_frames(4));
  EXPECT_EQ(store.missing_bytes(4), 0);
  EXPECT_EQ(store.missing_bytes(5), 40000);
  EXPECT_TRUE(space->has_memory(2 * 40000));
  EXPECT_FALSE(space->has_memory(3 * 40000));
  store.reserve(13);
  EXPECT_FALSE(space->has_memory(1)) << "after a block in the file";
}

TEST(FrameStore, LeavesNoNameOnTheDisk) {
  TemporaryFolder folder;
  const auto space = std::make_shared<FrameSpace>(0, folder / "scratch");
  EXPECT_TRUE(test::names_in(folder.path()).empty());  // not before it is needed
  FrameStore store({100, 100, 1}, space);
  store.append(some_frames(3));
  EXPECT_TRUE(test::names_in(folder / "scratch").empty());
  const auto other = std::make_shared<FrameSpace>(0, folder / "scratch");  // of a second run: a file of its own
  FrameStore second({100, 100, 1}, other);
  second.append(some_frames(3, 50));
  expect_holds(store, {0, 1, 2});
}

TEST(FrameStore, SaysThatTheDiskIsFullBeforeAFrameIsWritten) {
  const auto result = test::run_on_small_disk("1m", [&](const std::filesystem::path& folder) -> std::string {
    const auto space = std::make_shared<FrameSpace>(0, folder);
    FrameStore store({100, 100, 1}, space);
    store.append(some_frames(2));
    try {
      store.reserve(1000);
    } catch (const IoError& error) {
      const std::string message = error.what();
      if (!message.starts_with("no room in " + folder.string() + " for frames beyond replay.memory_GB")) return message;
      expect_holds(store, {0, 1});
      return ::testing::Test::HasFailure() ? "what was there is lost" : "";
    }
    return "no error";
  });
  if (!result) GTEST_SKIP() << "this machine lets no test mount a small disk";
  EXPECT_EQ(*result, "");
}

TEST(FrameStore, NamesAFolderThatCannotBeWritten) {
  FrameStore store({100, 100, 1}, std::make_shared<FrameSpace>(0, "/proc/none"));
  expect_throws<IoError>([&] { store.reserve(1); }, "/proc/none");
}

/// Everything that a learner may ask for, from forty batches.
std::vector<at::Tensor> drawn(const std::shared_ptr<FrameSpace>& frames) {
  const auto spec = make_episode(1, EndReason::kFailure);
  Replay replay(spec.observation_spec, spec.action_spec, frames);
  replay.add_source("offline");
  for (int64_t number = 0; number < 60; ++number) {
    replay.add(make_episode(20 + number, EndReason::kTimeLimit, number), {"offline"});
  }
  Sampler sampler(5);
  const std::vector<BatchRequest> plan{{.size = 64, .sources = {{.source = "offline"}}, .n_step = 3}};
  std::vector<at::Tensor> all;
  for (int i = 0; i < 40; ++i) {
    for (const auto& [name, batch] : sampler.sample(plan, replay)) {
      for (const auto* observation : {&batch.obs, &batch.next_obs}) {
        for (const auto& [entry, value] : *observation) all.push_back(value);
      }
      all.insert(all.end(), {batch.action, batch.reward, batch.discount});
    }
  }
  return all;
}

TEST(FrameStore, GivesTheSameBatchesFromMemoryAndFromAFile) {
  TemporaryFolder folder;
  const auto want = drawn(std::make_shared<FrameSpace>());
  for (const int64_t limit : {int64_t{0}, kBlock}) {
    const auto space = std::make_shared<FrameSpace>(limit, folder.path());
    const auto got = drawn(space);
    EXPECT_GT(space->file_bytes(), kBlock);
    ASSERT_EQ(want.size(), got.size());
    for (size_t i = 0; i < want.size(); ++i) ASSERT_TRUE(at::equal(want[i], got[i])) << i;
  }
}

TEST(FrameStore, LeavesADataSetAsItWasWhenItsImagesFindNoRoom) {
  const auto result = test::run_on_small_disk("32k", [&](const std::filesystem::path& folder) -> std::string {
    const auto good = make_episode(3, EndReason::kTimeLimit);
    Dataset data(good.observation_spec, good.action_spec, std::make_shared<FrameSpace>(0, folder));
    try {
      data.add(good);
    } catch (const IoError&) {
      return data.rows() == 0 && data.frames("wrist").size() == 0 ? "" : "half of it is there";
    }
    return "no error";
  });
  if (!result) GTEST_SKIP() << "this machine lets no test mount a small disk";
  EXPECT_EQ(*result, "");
}

TEST(FrameBill, CountsImagesAlone) {
  const auto spec = make_episode(1, EndReason::kFailure).observation_spec;
  EXPECT_EQ(frame_bill_bytes(spec, 7), 7 * 4 * 5 * 3);
}

}  // namespace
}  // namespace onramp
