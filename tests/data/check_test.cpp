#include "onramp/data/check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "onramp/base/error.h"
#include "onramp/data/store/episode_store.h"
#include "support/d4rl_files.h"
#include "support/episodes.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"

namespace onramp {
namespace {

using test::make_d4rl;
using test::make_episode;
using test::TemporaryFolder;

std::string text_of(const std::vector<Fault>& faults) {
  std::string text;
  for (const auto& fault : faults) text += fault.text() + "\n";
  return text;
}

TEST(CheckEpisode, FindsNothingInASoundOne) {
  for (size_t reason = 0; reason < kEndReasonNames.size(); ++reason) {
    EXPECT_EQ(text_of(check_episode(make_episode(20, static_cast<EndReason>(reason)), "e.h5", 4)), "");
  }
}

TEST(CheckEpisode, NamesFileFieldEpisodeAndStep) {
  const auto finds = [](auto change, const std::string& text) {
    auto episode = make_episode(20, EndReason::kTimeLimit);
    change(episode);
    EXPECT_EQ(text_of(check_episode(episode, "e.h5", 4)), "e.h5: " + text + "\n");
  };
  finds([](Episode& e) { e.vectors["state"][3 * 6 + 1] = std::numeric_limits<float>::quiet_NaN(); },
        "state: episode 4, step 6: value 1 = nan, not a finite number");
  finds([](Episode& e) { e.observation_spec.entries[0].high = 18.5; },
        "state: episode 4, step 19: value 1 = 19, outside its bounds [-1e+09, 18.5] (2 such values)");
  finds([](Episode& e) { e.action[2 * 5] = -1.25F; }, "actions: episode 4, step 5: value 0 = -1.25, outside [-1, 1]");
  finds([](Episode& e) { e.executed_action[2 * 5 + 1] = 3.0F; },
        "executed_actions: episode 4, step 5: value 1 = 3, outside [-1, 1]");
  finds([](Episode& e) { e.end = EndReason::kSuccess; },
        "success: episode 4, step 19: the episode ended by success, but its last step has no success flag");
  finds(
      [](Episode& e) {
        e.end = EndReason::kFailure;
        e.success.back() = 1;
      },
      "success: episode 4, step 19: the episode ended by failure, but its last step has the success flag");
  finds([](Episode& e) { e.reward.push_back(0.0F); },
        "episode 4: episode: 'state' has 63 values, want 66 for 21 steps");
  finds([](Episode& e) { e = make_episode(0, EndReason::kTimeLimit); }, "episode 4: has no steps");
  finds(
      [](Episode& e) {
        auto& frames = e.images["wrist"];  // from frame 5 on, 12 frames the same
        for (int64_t t = 6; t < 17; ++t) std::copy_n(frames.begin() + 5 * 60, 60, frames.begin() + t * 60);
      },
      "wrist: episode 4, step 5: the picture stands still for 11 steps while the robot moves");
}

TEST(CheckEpisode, AStillPictureOfAStillRobotIsSound) {
  auto episode = make_episode(20, EndReason::kTimeLimit);
  std::fill(episode.images["wrist"].begin(), episode.images["wrist"].end(), uint8_t{9});
  std::fill(episode.vectors["state"].begin(), episode.vectors["state"].end(), 0.5F);
  EXPECT_EQ(text_of(check_episode(episode, "e.h5", 4)), "");
}

TEST(CheckResetBetween, SeesAnObservationFromAfterTheReset) {
  auto before = make_episode(20, EndReason::kTimeLimit, 0);
  const auto after = make_episode(20, EndReason::kTimeLimit, 50);
  EXPECT_FALSE(check_reset_between(before, after, "e.h5", 0));
  std::copy_n(after.vectors.at("state").begin(), 3, before.vectors["state"].end() - 3);
  const auto fault = check_reset_between(before, after, "e.h5", 0);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->text(),
            "e.h5: observations: episode 0, step 20: the last observation is the first of the next episode: it was "
            "recorded after the reset");
}

TEST(CheckD4rl, FindsNothingInASoundFile) { EXPECT_EQ(text_of(check_d4rl(make_d4rl({40, 30, 50, 35, 45}), "f")), ""); }

TEST(CheckD4rl, NamesFileFieldEpisodeAndStep) {
  const auto finds = [](auto change, const std::string& text) {
    auto arrays = make_d4rl({40, 30, 50, 35, 45});
    change(arrays);
    EXPECT_EQ(text_of(check_d4rl(arrays, "f")), text.empty() ? "" : "f: " + text + "\n");
  };
  const auto next_rows = [](D4rlArrays& a) {
    a.next_observations.assign(a.observations.begin() + 4, a.observations.end());
    a.next_observations.insert(a.next_observations.end(), 4, 7.0F);
    for (const int64_t end : {39, 69, 119, 154})
      a.next_observations[static_cast<size_t>(4 * end)] += 0.5F;  // states of their own
  };
  finds(next_rows, "");
  finds([](D4rlArrays& a) { a.observations[4 * 45 + 3] = std::numeric_limits<float>::infinity(); },
        "observations: episode 1, step 5: value 3 = inf, not a finite number");
  finds(
      [](D4rlArrays& a) {
        a.actions[2 * 75] = 2.0F;
        a.actions[2 * 90] = 2.0F;
      },
      "actions: episode 2, step 5: value 0 = 2, outside [-1, 1] (2 such values)");
  finds([](D4rlArrays& a) { a.timeouts.back() = 0; },
        "terminals: episode 4, step 0: the episode never ends: none of its 45 rows is marked in terminals or timeouts; "
        "if it is a time limit, set max_episode_steps (onramp-data: --max-episode-steps)");
  finds([](D4rlArrays& a) { a.terminals[69] = 1; },
        "terminals: episode 1, step 29: is also marked in timeouts: which of the two ended it?");
  finds([](D4rlArrays& a) { a.timeouts[69] = 0; },
        "observations: episode 1, step 29: jumps to the next row as after a reset, though nothing marks an end");
  finds(
      [&](D4rlArrays& a) {
        next_rows(a);
        a.next_observations[4 * 50] += 1.0F;
      },
      "next_observations: episode 1, step 10: is not the next row's observation, though nothing marks an end");
  finds(
      [&](D4rlArrays& a) {
        next_rows(a);
        std::copy_n(a.observations.begin() + 4 * 40, 4, a.next_observations.begin() + 4 * 39);
      },
      "next_observations: episode 0, step 39: is the first observation of the next episode: it was recorded after the "
      "reset");
  finds(
      [](D4rlArrays& a) {
        for (const size_t row : {39, 119, 199}) {
          a.timeouts[row] = 0;
          a.terminals[row] = 1;
        }  // failures terminal, successes cut off
      },
      "terminals: every terminal row is without success and every time-out is a success: they seem to be swapped");
}

TEST(CheckD4rl, ATimeLimitEndsWhatTheFileDoesNotMark) {
  auto arrays = make_d4rl({40, 40, 40, 40, 30});
  arrays.timeouts.clear();
  const std::string text = text_of(check_d4rl(arrays, "f"));
  EXPECT_NE(text.find("(the file has no timeouts); if it is a time limit, "
                      "set max_episode_steps (onramp-data: --max-episode-steps)\n"),
            std::string::npos)
      << text;
  // The resets between them are marked by it now.
  EXPECT_EQ(text_of(check_d4rl(arrays, "f", {.max_episode_steps = 40})),
            "f: terminals: episode 4, step 0: the episode never ends: none of its 30 rows is marked in terminals (the "
            "file has no timeouts); it is shorter than the time limit of 40 steps\n");
}

TEST(InspectData, SumsUpWhatIsFaultyToo) {
  TemporaryFolder folder;
  auto arrays = make_d4rl({40, 30, 50});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  arrays.actions[2 * 45] = 3.0F;
  arrays.actions[2 * 46] = nan;
  arrays.observations[4 * 50] = nan;
  arrays.rewards[80] = nan;
  arrays.terminals[39] = arrays.success[39] = 1;  // and a time-out
  arrays.timeouts.back() = 0;
  test::write_d4rl(folder / "f.hdf5", arrays);
  const auto found = inspect_data(folder / "f.hdf5");
  EXPECT_EQ(found.faults.size(), 6U) << text_of(found.faults);
  EXPECT_EQ(found.summary.episodes(), 3);
  EXPECT_EQ(found.summary.steps, 40 + 29 + 49);
  EXPECT_EQ(found.summary.action_high[0], 3.0F);
  EXPECT_EQ(found.summary.limited_steps, 0);
  const auto text = found.summary.text();
  for (const char* line : {"f.hdf5: D4RL flat HDF5 of 120 rows, 3 episodes, 118 steps\n", " to 3; differs from",
                           "reward       0 to 24; return mean ", " but for 1 episode (raw",
                           "assumed: the last 50 rows, which never end, are an episode that its time limit ended\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\nin " << text;
  }
  auto clipped = DataOptions::as_recorded();
  clipped.clip_actions = true;
  const auto again = inspect_data(folder / "f.hdf5", clipped);
  EXPECT_EQ(again.faults.size(), 5U) << text_of(again.faults);
  EXPECT_LE(again.summary.action_high[0], 1.0F);
}

TEST(InspectData, CountsEpisodesWithFaults) {
  TemporaryFolder folder;
  EpisodeStore store(folder.path());
  auto episode = make_episode(10, EndReason::kFailure, 0);
  episode.action[4] = -1.5F;
  store.append(episode);
  store.append(make_episode(10, EndReason::kFailure, 1));
  const auto found = inspect_data(folder.path());
  EXPECT_EQ(found.faults.size(), 1U) << text_of(found.faults);
  EXPECT_EQ(found.summary.episodes(), 2);
  EXPECT_EQ(found.summary.action_low[0], -1.5F);
}

TEST(InspectData, TellsAD4rlFileFromEpisodesAndSumsUp) {
  TemporaryFolder folder;
  test::write_d4rl(folder / "f.hdf5", make_d4rl({40, 30, 50}));
  const auto flat = inspect_data(folder / "f.hdf5");
  EXPECT_EQ(text_of(flat.faults), "");
  EXPECT_EQ(flat.summary.episodes(), 3);
  EXPECT_EQ(flat.summary.steps, 39 + 29 + 49);
  EXPECT_EQ(flat.summary.successes, 1);
  EXPECT_NE(flat.summary.text().find("time_limit 3"), std::string::npos) << flat.summary.text();

  EpisodeStore store(folder / "run/episodes");
  store.append(make_episode(20, EndReason::kSuccess, 0));
  store.append(make_episode(10, EndReason::kFailure, 1));
  const auto run = inspect_data(folder / "run");
  EXPECT_EQ(text_of(run.faults), "");
  EXPECT_EQ(run.summary.steps, 30);
  EXPECT_EQ(run.summary.limited_steps, 30);  // made up: executed = half of what was asked for
  EXPECT_EQ(run.summary.ends.at("success"), 1);
  EXPECT_EQ(inspect_data(store.path(1)).summary.steps, 10);
}

TEST(InspectData, GoesOnAfterADamagedEpisode) {
  TemporaryFolder folder;
  EpisodeStore store(folder.path());
  for (int64_t number = 0; number < 3; ++number) store.append(make_episode(10, EndReason::kFailure, number));
  std::filesystem::resize_file(store.path(1), 700);
  const auto found = inspect_data(folder.path());
  EXPECT_EQ(found.summary.episodes(), 2);
  ASSERT_EQ(found.faults.size(), 1U);
  EXPECT_NE(found.faults[0].text().find("000001.h5: episode 1: is damaged or half-written"), std::string::npos)
      << found.faults[0].text();
}

TEST(InspectData, NothingToReadIsAFaultAndAMissingFileAnError) {
  TemporaryFolder folder;
  const auto found = inspect_data(folder.path());
  EXPECT_EQ(text_of(found.faults), folder.path().string() +
                                       ": is no folder of data: holds neither episode files (000000.h5, ...) nor "
                                       "episodes/ of a run nor main_data.hdf5 of a Minari set (itself or in data/); "
                                       "of other layouts name the file\n");
  test::expect_throws<IoError>([&] { (void)inspect_data(folder / "none.hdf5"); }, "none.hdf5");
}

TEST(InspectData, FindsTheRealDataSound) {
  for (const char* name : {"door_human.hdf5", "door_expert.hdf5", "pen_expert.hdf5"}) {
    const auto path = test::real_data(name);
    if (!path) GTEST_SKIP() << name << " is not there; name its folder's parent in ONRAMP_TEST_DATA";
    EXPECT_EQ(text_of(inspect_data(*path).faults), "");
  }
}

}  // namespace
}  // namespace onramp
