// What a collection keeps, and what becomes of the rest.
#include <gtest/gtest.h>

#include <algorithm>

#include "onramp/base/error.h"
#include "onramp/data/store/episode_store.h"
#include "onramp/training/phase.h"
#include "onramp/training/run.h"
#include "training/run_fixture.h"

namespace onramp {
namespace {

using test::expect_throws;
using test::replaced;

/// An expert that arrives about every third time; what it learns from shows in the policy's bits.
constexpr const char* kRun = R"(
run: {seed: 3, log_every: 2, checkpoint_every_s: 0, keep_checkpoints: 1000}
compute: {threads: 1}
env: {type: point, max_steps: 3}
policies:
  expert: {type: point_expert, skill: 0.05, noise: 0.1}
learners:
  cloning: {type: bc, batch_size: 8, input: {encoder: {channels: [4, 4], feature_dim: 4}}, actor: {mlp: {hidden: [8]}}}
phases:
  - {type: collect, name: demonstrations, policy: expert, episodes: 4, keep: successes}
  - {type: learn, name: cloning, learner: cloning, updates: 3}
)";
const std::string kSeldom = replaced(kRun, "checkpoint_every_s: 0", "checkpoint_every_s: 1000");

class Collecting : public test::Runs {};

TEST_F(Collecting, OfSuccessesGoesOnUntilSoManyAreThereAndLosesNone) {
  onramp::Run run(test::read_run(kSeldom, test::point_catalog()), folder_ / "run");
  run.execute();
  const EpisodeStore store(folder_ / "run" / "episodes");
  const auto attempts = run.state().episodes;
  ASSERT_GT(attempts, 5) << "an expert that never fails shows nothing";
  int64_t successes = 0;
  for (int64_t i = 0; i < attempts; ++i) {
    const auto episode = store.load(i);
    successes += episode.succeeded();
    EXPECT_EQ(episode.meta.at("sources"), episode.succeeded() ? "offline" : "") << i;
  }
  EXPECT_EQ(successes, 4);
  EXPECT_TRUE(store.load(attempts - 1).succeeded()) << "it stops with the last one that it wants";
  EXPECT_EQ(run.replay().source("offline").episodes().size(), 4u);
  EXPECT_TRUE(run.replay().source("offline").empty(EpisodeFilter::kFailed));
  EXPECT_EQ(run.replay().dataset().episodes(), 4) << "the others take no memory";
  const auto metrics = read_file(folder_ / "run" / "metrics.csv");
  EXPECT_NE(metrics.find(concat("demonstrations,", attempts, ",success,1")), std::string::npos) << "a row an attempt";
}

TEST_F(Collecting, OfAllTakesTheFailuresToo) {
  onramp::Run run(test::read_run(replaced(kSeldom, ", keep: successes", ""), test::point_catalog()), folder_ / "run");
  run.execute();
  EXPECT_EQ(run.state().episodes, 4);
  EXPECT_EQ(run.replay().source("offline").episodes().size(), 4u);
  EXPECT_FALSE(run.replay().source("offline").empty(EpisodeFilter::kFailed));
}

// Of what is kept, wherever failures lie between (Q2RL, fig. 11).
TEST_F(Collecting, LetsAPartOfWhatIsKeptIntoAnotherSource) {
  const auto two_of_four = replaced(kRun, "keep: successes", "keep: successes, first: 2, first_into: [online]");
  execute(folder_ / "whole", two_of_four);
  {
    onramp::Run run(test::read_run(two_of_four, test::point_catalog()), folder_ / "whole");
    const auto all = run.replay().source("offline").episodes();
    ASSERT_EQ(all.size(), 4U);
    EXPECT_TRUE(std::ranges::equal(run.replay().source("online").episodes(), all.first(2)));
  }
  expect_goes_on_bit_for_bit(checkpoints_of_whole(),
                             replaced(two_of_four, "checkpoint_every_s: 0", "checkpoint_every_s: 1000"));
  const auto refused = [&](const std::string& keys, const std::string& says) {
    expect_throws<ConfigError>([&] { execute(folder_ / "run", replaced(kRun, "keep: successes", keys)); }, says);
  };
  refused("first: 5, first_into: [online]", "first = 5 is more than the 4 episodes wanted");
  refused("first: 2", "first = 2, but first_into names no source");
  refused("first_into: [online]", "first_into: first = 0 lets no episode into it");
  refused("first: 2, first_into: [online, online]", "first_into: names 'online' twice");
  refused("first: 2, first_into: [offline]", "first_into: all episodes enter 'offline' anyway");
}

// A checkpoint after each attempt, kept or not: from every one of them the run ends with the same bits.
TEST_F(Collecting, OfSuccessesGoesOnBitForBitFromEveryCheckpoint) {
  execute(folder_ / "whole", kRun);
  const auto checkpoints = checkpoints_of_whole();
  const auto attempts = test::names_in(folder_ / "whole" / "episodes").size();
  ASSERT_EQ(checkpoints.size(), attempts + 3 + 2);  // attempts, updates, phases
  expect_goes_on_bit_for_bit(checkpoints, kSeldom);
}

TEST_F(Collecting, OfSuccessesGivesUpAtItsLimitAndSaysSoAgain) {
  const auto hopeless = replaced(kSeldom, "skill: 0.05, noise: 0.1", "skill: -1e6, noise: 0");
  const auto limited = replaced(hopeless, "keep: successes", "keep: successes, attempts_limit: 6");
  for (int i = 0; i < 2; ++i) {
    expect_throws<ConfigError>([&] { execute(folder_ / "run", limited); },
                               "phase 'demonstrations': 0 of 6 attempts by 'expert' succeeded, 4 are wanted");
    EXPECT_EQ(test::names_in(folder_ / "run" / "episodes").size(), 6u) << "all on disk, and none anew";
  }
  expect_throws<ConfigError>([&] { execute(folder_ / "by_default", hopeless); }, " of 80 attempts");
}

// The expert says nothing of its custom, so that it draws.
TEST_F(Collecting, ActsAsItIsTold) {
  const auto actions = [&](const std::string& act) {
    execute(folder_ / act, replaced(kSeldom, "episodes: 4, keep: successes", "episodes: 1, act: " + act));
    return EpisodeStore(folder_ / act / "episodes").load(0).action;
  };
  const auto drawn = actions("sample");
  EXPECT_EQ(actions("auto"), drawn);
  EXPECT_NE(actions("mode"), drawn);
}

TEST_F(Collecting, SaysWhatItIsAboutToDo) {
  const auto plan = [](const std::string& text) {
    return test::read_run(text, test::point_catalog()).phases[0].make()->needs();
  };
  EXPECT_EQ(plan(kRun).plan, "4 successful episodes by 'expert' into offline, of at most 80 attempts");
  EXPECT_EQ(plan(kRun).episodes, 4) << "the memory bill is of what is kept";
  EXPECT_EQ(plan(replaced(kRun, ", keep: successes", "")).plan, "4 episodes by 'expert' into offline");
}

TEST_F(Collecting, RefusesALimitThatMeansNothing) {
  const auto refuse = [](const std::string& with, const std::string& message) {
    const auto text = replaced(kRun, "keep: successes", with);
    expect_throws<ConfigError>([&] { test::read_run(text, test::point_catalog()); }, message);
  };
  refuse("attempts_limit: 6", "attempts_limit: every attempt is kept; leave it out, or set keep: successes");
  refuse("keep: successes, attempts_limit: 3", "attempts_limit = 3 is fewer than the 4 episodes wanted");
  refuse("keep: failures", "keep: want one of all, successes, got 'failures'");
}

}  // namespace
}  // namespace onramp
