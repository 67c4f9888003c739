#include "onramp/data/d4rl_reader.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "onramp/base/error.h"
#include "onramp/data/replay_source.h"
#include "support/d4rl_files.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"

namespace onramp {
namespace {

using test::expect_throws;
using test::make_d4rl;
using test::TemporaryFolder;
using test::write_d4rl;

std::vector<Episode> convert(const D4rlArrays& arrays, const D4rlOptions& options = {}) {
  return episodes_from_d4rl(arrays, options, "f.hdf5");
}

float state(const Episode& episode, int64_t t, int64_t d) {
  return episode.vectors.at("state")[static_cast<size_t>(4 * t + d)];
}

TEST(D4rl, ReadsBackWhatAFileHolds) {
  TemporaryFolder folder;
  const auto arrays = make_d4rl();
  write_d4rl(folder / "f.hdf5", arrays);
  const auto got = read_d4rl_arrays(folder / "f.hdf5");
  EXPECT_EQ(got.rows, 24);
  EXPECT_EQ(got.observations, arrays.observations);
  EXPECT_EQ(got.actions, arrays.actions);
  EXPECT_EQ(got.timeouts, arrays.timeouts);
  EXPECT_EQ(got.success, arrays.success);
  EXPECT_EQ(read_d4rl(folder / "f.hdf5").size(), 3U);
}

TEST(D4rl, ATimeOutGivesItsLastRowAsTheStateAndNoPairAcrossEpisodes) {
  const auto episodes = convert(make_d4rl());
  ASSERT_EQ(episodes.size(), 3U);
  EXPECT_EQ(episodes[0].length(), 7);  // of 8 rows
  EXPECT_EQ(episodes[0].end, EndReason::kTimeLimit);
  for (size_t e = 0; e < 3; ++e) {
    for (int64_t t = 0; t <= episodes[e].length(); ++t) {
      EXPECT_EQ(state(episodes[e], t, 0), static_cast<float>(e));
      EXPECT_EQ(state(episodes[e], t, 1), static_cast<float>(t));
    }
  }
}

TEST(D4rl, EndsAtTheFirstSuccess) {
  const auto episodes = convert(make_d4rl());
  EXPECT_EQ(episodes[1].end, EndReason::kSuccess);  // 6 rows, success from row 3 on
  EXPECT_EQ(episodes[1].length(), 4);
  EXPECT_EQ(episodes[1].reward, (std::vector<float>{-1, -1, -1, 0}));
  EXPECT_EQ(episodes[1].success, (std::vector<uint8_t>{0, 0, 0, 1}));
  EXPECT_EQ(state(episodes[1], 4, 1), 4.0F);  // the row that follows is the state after it
  EXPECT_FALSE(episodes[0].succeeded());
}

TEST(D4rl, RunsOnAfterSuccessWhereAsked) {
  const auto episodes = convert(make_d4rl(), {.reward = D4rlReward::kSuccess, .cut_at_success = false});
  EXPECT_EQ(episodes[1].end, EndReason::kTimeLimit);
  EXPECT_EQ(episodes[1].reward, (std::vector<float>{0, 0, 0, 1, 1}));
  EXPECT_EQ(convert(make_d4rl(), {.reward = D4rlReward::kFile})[0].reward[3], 1.5F);
}

TEST(D4rl, ATerminalEndKeepsEveryStepAndRepeatsTheLastState) {
  auto arrays = make_d4rl({5, 4});
  arrays.timeouts[4] = 0;
  arrays.terminals[4] = 1;
  const auto episodes = convert(arrays);
  EXPECT_EQ(episodes[0].length(), 5);
  EXPECT_EQ(episodes[0].end, EndReason::kFailure);
  EXPECT_EQ(state(episodes[0], 5, 1), 4.0F);
  EXPECT_EQ(episodes[0].meta.at("last_state"), "repeated");
}

TEST(D4rl, NextObservationsGiveTheLastState) {
  auto arrays = make_d4rl({5, 4});
  arrays.next_observations.assign(arrays.observations.size(), 9.0F);
  const auto episodes = convert(arrays);
  EXPECT_EQ(episodes[0].length(), 5);
  EXPECT_EQ(state(episodes[0], 5, 0), 9.0F);
}

TEST(D4rl, ATimeLimitEndsFilesThatMarkNone) {
  auto arrays = make_d4rl({6, 6});
  arrays.timeouts.clear();
  expect_throws<DataError>([&] { convert(arrays); },
                           "f.hdf5: rows 0 to 11 never end: no terminals mark there; if it is a time limit, "
                           "set max_episode_steps (onramp-data: --max-episode-steps)");
  const auto episodes = convert(arrays, {.max_episode_steps = 6});
  ASSERT_EQ(episodes.size(), 2U);
  EXPECT_EQ(state(episodes[1], 0, 0), 1.0F);
}

TEST(D4rl, NamesWhatIsWrong) {
  const auto refuses = [](auto change, const std::string& text, const D4rlOptions& options = {}) {
    auto arrays = make_d4rl();
    change(arrays);
    expect_throws<DataError>([&] { convert(arrays, options); }, "f.hdf5: " + text);
  };
  refuses([](auto& a) { a.timeouts.back() = 0; }, "rows 14 to 23 never end");
  refuses([](auto& a) { a.terminals[7] = 1; }, "row 7 is marked both in terminals and in timeouts");
  refuses([](auto& a) { a.observations[4 * 9 + 2] = std::numeric_limits<float>::quiet_NaN(); },
          "observations: holds nan at row 9, value 2");
  refuses([](auto& a) { a.actions[2 * 5 + 1] = 1.5F; },
          "actions: 1.5 at row 5, value 1 is outside [-1, 1]; set clip_actions");
  refuses([](auto& a) { a.rewards[3] = std::numeric_limits<float>::infinity(); }, "rewards: holds inf at row 3");
  refuses([](auto& a) { a.success.clear(); }, "has no 'infos/success' to make a sparse reward of; set reward: file");
  auto arrays = make_d4rl();
  arrays.actions[11] = 1.5F;
  EXPECT_EQ(convert(arrays, {.clip_actions = true})[0].action[11], 1.0F);
}

TEST(D4rl, NamesDamagedFilesAndWrongShapes) {
  TemporaryFolder folder;
  const auto path = folder / "f.hdf5";
  const auto refuses = [&](auto change, const std::string& text) {
    auto arrays = make_d4rl();
    change(arrays);
    write_d4rl(path, arrays);
    expect_throws<DataError>([&] { (void)read_d4rl(path); }, path.string() + ": " + text);
  };
  refuses([](auto& a) { a.terminals.clear(); },
          "has no 'terminals' (has: actions, infos, observations, rewards, timeouts)");
  refuses(
      [](auto& a) {
        a.rows = 12;
        a.observation_dim = 8;
        a.action_dim = 4;
        a.timeouts.clear();
        a.terminals.resize(12);
        a.success.clear();
        a.rewards.resize(12);
        a.actions.assign(48, 2.0F);
      },
      "has no 'infos/success'");
  {
    auto arrays = make_d4rl();
    Hdf5Writer writer;
    writer.write("observations", arrays.observations, {24, 4});
    writer.write("actions", std::vector<float>(46), {23, 2});
    writer.write("rewards", arrays.rewards, {24});
    writer.write("terminals", arrays.terminals, {24});
    write_file_atomic(path, writer.image());
  }
  expect_throws<DataError>([&] { (void)read_d4rl(path); }, "actions: has 23 rows, want 24 as observations have");
  {
    auto arrays = make_d4rl();
    Hdf5Writer writer;
    writer.write("observations", arrays.observations, {96});
    writer.write("actions", arrays.actions, {24, 2});
    writer.write("rewards", arrays.rewards, {24});
    writer.write("terminals", arrays.terminals, {24});
    write_file_atomic(path, writer.image());
  }
  expect_throws<DataError>([&] { (void)read_d4rl(path); }, "observations: has shape [96], want [rows, values]");
  {
    auto arrays = make_d4rl();
    Hdf5Writer writer;
    writer.write("observations", arrays.observations, {24, 4});
    writer.write("actions", arrays.actions, {24, 2});
    writer.write("rewards", std::vector<float>(48), {24, 2});
    writer.write("terminals", arrays.terminals, {24});
    write_file_atomic(path, writer.image());
  }
  expect_throws<DataError>([&] { (void)read_d4rl(path); },
                           "rewards: has shape [24, 2], want [24] as observations have");
  write_d4rl(path, make_d4rl({400, 400}));
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  expect_throws<DataError>([&] { (void)read_d4rl(path); }, path.string() + ": ");
  expect_throws<IoError>([&] { (void)read_d4rl(folder / "none.hdf5"); }, "none.hdf5");
}

TEST(D4rl, ReadsTheHumanDemonstrationsOfTheDoor) {
  const auto path = test::real_data("door_human.hdf5");
  if (!path) GTEST_SKIP() << "door_human.hdf5 is not there; name its folder's parent in ONRAMP_TEST_DATA";
  const auto episodes = read_d4rl(*path);
  ASSERT_EQ(episodes.size(), 25U);
  int64_t rows = 0, successes = 0;
  for (const auto& episode : episodes) {
    EXPECT_EQ(episode.observation_spec.entries[0].shape, std::vector<int64_t>{39});
    EXPECT_EQ(episode.action_spec.dim, 28);
    EXPECT_EQ(episode.succeeded(), episode.end == EndReason::kSuccess);
    for (int64_t t = 0; t + 1 < episode.length(); ++t) EXPECT_EQ(episode.reward[static_cast<size_t>(t)], -1.0F);
    EXPECT_EQ(episode.reward.back(), episode.succeeded() ? 0.0F : -1.0F);
    successes += episode.succeeded();
    rows += episode.length();
  }
  EXPECT_EQ(successes, 7);  // data/README: 7 beyond the environment's own threshold
  rows = 0;
  for (const auto& episode : read_d4rl(*path, {.cut_at_success = false})) rows += episode.length() + 1;
  EXPECT_EQ(rows, 6729);  // each of its rows is a state of exactly one episode
  Replay replay(episodes[0].observation_spec, episodes[0].action_spec);
  replay.add_source("offline");
  for (const auto& episode : episodes) replay.add(episode, {"offline"});
  EXPECT_EQ(replay.source("offline").episodes(EpisodeFilter::kSuccessful).size(), 7U);
}

}  // namespace
}  // namespace onramp
