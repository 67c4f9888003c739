#include "onramp/workflow/figures.h"

#include <gtest/gtest.h>

namespace onramp {
namespace {

/// Two updates offline at 1 and 2, three attempts of five updates each; `success` of the attempts.
RunRecord run_with_success(const std::string& method, int64_t seed, const std::vector<double>& success) {
  RunRecord record{.folder = method, .method = method, .seed = seed};
  record.phases = {{.name = "offline", .type = "learn", .learner = "agent", .planned = 2, .updates_per_unit = 1},
                   {.name = "online", .type = "interleave", .learner = "agent", .planned = 3, .updates_per_unit = 5}};
  record.metrics.series.push_back({"offline", "critic_loss", {1, 2}, {4, 3}});
  Series attempts{"online", "success"}, loss{"online", "critic_loss"};
  for (size_t i = 0; i < success.size(); ++i) {
    attempts.step.push_back(double(i + 1));
    attempts.value.push_back(success[i]);
    loss.step.push_back(double(i + 1));
    loss.value.push_back(2.0);
  }
  if (!success.empty()) record.metrics.series.insert(record.metrics.series.end(), {attempts, loss});
  return record;
}

Score score(const std::string& policy, int64_t successes) {
  return {.policy = policy, .successes = successes, .episodes = 10};
}

TEST(SuccessFigure, IsTheMeanOverSeedsAndTheirBand) {
  const std::vector<RunRecord> runs{run_with_success("a", 1, {0, 1, 1}), run_with_success("a", 2, {1, 1})};
  const auto figure = success_figure(group_by_method(runs), 2);
  ASSERT_TRUE(figure);
  ASSERT_EQ(figure->panels[0].lines.size(), 1u);
  const auto& line = figure->panels[0].lines[0];
  EXPECT_EQ(line.label, "a (2 seeds)");
  EXPECT_EQ(line.x, (std::vector<double>{1, 2})) << "as far as every seed has come";
  EXPECT_EQ(line.y, (std::vector<double>{0.5, 0.75}));
  EXPECT_EQ(line.low, (std::vector<double>{0, 0.5}));
  EXPECT_EQ(line.high, (std::vector<double>{1, 1}));
}

TEST(SuccessFigure, ShowsMethodsWithoutOnlinePhaseAsBaselines) {
  std::vector<RunRecord> runs{run_with_success("a", 1, {0, 1, 1}), run_with_success("bc", 1, {}),
                              run_with_success("bc", 2, {})};
  runs[1].scores = {score("offline", 4)};
  runs[2].scores = {score("offline", 6)};
  const auto figure = success_figure(group_by_method(runs), 20);
  ASSERT_EQ(figure->panels[0].levels.size(), 1u);
  EXPECT_EQ(figure->panels[0].levels[0].y, 0.5);
  EXPECT_EQ(figure->panels[0].levels[0].label, "bc: 50 %");
  EXPECT_FALSE(success_figure(group_by_method({run_with_success("bc", 1, {})}), 20)) << "nothing on line, no picture";
}

TEST(LearningFigures, RunOverTheUpdatesOfTheLearner) {
  const std::vector<RunRecord> runs{run_with_success("a", 1, {0, 1, 1})};
  const auto figures = learning_figures(group_by_method(runs));
  ASSERT_EQ(figures.size(), 1u) << "losses alone";
  ASSERT_EQ(figures[0].panels.size(), 1u) << "the success of attempts is no learning curve";
  const auto& panel = figures[0].panels[0];
  EXPECT_EQ(panel.lines[0].x, (std::vector<double>{1, 2, 2 + 5, 2 + 10, 2 + 15}));
  EXPECT_EQ(panel.lines[0].y, (std::vector<double>{4, 3, 2, 2, 2}));
  ASSERT_EQ(panel.marks.size(), 1u);
  EXPECT_EQ(panel.marks[0].x, 2);
  EXPECT_EQ(panel.marks[0].label, "online");
  EXPECT_FALSE(panel.log_y);
}

TEST(LearningFigures, ShowAMetricThatFallsFarByPowersOfTen) {
  std::vector<RunRecord> runs{run_with_success("a", 1, {0, 1, 1})};
  runs[0].metrics.series[0].value = {400, 3};
  EXPECT_TRUE(learning_figures(group_by_method(runs))[0].panels[0].log_y);
  runs[0].metrics.series[0].value = {400, -3};
  EXPECT_FALSE(learning_figures(group_by_method(runs))[0].panels[0].log_y) << "no logarithm of what is negative";
}

TEST(RatesFigure, TakesWilsonsIntervalOfASingleSeed) {
  std::vector<RunRecord> runs{run_with_success("a", 1, {})};
  runs[0].scores = {score("offline", 5)};
  const auto figure = rates_figure(group_by_method(runs));
  ASSERT_TRUE(figure);
  const auto& row = figure->panels[0].rows.at(0);
  EXPECT_EQ(row.value, 0.5);
  EXPECT_NEAR(*row.low, 0.2366, 1e-4);  // Wilson, 5 of 10
  EXPECT_TRUE(row.single.empty());
}

TEST(ValuesFigure, DrawsBoundsAndTheCriticsPairs) {
  const auto record = run_with_success("a", 1, {1});
  RunLook look{.run = &record};
  CriticLook critic{.phase = "offline", .updates = 2, .q = {1, 2, 3, 10}};
  look.critics = {critic};
  look.bounds = value_bounds(0.99, 1.0, 60);
  const auto figure = values_figure({look});
  ASSERT_TRUE(figure);
  const auto& panel = figure->panels[0];
  ASSERT_EQ(panel.levels.size(), 3u);
  EXPECT_EQ(panel.levels[0].y, 60.0);
  ASSERT_EQ(panel.points.size(), 2u);
  EXPECT_EQ(panel.points[0].y, 4.0) << "mean";
  EXPECT_EQ(panel.points[1].y, 10.0) << "largest";
  EXPECT_EQ(panel.points[1].x, 2.0);

  look.bounds->success = 4.0;  // nothing else can be earned
  const auto ends = values_figure({look});
  ASSERT_EQ(ends->panels[0].levels.size(), 1u);
  EXPECT_EQ(ends->panels[0].levels[0].y, 4.0);
}

TEST(ActingFigure, HasARowAnAttemptAndAColumnAStep) {
  const auto record = run_with_success("a", 1, {1});
  RunLook look{.run = &record};
  EXPECT_FALSE(acting_figure({look}));
  look.recorded.acting = {{1, 0, 0}, {0}};
  const auto figure = acting_figure({look});
  ASSERT_TRUE(figure);
  const auto& panel = figure->panels[0];
  EXPECT_EQ(panel.title, "a seed 1, 2 attempts");
  EXPECT_EQ(panel.height, 2);
  EXPECT_EQ(panel.width, 3);
  ASSERT_EQ(panel.pixels.size(), 18U);
  EXPECT_GT(panel.pixels[2], panel.pixels[0]) << "blue: the cloned policy";
  EXPECT_GT(panel.pixels[3], panel.pixels[5]) << "orange: the learned one";
  EXPECT_EQ(panel.pixels[12], panel.pixels[14]) << "grey: the second attempt was over";
}

TEST(TrajectoriesFigure, ShowsEarlyMiddleAndLateAttempts) {
  const auto record = run_with_success("a", 1, {1});
  RunLook look{.run = &record};
  for (int64_t i = 1; i <= 200; ++i) look.recorded.trajectories.push_back({.attempt = i, .x = {0, 1}, .y = {0, 1}});
  const auto titles = [&] {
    std::vector<std::string> found;
    const auto figure = trajectories_figure({look});
    for (const auto& panel : figure->panels) found.push_back(panel.title);
    return found;
  };
  EXPECT_EQ(titles(),
            (std::vector<std::string>{"attempt 1: no success", "attempt 100: no success", "attempt 200: no success"}));
  look.recorded.trajectories.resize(9);
  EXPECT_EQ(titles(),
            (std::vector<std::string>{"attempt 1: no success", "attempt 5: no success", "attempt 9: no success"}));
  look.recorded.trajectories.resize(1);
  EXPECT_EQ(titles().size(), 1u);
}

}  // namespace
}  // namespace onramp
