// onramp-report on what a tiny run of the simulated task left behind.
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "apps/tiny_run.h"
#include "test_paths.h"

namespace onramp::test {
namespace {

namespace fs = std::filesystem;

struct Report : ::testing::Test {
  void SetUp() override { ASSERT_EQ(whole_run().finished.code, 0) << whole_run().finished.err; }
  Finished report(const std::vector<std::string>& arguments) {
    return run_program("onramp-report", arguments, folder.path(), {"OMP_NUM_THREADS=1"});
  }
  /// Well formed, nothing from outside.
  void expect_sound(const fs::path& page) {
    const std::string command = "python3 " + std::string(ONRAMP_TESTS_DIR) + "/apps/check_page.py " + page.string() +
                                " > " + (folder / "faults").string();
    EXPECT_EQ(std::system(command.c_str()), 0) << read_file(folder / "faults");
  }
  std::string run = whole_run().run.string();
  TemporaryFolder folder;
};

TEST_F(Report, MakesOnePageOfARun) {
  const auto made = report({run, "--out", "page.html"});
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_EQ(made.out, "page.html\n");
  expect_sound(folder / "page.html");
  const auto page = read_file(folder / "page.html");
  const auto results = nlohmann::json::parse(whole_run().contents.at("results.json"));
  for (const auto& row : results.at("policies")) {
    char rate[32];
    std::snprintf(rate, sizeof rate, "%.1f %% (%.1f .. ", 100 * row.at("rate").get<double>(),
                  100 * row.at("low").get<double>());
    EXPECT_NE(page.find(rate), std::string::npos) << rate;
  }
  for (const char* piece : {"data:video/mp4;base64,", "late_us", "offline</td>", "Resolved config of run seed 5",
                            "learners:", "Paired, within the runs of run"}) {
    EXPECT_NE(page.find(piece), std::string::npos) << piece;
  }
  for (const char* title : {"Success over on-line attempts", "Success on held-out situations", "Losses", "Values",
                            "Actions", "Trajectories", "Q-estimates against what can be earned",
                            "Similarity of representations", "Gradient of Q over the velocities"}) {
    EXPECT_NE(page.find(std::string("alt=\"") + title + "\""), std::string::npos) << title;
  }
  EXPECT_NE(page.find("not scored; call with --zero-shot"), std::string::npos);
  // The bounds of the values come from the task: 60 steps, discount 0.99.
  const auto drawn = read_file(folder / "page-figures/figures.json");
  for (const char* level : {"undiscounted: +60.0", "1 / (1 - g): +100.0", "discounted: +45.3"})
    EXPECT_NE(drawn.find(level), std::string::npos) << level;
}

TEST_F(Report, LiesInTheRunWhereNothingElseIsSaid) {
  fs::copy(whole_run().run, folder / "copy", fs::copy_options::recursive);
  const auto made = report({"copy", "--inline-mb", "0"});
  ASSERT_EQ(made.code, 0) << made.err;
  const auto page = read_file(folder / "copy/report/report.html");
  EXPECT_NE(page.find("src=\"../videos/evaluation-online.mp4\""), std::string::npos) << "a video that is too large";
}

TEST_F(Report, ScoresOtherSituationsOnRequest) {
  fs::copy(whole_run().run, folder / "copy", fs::copy_options::recursive);
  const std::vector<std::string> arguments{"copy", "--zero-shot", "--zero-shot-episodes",
                                           "2",    "--scenario",  "blue bag: items=blue max_steps=3"};
  const auto made = report(arguments);
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_NE(made.err.find("scoring 'blue bag', 2 episodes"), std::string::npos) << made.err;
  expect_sound(folder / "copy/report/report.html");
  const auto page = read_file(folder / "copy/report/report.html");
  EXPECT_NE(page.find("<td class=\"text wrap\">items=blue max_steps=3</td><td>0/2</td>"), std::string::npos);
  EXPECT_EQ(report(arguments).err.find("scoring"), std::string::npos) << "kept with the run";
  EXPECT_NE(read_file(folder / "copy/report/report.html").find("blue bag"), std::string::npos);
}

TEST_F(Report, ComparesMethodsAndReadsSummaries) {
  const std::string summarize = "python3 " + std::string(ONRAMP_SOURCE_DIR) + "/scripts/summarize_run.py " + run + " " +
                                (folder / "kept/seed5").string();
  ASSERT_EQ(std::system(summarize.c_str()), 0);
  EXPECT_EQ(read_file(folder / "kept/seed5/config.yaml").find(run), std::string::npos) << "where the run lay";
  const auto made = report({"kept/seed5", "--label", "again=" + run, "--out", "both.html"});
  ASSERT_EQ(made.code, 0) << made.err;
  expect_sound(folder / "both.html");
  const auto page = read_file(folder / "both.html");
  EXPECT_NE(page.find("Paired, between methods"), std::string::npos);
  EXPECT_NE(page.find("<td>kept</td><td class=\"text wrap\">again</td><td>1</td><td>0</td><td>0</td><td>4</td>"),
            std::string::npos)
      << "the same run on four situations";
  EXPECT_NE(page.find("is a summary: without episodes"), std::string::npos) << "without episodes";
  EXPECT_NE(page.find("None: their configs are the same."), std::string::npos);
  EXPECT_NE(page.find("Methods side by side"), std::string::npos);
  EXPECT_TRUE(fs::exists(folder / "both-figures/success_steps.png"));
}

TEST_F(Report, DrawsSuccessOverASetting) {
  const auto made = report({"--label", "a=" + run, "--over", "phases.online.episodes", "--out", "over.html"});
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_TRUE(fs::exists(folder / "over-figures/setting.png"));
  expect_refused(report({run, "--over", "phases.onlin.episodes", "--out", "other.html"}), 2,
                 "no 'onlin' of 'phases.onlin.episodes' in the config");
  EXPECT_FALSE(fs::exists(folder / "other.html"));
}

TEST_F(Report, NamesAMistakeInASituationBeforeItScores) {
  fs::copy(whole_run().run, folder / "copy", fs::copy_options::recursive);
  const auto reports = names_in(folder / "copy/report");
  expect_refused(report({"copy", "--scenario", "sound: items=blue", "--scenario", "foo: itms=blue", "--zero-shot"}), 2,
                 "error: --scenario foo: itms=blue: ");
  expect_refused(report({"copy", "--scenario", "foo: itms=blue"}), 2, "did you mean 'items'?");
  expect_refused(report({"copy", "--scenario", "foo: max_steps=many"}), 2, "--scenario foo: max_steps=many: ");
  EXPECT_EQ(names_in(folder / "copy/report"), reports);
}

TEST_F(Report, WritesOverPagesAlone) {
  write_file_atomic(folder / "config.yaml", std::string_view("run: {seed: 1}\n"));
  expect_refused(report({run, "--out", "config.yaml"}), 2,
                 "--out: want a file's name that ends in .html, got config.yaml");
  expect_refused(report({run, "--out", "page.pdf"}), 2, "ends in .html, got page.pdf");
  expect_refused(report({run, "--out", "."}), 2, "ends in .html, got ., which is a folder");
  EXPECT_EQ(read_file(folder / "config.yaml"), "run: {seed: 1}\n");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"config.yaml"});
  write_file_atomic(folder / "page.htm", std::string_view("an older page"));
  const auto made = report({run, "--out", "page.htm"});
  EXPECT_EQ(made.code, 0) << made.err;
  expect_sound(folder / "page.htm");
}

TEST_F(Report, InterruptedLeavesNothingBehind) {
  fs::copy(whole_run().run, folder / "copy", fs::copy_options::recursive);
  const auto reports = names_in(folder / "copy/report");
  const auto interrupted = [&](const std::vector<std::string>& arguments,
                               const std::function<bool(const Program&)>& begun, const std::string& last) {
    Program program("onramp-report", arguments, folder.path(), {"OMP_NUM_THREADS=1"});
    ASSERT_TRUE(program.wait_until([&] { return begun(program); })) << program.wait().err;
    program.signal(SIGINT);
    const auto finished = program.wait();
    EXPECT_EQ(finished.code, 130) << finished.err;
    EXPECT_EQ(lines_of(finished.err).back(), last) << finished.err;
    EXPECT_EQ(names_in(folder / "copy/report"), reports);
    EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"copy"});
  };
  interrupted(
      {"copy", "--scenario", "short: max_steps=3", "--zero-shot-episodes", "1000000"},
      [](const Program& program) { return program.err().find("scoring 'short'") != std::string::npos; },
      "interrupted; no page was written, what was scored before is kept");
  interrupted(
      {"copy", "--out", "page.html"},
      [&](const Program&) { return fs::exists(folder / "page-figures" / "figures.json"); },
      "interrupted; no page was written");
}

TEST_F(Report, RefusesWhatIsNoRun) {
  expect_refused(report({}), 2, "which runs?");
  expect_refused(report({"nowhere"}), 1, "nowhere: no run");
  expect_refused(report({run + "/episodes"}), 1, "no run: there is no config.yaml");
  expect_refused(report({run, run}), 2, "give one of them a name of its own with --label");
  expect_refused(report({"--label", "=x"}), 2, "want NAME=RUN");
  expect_refused(report({run, "--scenario", "x"}), 2, "want NAME: key=value");
  expect_refused(report({run, "--window", "0"}), 2, "want a whole number >= 1, got 0");
  EXPECT_TRUE(names_in(folder.path()).empty());
}

}  // namespace
}  // namespace onramp::test
