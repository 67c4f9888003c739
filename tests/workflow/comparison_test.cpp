#include "onramp/workflow/comparison.h"

#include <gtest/gtest.h>

#include "onramp/base/error.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using test::expect_throws;

constexpr const char* kConfig = R"(run: {seed: 0, folder: x, log_every: 5}
compute: {threads: 1}
learners: {agent: {type: simplified_q, alpha: 1.0, sizes: [2, 3]}}
phases: [{type: learn, name: offline, learner: agent, updates: 10}, {type: evaluate, name: evaluation, policies: [offline]}]
)";

Score score(const std::string& policy, const std::string& flags) {
  Score result{.policy = policy, .episodes = static_cast<int64_t>(flags.size())};
  for (size_t i = 0; i < flags.size(); ++i) {
    result.seeds.push_back(static_cast<int64_t>(i));
    result.success.push_back(flags[i] == '1');
    result.successes += flags[i] == '1';
  }
  return result;
}

RunRecord run_with_scores(const std::string& method, int64_t seed, std::vector<Score> scores) {
  RunRecord record{.folder = method, .method = method, .seed = seed, .scores = std::move(scores)};
  record.config = apply_overrides(parse_config_text(kConfig, "config.yaml"), {concat("run.seed=", seed)});
  record.phases = {{.name = "demonstrations", .type = "collect"},
                   {.name = "offline", .type = "learn", .learner = "agent", .planned = 10, .updates_per_unit = 1},
                   {.name = "online", .type = "interleave", .learner = "agent", .planned = 4, .updates_per_unit = 5}};
  return record;
}

TEST(GroupByMethod, OrdersRunsBySeed) {
  const std::vector<RunRecord> runs{run_with_scores("a", 3, {}), run_with_scores("b", 1, {}),
                                    run_with_scores("a", 1, {})};
  const auto methods = group_by_method(runs);
  ASSERT_EQ(methods.size(), 2u);
  EXPECT_EQ(methods[0].name, "a");
  EXPECT_EQ(methods[0].runs, (std::vector<const RunRecord*>{&runs[2], &runs[0]}));
  EXPECT_EQ(methods[1].runs, (std::vector<const RunRecord*>{&runs[1]}));
}

TEST(GroupByMethod, RefusesASeedTwice) {
  const std::vector<RunRecord> runs{run_with_scores("a", 1, {}), run_with_scores("a", 1, {})};
  expect_throws<ConfigError>([&] { group_by_method(runs); },
                             "'a seed 1': give one of them a name of its own with --label");
}

TEST(DifferencesWithin, AreNoneForALearnerTakenFromTheRunOfTheSameSeed) {
  std::vector<RunRecord> runs{run_with_scores("a", 1, {}), run_with_scores("a", 2, {})};
  runs[0].config = apply_overrides(runs[0].config, {"phases.offline.from=other/seed1"});
  runs[1].config = apply_overrides(runs[1].config, {"phases.offline.from=other/seed2"});
  EXPECT_TRUE(differences_within(group_by_method(runs)[0]).empty());
  for (const char* from : {"other/seed1", "another/seed2"}) {
    runs[1].config = apply_overrides(runs[1].config, {concat("phases.offline.from=", from)});
    EXPECT_EQ(differences_within(group_by_method(runs)[0]).size(), 1u) << from;
  }
}

TEST(DifferencesWithin, AreNoneForSeedFolderAndMachine) {
  std::vector<RunRecord> runs{run_with_scores("a", 1, {}), run_with_scores("a", 2, {})};
  runs[1].config = apply_overrides(runs[1].config, {"run.folder=y", "compute.threads=2"});
  EXPECT_TRUE(differences_within(group_by_method(runs)[0]).empty());
  runs[1].config = apply_overrides(runs[1].config, {"learners.agent.alpha=0.5"});
  const auto lines = differences_within(group_by_method(runs)[0]);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("learners.agent.alpha"), std::string::npos) << lines[0];
}

TEST(SettingDifferences, ListEveryKeyThatDiffers) {
  std::vector<RunRecord> runs{run_with_scores("a", 1, {}), run_with_scores("b", 2, {})};
  runs[1].config = apply_overrides(
      runs[1].config, {"learners.agent.alpha=0.5", "learners.agent.sizes=[2, 4]", "learners.agent.beta=0"});
  const auto rows = setting_differences(group_by_method(runs));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].key, "learners.agent.alpha");
  EXPECT_EQ(rows[0].values, (std::vector<std::string>{"1.0", "0.5"}));
  EXPECT_EQ(rows[1].values, (std::vector<std::string>{"[2, 3]", "[2, 4]"}));
  EXPECT_EQ(rows[2].values, (std::vector<std::string>{"", "0"}));
}

TEST(SettingDifferences, AreThoseOfCompleteConfigs) {
  std::vector<RunRecord> runs{run_with_scores("a", 1, {}), run_with_scores("b", 2, {})};
  runs[1].config = runs[1].config.without("learners");  // as an older version wrote it
  EXPECT_FALSE(setting_differences(group_by_method(runs)).empty());
  runs[1].complete = apply_overrides(runs[0].config, {"run.seed=2"});
  EXPECT_TRUE(setting_differences(group_by_method(runs)).empty());
}

TEST(OverSeeds, IsMeanWithStudentsInterval) {
  const auto rates = over_seeds({0.5, 0.7, 0.9});
  EXPECT_NEAR(rates.mean, 0.7, 1e-12);
  EXPECT_NEAR(rates.interval->low, 0.203173, 1e-5);  // see MeanInterval
  EXPECT_FALSE(over_seeds({0.5}).interval.has_value()) << "one seed says nothing about others";
  EXPECT_EQ(over_seeds({}).mean, 0.0);
}

TEST(Snapshots, LastIsOfTheLastPhaseAndBestIsChosen) {
  // Evaluated in another order than learned, and the demonstrator is nobody's phase.
  const std::vector<RunRecord> runs{
      run_with_scores("a", 1, {score("online", "1100"), score("offline", "1110"), score("expert", "1111")})};
  EXPECT_EQ(runs[0].last_score()->policy, "online");
  EXPECT_EQ(runs[0].best_score()->policy, "offline");
  const auto row = snapshot_row(group_by_method(runs)[0], Snapshot::kBest);
  EXPECT_EQ(row.policy, "offline");
  EXPECT_EQ(row.rates.mean, 0.75);
}

TEST(PolicyRows, NameWhoWasNotScored) {
  const std::vector<RunRecord> runs{run_with_scores("a", 1, {score("offline", "10")}),
                                    run_with_scores("a", 2, {score("offline", "11"), score("online", "01")})};
  const auto rows = policy_rows(group_by_method(runs)[0]);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].rates.mean, 0.75);
  EXPECT_EQ(rows[1].scores[0], nullptr);
  EXPECT_EQ(rows[1].rates.values, (std::vector<double>{0.5}));
}

TEST(PolicyRows, CountOnePolicyWithTheSameOutcomesOnce) {
  auto learned = score("online", "1111"), other = learned;
  learned.policy_hash = "one";
  other.policy_hash = "another";
  const auto expert = score("expert", "1101");
  std::vector<RunRecord> runs{run_with_scores("a", 1, {expert, learned}), run_with_scores("a", 2, {expert, other}),
                              run_with_scores("a", 3, {expert})};
  auto rows = policy_rows(group_by_method(runs)[0]);
  EXPECT_EQ(rows[0].counted.size(), 1u);
  EXPECT_EQ(rows[0].scores.size(), 3u);
  EXPECT_FALSE(rows[0].rates.interval.has_value()) << "it says nothing of other seeds";
  EXPECT_EQ(rows[1].counted.size(), 2u) << "two policies that both succeed everywhere";
  runs[2].scores[0].seeds = {4, 5, 6, 7};
  rows = policy_rows(group_by_method(runs)[0]);
  EXPECT_EQ(rows[0].counted.size(), 2u) << "in other situations";
}

TEST(Paired, CountsWonAndLostOverRunsOfEqualSeed) {
  const std::vector<RunRecord> runs{
      run_with_scores("a", 1, {score("online", "1101")}), run_with_scores("a", 2, {score("online", "1111")}),
      run_with_scores("b", 1, {score("online", "0110")}), run_with_scores("b", 2, {score("online", "0001")}),
      run_with_scores("b", 9, {score("online", "1111")})};
  const auto methods = group_by_method(runs);
  const auto row = paired_between(methods[0], methods[1]);
  ASSERT_TRUE(row);
  // Seed 1: situations 0 and 3 won, 2 lost. Seed 2: 0, 1, 2 won. Seed 9 has no partner.
  EXPECT_EQ(row->runs, 2);
  EXPECT_EQ(row->situations, 8);
  EXPECT_EQ(row->gained, 5);
  EXPECT_EQ(row->lost, 1);
  EXPECT_NEAR(row->p, 2.0 * (1 + 6) / 64, 1e-12);
  EXPECT_EQ(row->difference.values, (std::vector<double>{0.25, 0.75}));
}

TEST(Paired, NeedsSuccessesBySituation) {
  std::vector<RunRecord> runs{run_with_scores("a", 1, {score("online", "1101")}),
                              run_with_scores("b", 1, {score("online", "0110")})};
  runs[1].scores[0].seeds.clear();
  runs[1].scores[0].success.clear();
  const auto methods = group_by_method(runs);
  EXPECT_FALSE(paired_between(methods[0], methods[1]));
}

TEST(Paired, WithinARunIsTheLastAgainstTheOthers) {
  const std::vector<RunRecord> runs{
      run_with_scores("a", 1, {score("expert", "0000"), score("offline", "0010"), score("online", "1101")})};
  const auto rows = paired_within(group_by_method(runs)[0]);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].second, "expert");
  EXPECT_EQ(rows[0].gained, 3);
  EXPECT_EQ(rows[1].lost, 1);
}

TEST(RunRecordTest, CountsUpdatesOverThePhasesOfALearner) {
  const auto record = run_with_scores("a", 1, {});
  EXPECT_EQ(record.updates_at("offline", 3), 3);
  EXPECT_EQ(record.updates_at("online", 2), 10 + 2 * 5);
}

}  // namespace
}  // namespace onramp
