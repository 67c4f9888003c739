#include "onramp/training/evaluation.h"

#include <gtest/gtest.h>

#include "onramp/base/error.h"
#include "onramp/training/film.h"
#include "support/counting_environment.h"
#include "support/expect_throws.h"
#include "training/training_testing.h"

namespace onramp {
namespace {

using test::expect_throws;
using test::PointExpert;

BatchedEnvironment points(int64_t count, int64_t threads = 2) {
  return BatchedEnvironment(
      [] {
        return std::make_unique<test::PointEnvironment>(test::PointConfig{.max_steps = 4, .reach = 0.1},
                                                        std::make_shared<test::World>());
      },
      count, threads);
}

EvaluationResult score(Policy& policy, const EvaluationSettings& settings) {
  auto environments = points(settings.batch);
  return evaluate(environments, policy, "expert", settings);
}

TEST(Evaluate, ScoresEachSeedAloneWhateverTheWaves) {
  PointExpert policy(/*skill=*/0.3);  // four steps of it leave 24 % of the way
  const auto one = score(policy, {.episodes = 11, .batch = 1});
  ASSERT_EQ(one.success.size(), 11u);
  EXPECT_GT(one.successes(), 0);
  EXPECT_LT(one.successes(), 11);
  for (const int64_t batch : {3, 4, 11, 20}) {
    const auto many = score(policy, {.episodes = 11, .batch = batch});
    EXPECT_EQ(many.seeds, one.seeds);
    EXPECT_EQ(many.success, one.success);
    EXPECT_EQ(many.lengths, one.lengths);
    EXPECT_EQ(many.returns, one.returns);
    EXPECT_EQ(many.ends, one.ends);
  }
}

TEST(Evaluate, PairsByTheNumberOfTheSeed) {
  PointExpert policy(0.3);
  const auto all = score(policy, {.episodes = 10, .batch = 3});
  const auto some = score(policy, {.episodes = 4, .batch = 3, .first_seed = 5});
  EXPECT_EQ(some.seeds, (std::vector<int64_t>{5, 6, 7, 8}));
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(some.lengths[i], all.lengths[i + 5]);
}

TEST(Evaluate, RepeatsItselfAlsoWhereThePolicyDraws) {
  PointExpert policy(0.3, /*noise=*/0.5);
  const EvaluationSettings settings{.episodes = 9, .batch = 4, .sample = true};
  const auto first = score(policy, settings), again = score(policy, settings);
  EXPECT_EQ(first.to_json(), again.to_json());
  EXPECT_NE(first.lengths, score(policy, {.episodes = 9, .batch = 4}).lengths);  // drawing is not the mode
}

TEST(Evaluate, KeepsSuccessAtAnyStepApartFromSuccessAtTheEnd) {
  BatchedEnvironment environments(
      [] { return std::make_unique<test::CountingEnvironment>(3, EndReason::kTimeLimit, /*success_at=*/2); }, 2, 1);
  RandomPolicy policy(ActionSpec{.dim = 2});
  std::vector<std::pair<int64_t, double>> told;
  const auto result = evaluate(environments, policy, "random", {.episodes = 3, .batch = 2},
                               [&](int64_t finished, double rate) { told.emplace_back(finished, rate); });
  EXPECT_EQ(result.success, (std::vector<uint8_t>{1, 1, 1}));
  EXPECT_EQ(result.success_at_end, (std::vector<uint8_t>{0, 0, 0}));
  EXPECT_EQ(result.returns, (std::vector<double>{6, 6, 6}));  // 1 + 2 + 3
  EXPECT_EQ(result.lengths, (std::vector<int64_t>{3, 3, 3}));
  EXPECT_EQ(result.ends, (std::map<std::string, int64_t>{{"time_limit", 3}}));
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back(), (std::pair<int64_t, double>{3, 1.0}));
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
}

// Were only what has ended counted, the long episodes would be missing: it would not be a fair sample.
TEST(Evaluate, FinishesWhatRunsWhenItIsStopped) {
  PointExpert policy(0.3);
  const auto all = score(policy, {.episodes = 3000, .batch = 3});
  auto environments = points(3);
  int64_t finished = 0;
  const auto result = evaluate(
      environments, policy, "expert", {.episodes = 3000, .batch = 3}, [&](int64_t done, double) { finished = done; },
      [&] { return finished > 0; });
  const auto count = std::ssize(result.seeds);
  ASSERT_GT(count, 0);
  ASSERT_LT(count, 3000);
  for (int64_t k = 0; k < count; ++k) EXPECT_EQ(result.seeds[size_t(k)], k) << "a gap";
  EXPECT_EQ(result.lengths, std::vector<int64_t>(all.lengths.begin(), all.lengths.begin() + count));
  const auto none = evaluate(environments, policy, "expert", {.episodes = 11, .batch = 3}, {}, [] { return true; });
  EXPECT_TRUE(none.seeds.empty());
}

/// Sees what it is told to.
class Onlooker final : public Policy {
 public:
  Onlooker(ObservationSpec sees, int64_t dim) : sees_(std::move(sees)) { action_.dim = dim; }
  std::unique_ptr<PolicyState> begin(int64_t) override { return std::make_unique<PolicyState>(); }
  Action act(const Observation&, PolicyState&, ActMode, Rng&) override { return {}; }
  const ActionSpec& action_spec() const override { return action_; }
  const ObservationSpec& observation_spec() const override { return sees_; }

 private:
  ObservationSpec sees_;
  ActionSpec action_;
};

TEST(CheckFits, NamesWhatThePolicyWantsAndWhatThereIs) {
  const auto environment = test::PointEnvironment(test::PointConfig{}, std::make_shared<test::World>());
  const auto check = [&](const EntrySpec& entry, int64_t dim) {
    check_fits(Onlooker({.entries = {entry}}, dim), environment.spec());
  };
  EXPECT_NO_THROW(check({.name = "state", .shape = {2}}, 1)) << "what else there is does not matter";
  EXPECT_NO_THROW(check_fits(PointExpert(), environment.spec())) << "a policy that does not say what it looks at";
  expect_throws<ConfigError>([&] { check({.name = "state", .shape = {3}}, 1); },
                             "the policy sees 'state' as float32 [3], and point shows it as float32 [2]");
  expect_throws<ConfigError>(
      [&] {
        check({.name = "wrist", .dtype = DType::kUint8, .shape = {8, 8, 3}}, 1);
      },
      "the policy sees 'wrist', uint8 [8, 8, 3], and point does not show it (but: state, goal, camera)");
  expect_throws<ConfigError>([&] { check({.name = "state", .shape = {2}}, 7); },
                             "the policy's actions have 7 values, and point takes 1");
}

TEST(Evaluate, SaysWhichEnvironmentFailed) {
  BatchedEnvironment environments(
      [] {
        auto environment = std::make_unique<test::CountingEnvironment>(3);
        environment->throw_at = 2;
        return environment;
      },
      1, 1);
  RandomPolicy policy(ActionSpec{.dim = 2});
  expect_throws<EnvironmentError>([&] { evaluate(environments, policy, "random", {.episodes = 1, .batch = 1}); },
                                  "held-out 0: the counter jammed");
}

TEST(Evaluate, ScoresNoObservationThatTheSpecDoesNotPromise) {
  BatchedEnvironment environments(
      [] {
        auto environment = std::make_unique<test::CountingEnvironment>(3);
        environment->nan_at = 2;
        return environment;
      },
      1, 1);
  RandomPolicy policy(ActionSpec{.dim = 2});
  expect_throws<EnvironmentError>([&] { evaluate(environments, policy, "random", {.episodes = 1, .batch = 1}); },
                                  "environment 'counting' gave what its spec() does not promise");
}

EvaluationResult made_up(const std::string& name, int64_t successes, int64_t episodes) {
  EvaluationResult result{.name = name, .policy_hash = "abc"};
  for (int64_t i = 0; i < episodes; ++i) {
    result.seeds.push_back(i);
    result.success.push_back(i < successes);
    result.success_at_end.push_back(i < successes / 2);
    result.returns.push_back(i < successes ? 3.0 : 0.0);
    result.lengths.push_back(7);
  }
  result.ends = {{"success", successes}, {"time_limit", episodes - successes}};
  return result;
}

TEST(EvaluationResult, HasAWilsonInterval) {
  // Wilson (1927) with z = 1.96: 8 of 10 gives 0.4902 .. 0.9433, none of 10 gives 0 .. 0.2775.
  const auto result = made_up("a", 8, 10);
  EXPECT_EQ(result.successes(), 8);
  EXPECT_DOUBLE_EQ(result.rate(), 0.8);
  EXPECT_DOUBLE_EQ(result.mean_return(), 2.4);
  EXPECT_NEAR(result.interval().low, 0.4902, 5e-5);
  EXPECT_NEAR(result.interval().high, 0.9433, 5e-5);
  EXPECT_NEAR(made_up("a", 0, 10).interval().low, 0.0, 1e-12);
  EXPECT_NEAR(made_up("a", 0, 10).interval().high, 0.2775, 5e-5);
}

TEST(EvaluationResult, SurvivesJson) {
  const auto result = made_up("offline", 3, 5);
  const auto json = result.to_json();
  EXPECT_EQ(json.at("rate"), 0.6);
  EXPECT_EQ(json.at("seeds").size(), 5u);
  EXPECT_EQ(EvaluationResult::from_json(nlohmann::json::parse(json.dump())).to_json(), json);
}

TEST(SuccessTable, HasARowForEachPolicy) {
  const auto table = success_table({made_up("demonstrator", 8, 10), made_up("bc", 0, 10)});
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 4);
  EXPECT_NE(table.find("demonstrator    8/10  80.0 %   49.0 ..  94.3 %"), std::string::npos) << table;
  EXPECT_NE(table.find("bc              0/10   0.0 %    0.0 ..  27.8 %"), std::string::npos) << table;
  EXPECT_NE(table.find("success 8, time_limit 2"), std::string::npos) << table;
}

TEST(SuccessTable, ComparesTheLastWithTheOthersSeedBySeed) {
  const auto table = success_table({made_up("bc", 3, 10), made_up("online", 9, 10)});
  // 6 pairs, all one way: p = 2 / 2^6.
  EXPECT_NE(table.find("online against bc, seed by seed: 6 won, 0 lost, 4 alike (sign test p = 0.031)"),
            std::string::npos)
      << table;
}

TEST(Compare, PairsBySeedAndLeavesOutTheOthers) {
  auto first = made_up("a", 4, 10), second = made_up("b", 6, 10);
  first.seeds = {5, 6, 7, 8, 9, 10, 11, 12, 13, 14};  // second: 0 to 9; 5 is won by both, 6 to 8 by the first alone
  const auto pairs = compare(first, second);
  EXPECT_EQ(pairs.seeds, 5);
  EXPECT_EQ(pairs.gained, 3);
  EXPECT_EQ(pairs.lost, 0);
  EXPECT_DOUBLE_EQ(pairs.p, 0.25);
}

TEST(HeldOutSeed, DiffersFromTheSeedsOfARunsOwnEpisodes) {
  for (int64_t number = 0; number < 100; ++number) {
    EXPECT_NE(held_out_seed(number), derive_seed(0, "episode/online", uint64_t(number)));
    EXPECT_NE(held_out_seed(number), held_out_seed(number + 1));
  }
}

}  // namespace
}  // namespace onramp
