#include "onramp/workflow/recorded.h"

#include <gtest/gtest.h>

#include <set>

#include "onramp/base/atomic_file.h"
#include "onramp/data/store/episode_store.h"
#include "support/episodes.h"
#include "support/temporary_folder.h"

namespace onramp {
namespace {

struct RecordedTest : ::testing::Test {
  RecordedTest() {
    run.folder = folder.path();
    run.method = "made up";
    run.phases = {{.name = "demonstrations", .type = "collect"}, {.name = "online", .type = "interleave"}};
  }
  /// Numbered in order, of the named phase.
  void add(Episode episode, const std::string& phase) {
    episode.meta["phase"] = phase;
    EpisodeStore(folder / "episodes").append(episode);
  }
  Episode moving(int64_t T) {
    Episode episode = test::make_episode(T, EndReason::kTimeLimit);
    episode.observation_spec.entries.push_back(
        {.name = "truth", .shape = {4}, .privileged = true, .fields = {"tool_x_m", "tool_y_m", "bag_x_m", "bag_y_m"}});
    for (int64_t t = 0; t <= T; ++t) {
      for (const double value : {0.1 * double(t), 0.2 * double(t), 1.0, 2.0})
        episode.vectors["truth"].push_back(static_cast<float>(value));
    }
    return episode;
  }
  test::TemporaryFolder folder;
  RunRecord run;
};

TEST_F(RecordedTest, CountsActionsOfTheOnlinePhaseAlone) {
  auto demonstration = test::make_episode(2, EndReason::kTimeLimit);
  add(demonstration, "demonstrations");
  auto attempt = test::make_episode(3, EndReason::kTimeLimit);
  attempt.action = {-1.0F, 1.0F, -1.0F, 0.0F, 0.5F, 1.0F};
  add(attempt, "online");
  const auto recorded = read_recorded(run, {.bins = 4});
  EXPECT_EQ(recorded.episodes, 2);
  EXPECT_EQ(recorded.online_episodes, 1);
  EXPECT_EQ(recorded.online_steps, 3);
  // Bins [-1, -0.5), [-0.5, 0), [0, 0.5), [0.5, 1]
  EXPECT_EQ(recorded.action_counts[0], (std::vector<int64_t>{2, 0, 0, 1}));
  EXPECT_EQ(recorded.action_counts[1], (std::vector<int64_t>{0, 0, 1, 2}));
}

TEST_F(RecordedTest, FollowsTheToolAndKnowsTheItems) {
  add(moving(2), "demonstrations");
  add(moving(3), "online");
  const auto recorded = read_recorded(run);
  ASSERT_EQ(recorded.trajectories.size(), 1u);
  const auto& way = recorded.trajectories[0];
  EXPECT_EQ(way.attempt, 1);
  ASSERT_EQ(way.x.size(), 4u);
  EXPECT_NEAR(way.x[3], 0.3, 1e-6);
  EXPECT_NEAR(way.y[3], 0.6, 1e-6);
  EXPECT_EQ(way.item_x, (std::vector<double>{1.0}));
  EXPECT_EQ(way.item_y, (std::vector<double>{2.0}));
}

TEST_F(RecordedTest, DrawsPairsFromAllStepsAndTheSameOnesAgain) {
  for (int64_t i = 0; i < 6; ++i)
    add(test::make_episode(5, EndReason::kTimeLimit, i), i < 3 ? "demonstrations" : "online");
  const auto recorded = read_recorded(run, {.pairs = 20});
  EXPECT_EQ(recorded.pairs.action.sizes(), (at::IntArrayRef{20, 2}));
  EXPECT_EQ(recorded.pairs.obs.at("wrist").sizes(), (at::IntArrayRef{20, 4, 5, 3}));
  // A pair is a step: its state {number, t, noise} tells which, and none comes twice.
  std::set<std::pair<float, float>> steps;
  const auto state = recorded.pairs.obs.at("state");
  for (int64_t i = 0; i < 20; ++i) steps.emplace(state[i][0].item<float>(), state[i][1].item<float>());
  EXPECT_EQ(steps.size(), 20u);
  for (const auto& [number, t] : steps) {
    EXPECT_LT(t, 5.0F) << "no step starts at the last state";
    const auto episode = test::make_episode(5, EndReason::kTimeLimit, int64_t(number));
    bool found = false;
    for (int64_t i = 0; i < 20; ++i) {
      found |= state[i][0].item<float>() == number && state[i][1].item<float>() == t &&
               recorded.pairs.action[i][1].item<float>() == episode.action[size_t(t) * 2 + 1];
    }
    EXPECT_TRUE(found) << "its action is that of the step";
  }
  EXPECT_TRUE(read_recorded(run, {.pairs = 20}).pairs.action.equal(recorded.pairs.action));
  EXPECT_EQ(read_recorded(run, {.pairs = 100}).pairs.action.size(0), 30) << "no more than there are";
}

// A critic asked about them would answer for what it was never shown.
TEST_F(RecordedTest, DrawsNoPairsFromAttemptsThatEnteredNoSource) {
  for (int64_t i = 0; i < 3; ++i) {
    auto episode = test::make_episode(5, EndReason::kTimeLimit, i);
    episode.meta["sources"] = i == 1 ? "offline" : "";
    add(episode, "demonstrations");
  }
  const auto recorded = read_recorded(run, {.pairs = 100});
  EXPECT_EQ(recorded.episodes, 3);
  ASSERT_EQ(recorded.pairs.action.size(0), 5);
  EXPECT_TRUE(recorded.pairs.obs.at("state").select(1, 0).eq(1).all().item<bool>()) << "of attempt 1 alone";
}

TEST_F(RecordedTest, TakesStatesOverTheWholeOfTheOnlinePhase) {
  for (int64_t i = 0; i < 9; ++i)
    add(test::make_episode(12, EndReason::kTimeLimit, i), i < 2 ? "demonstrations" : "online");
  const auto recorded = read_recorded(run, {.states = 3});
  ASSERT_EQ(recorded.states.size(), 3u);
  EXPECT_EQ(recorded.states[0].episode, 2);
  EXPECT_EQ(recorded.states[1].episode, 5);
  EXPECT_EQ(recorded.states[2].episode, 8);
  EXPECT_EQ(recorded.states[2].step, 2);
  EXPECT_EQ(recorded.states[2].obs.at("state")[0][1].item<float>(), 2.0F);
}

TEST_F(RecordedTest, MeasuresTimesOfOnlineSteps) {
  auto episode = test::make_episode(100, EndReason::kTimeLimit);
  auto& late = episode.extra["late_us"].values;
  for (int i = 1; i <= 100; ++i) late.push_back(float(i));
  add(episode, "online");
  const auto times = read_recorded(run).timing_us;
  ASSERT_EQ(times.size(), 1u) << "the column `value` is no time";
  EXPECT_EQ(times.at("late_us").p50, 50.0);
  EXPECT_EQ(times.at("late_us").p99, 99.0);
  EXPECT_EQ(times.at("late_us").largest, 100.0);
}

TEST_F(RecordedTest, NotesAnEpisodeThatCannotBeRead) {
  add(test::make_episode(3, EndReason::kTimeLimit), "online");
  write_file_atomic(folder / "episodes" / "000001.h5", std::string_view("damaged"));
  const auto recorded = read_recorded(run);
  EXPECT_EQ(recorded.episodes, 1);
  ASSERT_EQ(recorded.notes.size(), 1u);
  EXPECT_NE(recorded.notes[0].find("000001.h5"), std::string::npos) << recorded.notes[0];
}

TEST_F(RecordedTest, SaysThatThereIsNothing) {
  EXPECT_NE(read_recorded(run).notes.at(0).find("holds no recorded episodes"), std::string::npos);
  std::filesystem::create_directory(folder / "episodes");
  EXPECT_NE(read_recorded(run).notes.at(0).find("has recorded no episode"), std::string::npos);
}

TEST(FindVelocity, ReadsNamesWithUnits) {
  const auto found = find_velocity({3, {"vx [0.2 m/s]", "vy [0.2 m/s]", "gripper"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->y, 1);
  EXPECT_FALSE(find_velocity({2, {"torque_x", "torque_y"}}));
}

}  // namespace
}  // namespace onramp
