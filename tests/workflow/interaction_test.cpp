#include "onramp/workflow/interaction.h"

#include <gtest/gtest.h>

#include "onramp/workflow/figures.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

constexpr const char* kConfig =
    "policies: {demonstrator: {type: lift_expert}}\n"
    "learners: {cloning: {type: bc}, agent: {type: q2rl}}\n"
    "phases: [{name: demonstrations, episodes: 7}, {name: rollouts, episodes: 2}, {name: online, episodes: 4}]\n";

/// Three demonstrations of 50 steps, two rollouts of 10 and 30, four attempts on line of 20, 10, 10 and 40 steps.
RunRecord q2rl_run(int64_t seed, const std::vector<double>& success, const std::string& method = "q2rl") {
  RunRecord run{.folder = method, .method = method, .seed = seed};
  run.config = parse_config_text(kConfig, "test");
  run.phases = {{.name = "demonstrations", .type = "collect", .policy = "demonstrator"},
                {.name = "cloning", .type = "learn", .learner = "cloning"},
                {.name = "rollouts", .type = "collect", .policy = "cloning"},
                {.name = "online", .type = "interleave", .learner = "agent"}};
  run.metrics.series = {{"demonstrations", "length", {1, 2, 3}, {50, 50, 50}},
                        {"demonstrations", "success", {1, 2, 3}, {1, 1, 1}},
                        {"rollouts", "length", {1, 2}, {10, 30}},
                        {"rollouts", "success", {1, 2}, {1, 0}},
                        {"online", "length", {1, 2, 3, 4}, {20, 10, 10, 40}},
                        {"online", "success", {1, 2, 3, 4}, success},
                        {"online", "bc_share", {1, 2, 3, 4}, {1, 0.5, 0.5, 0}}};
  return run;
}

Score score_of(const std::string& policy, int64_t successes) {
  return {.policy = policy, .successes = successes, .episodes = 10};
}

TEST(OverSteps, CountsWhatPoliciesOfItsOwnDid) {
  const auto series = over_steps(q2rl_run(1, {0, 1, 1, 0}), "success");
  ASSERT_TRUE(series);
  EXPECT_EQ(series->before, 40.0) << "rollouts, not demonstrations";
  EXPECT_EQ(*series->value_before, 0.5);
  EXPECT_EQ(series->steps, (std::vector<double>{20, 30, 40, 80}));
  EXPECT_EQ(series->value, (std::vector<double>{0, 1, 1, 0}));
  EXPECT_FALSE(over_steps(q2rl_run(1, {0, 1, 1, 0}), "gate_q_bc"));
}

// A summary of an older version keeps the success of every attempt and the length of some.
TEST(OverSteps, FillsInLengthsThatWereThinnedOut) {
  auto run = q2rl_run(1, {0, 1, 1, 0});
  run.metrics.series[4] = {"online", "length", {1, 4}, {20, 30}};
  EXPECT_EQ(over_steps(run, "success")->steps, (std::vector<double>{20, 50, 80, 110}));
}

TEST(OverSteps, GoesOnThroughASecondOnlinePhase) {
  auto run = q2rl_run(1, {0, 1, 1, 0});
  run.phases.push_back({.name = "more", .type = "interleave", .learner = "agent"});
  run.metrics.series.push_back({"more", "length", {1}, {5}});
  run.metrics.series.push_back({"more", "success", {1}, {1}});
  const auto series = over_steps(run, "success");
  EXPECT_EQ(series->steps.back(), 85.0);
  EXPECT_EQ(series->attempt.back(), 5.0);
}

// By hand, windows of one attempt: seed 1 is 0 at 20 steps and 1 at 30; seed 2 is 1 throughout.
TEST(StepCurve, IsTheMeanOverSeedsWithStudentsInterval) {
  const std::vector<RunRecord> runs{q2rl_run(1, {0, 1, 1, 0}), q2rl_run(2, {1, 1, 1, 1})};
  const auto methods = group_by_method(runs);
  const auto curve = step_curve(methods[0], "success", 1);
  ASSERT_TRUE(curve);
  EXPECT_EQ(curve->seeds, 2);
  EXPECT_EQ(curve->before, 40.0);
  EXPECT_EQ(*curve->value_before, 0.5);
  EXPECT_EQ(curve->x.front(), 60.0);
  EXPECT_EQ(curve->x.back(), 120.0);
  EXPECT_EQ(curve->mean.front(), 0.5);
  EXPECT_EQ(curve->mean.back(), 0.5);
  ASSERT_EQ(curve->low.size(), curve->x.size());
  EXPECT_NEAR(curve->high.front(), 0.5 + 12.706 * 0.5, 1e-3);  // t of one degree of freedom, s / sqrt(2) = 0.5
  EXPECT_EQ(at_step(methods[0], "success", 1, 69).mean, 0.5) << "of seed 1 one attempt had ended";
  EXPECT_EQ(at_step(methods[0], "success", 1, 70).mean, 1.0) << "and now two";
  EXPECT_TRUE(at_step(methods[0], "success", 1, 50).values.empty()) << "no attempt had ended";
  EXPECT_EQ(common_steps(methods[0]), 120.0);
}

TEST(StepCurve, BeginsWithAQuarterOfItsWindow) {
  const std::vector<RunRecord> runs{q2rl_run(1, {0, 1, 1, 0})};
  const auto methods = group_by_method(runs);
  EXPECT_EQ(step_curve(methods[0], "success", 4)->x.front(), 40 + 20.0);
  EXPECT_EQ(step_curve(methods[0], "success", 20)->x.front(), 40 + 20.0) << "of four attempts a quarter of these";
}

// Of Simplified Q the cloned policy is there to compare with: on line begins what the agent had become.
TEST(FirstScore, IsOfTheClonedPolicyOnlyWhereItIsAsked) {
  auto run = q2rl_run(1, {0, 1, 1, 0});
  run.phases.insert(run.phases.begin() + 3, {.name = "estimation", .type = "learn", .learner = "agent"});
  run.phases.push_back({.name = "after", .type = "learn", .learner = "agent"});
  run.scores = {score_of("cloning", 6), score_of("estimation", 7), score_of("online", 9), score_of("after", 1)};
  EXPECT_EQ(first_score(run)->policy, "cloning");
  run.metrics.series.pop_back();  // bc_share
  EXPECT_EQ(first_score(run)->policy, "estimation");
  run.phases.erase(run.phases.begin() + 3);
  EXPECT_EQ(first_score(run), nullptr) << "RLPD begins with nothing";
}

TEST(StepsFigure, HasALineAMethodAndWhatItBeganWith) {
  std::vector<RunRecord> runs{q2rl_run(1, {0, 1, 1, 0}), q2rl_run(1, {1, 1, 1, 1}, "ibrl"), q2rl_run(1, {}, "bc")};
  for (auto& run : runs) run.scores = {score_of("cloning", 6), score_of("online", 9)};
  runs[2].metrics.series.resize(2);
  runs[2].phases.resize(2);
  const auto figure = steps_figure(group_by_method(runs), 1);
  ASSERT_TRUE(figure);
  const auto& panel = figure->panels[0];
  ASSERT_EQ(panel.lines.size(), 4u) << "two methods, each with its dotted rollouts";
  EXPECT_EQ(panel.lines[1].style, ":");
  EXPECT_EQ(panel.lines[1].x, (std::vector<double>{0, 40}));
  ASSERT_EQ(panel.levels.size(), 2u);
  EXPECT_EQ(panel.levels[0].label, "bc: 60 %");
  EXPECT_EQ(panel.levels[1].label, "began with: 60 %") << "once: all began with the same";
  runs[1].scores[0] = score_of("cloning", 4);
  EXPECT_EQ(steps_figure(group_by_method(runs), 1)->panels[0].levels.size(), 3u) << "one for each method";
}

TEST(GateFigure, ShowsOnlyMethodsThatChoose) {
  std::vector<RunRecord> runs{q2rl_run(1, {0, 1, 1, 0}), q2rl_run(1, {0, 1, 1, 0}, "rlpd")};
  runs[1].metrics.series.pop_back();
  auto figure = gate_figure(group_by_method(runs), 1);
  ASSERT_TRUE(figure);
  ASSERT_EQ(figure->panels.size(), 2u) << "no values were logged";
  EXPECT_EQ(figure->panels[0].lines.size(), 2u) << "success of one method, and its rollouts";
  EXPECT_EQ(figure->panels[1].lines.size(), 1u);
  EXPECT_EQ(figure->panels[1].lines[0].y.front(), 1.0);
  runs[0].metrics.series.push_back({"online", "gate_q_bc", {1, 2, 3, 4}, {-1, -1, -1, -1}});
  runs[0].metrics.series.push_back({"online", "gate_q_rl", {1, 2, 3, 4}, {-2, -1, 0, 0}});
  figure = gate_figure(group_by_method(runs), 1);
  ASSERT_EQ(figure->panels.size(), 3u);
  EXPECT_EQ(figure->panels[2].lines[0].label, "q2rl: cloned");
  EXPECT_EQ(figure->panels[2].lines[1].style, "--");
  EXPECT_FALSE(gate_figure(group_by_method({runs[1]}), 1));
}

TEST(StartsFigure, HasAPointForEachRunWithBothScores) {
  std::vector<RunRecord> runs{q2rl_run(1, {0, 1, 1, 0}), q2rl_run(2, {0, 1, 1, 0}), q2rl_run(3, {0, 1, 1, 0})};
  runs[0].scores = {score_of("cloning", 3), score_of("online", 9)};
  runs[1].scores = {score_of("cloning", 7), score_of("online", 8)};
  runs[2].scores = {score_of("cloning", 7)};
  const auto figure = starts_figure(group_by_method(runs));
  ASSERT_TRUE(figure);
  ASSERT_EQ(figure->panels[0].points.size(), 2u);
  EXPECT_EQ(figure->panels[0].points[0].x, 0.3);
  EXPECT_EQ(figure->panels[0].points[0].y, 0.9);
  EXPECT_EQ(figure->panels[0].points[1].label, "") << "a method stands in the legend once";
}

TEST(SettingFigure, DrawsSuccessOverTheNumberInWhichMethodsDiffer) {
  std::vector<RunRecord> runs{q2rl_run(1, {0, 1, 1, 0}, "many"), q2rl_run(1, {0, 1, 1, 0}, "few"),
                              q2rl_run(1, {0, 1, 1, 0}, "ibrl")};
  runs[0].config = apply_overrides(runs[0].config, {"phases.rollouts.episodes=100"});
  runs[2].config = apply_overrides(runs[2].config, {"learners.agent.type=ibrl"});
  runs[0].scores = {score_of("cloning", 5), score_of("online", 10)};
  runs[1].scores = {score_of("cloning", 5), score_of("online", 8)};
  runs[2].scores = {score_of("online", 1)};
  const auto figure = setting_figure(group_by_method(runs), "phases.rollouts.episodes");
  ASSERT_TRUE(figure);
  const auto& lines = figure->panels[0].lines;
  ASSERT_EQ(lines.size(), 3u) << "ibrl; q2rl and its cloned policy";
  EXPECT_EQ(lines[0].label, "ibrl, last policy");
  EXPECT_EQ(lines[1].x, (std::vector<double>{2, 100})) << "in order";
  EXPECT_EQ(lines[1].y, (std::vector<double>{0.8, 1.0}));
  EXPECT_EQ(lines[2].y, (std::vector<double>{0.5, 0.5}));
  test::expect_throws<ConfigError>([&] { setting_figure(group_by_method(runs), "phases.rollout.episodes"); },
                                   "--over phases.rollout.episodes: many: no 'rollout' of 'phases.rollout.episodes'");
  test::expect_throws<ConfigError>([&] { setting_figure(group_by_method(runs), "phases"); }, "'phases' is no number");
}

}  // namespace
}  // namespace onramp
