// Reports on whole small runs, made in this process on the cheap world of training_testing.h.
#include "onramp/workflow/run_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "onramp/base/atomic_file.h"
#include "onramp/base/log.h"
#include "onramp/workflow/comparison.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"
#include "training/training_testing.h"

namespace onramp {
namespace {

namespace fs = std::filesystem;
using test::expect_throws;

/// Made once: seeds 3 and 4 of one method.
struct World {
  test::TemporaryFolder folder;
  Catalog catalog = test::point_catalog();
  World() {
    set_log_level(LogLevel::kWarning);
    for (const char* seed : {"3", "4"}) {
      const auto text = test::replaced(test::kTinyRun, "seed: 3", std::string("seed: ") + seed);
      Run run(test::read_run(text, catalog), folder / ("tiny/seed" + std::string(seed)));
      run.execute();
    }
  }
};
World& world() {
  static World world;
  return world;
}

struct RunReport : ::testing::Test {
  RunReport() { set_log_level(LogLevel::kError); }
  ~RunReport() override { set_log_level(LogLevel::kInfo); }
  fs::path run = world().folder / "tiny/seed3";
  fs::path other = world().folder / "tiny/seed4";
  test::TemporaryFolder folder;

  /// A copy that may be broken.
  fs::path copy(const std::string& name) {
    fs::copy(run, folder / name, fs::copy_options::recursive);
    return folder / name;
  }
  /// What scripts/summarize_run.py makes of such a run, with the outcomes that are given. @return <name>/seed<seed>
  fs::path summary(const std::string& name, const std::string& seed, const std::string& online,
                   const std::string& config) {
    const auto place = folder / name / ("seed" + seed);
    fs::create_directories(place);
    write_file_atomic(place / "config.yaml", test::replaced(config, "seed: 3", "seed: " + seed));
    fs::copy_file(run / "metrics.csv", place / "metrics.csv");
    auto policies = nlohmann::json::array();
    for (const auto& [policy, flags] : {std::pair{std::string("expert"), std::string("110110")}, {"online", online}}) {
      policies.push_back({{"name", policy},
                          {"policy_hash", policy == "expert" ? "" : concat(name, seed)},
                          {"successes", std::count(flags.begin(), flags.end(), '1')},
                          {"episodes", flags.size()},
                          {"mean_return", 1.5},
                          {"ends", {{"time_limit", flags.size()}}},
                          {"first_seed", 0},
                          {"success", flags}});
    }
    const nlohmann::json all{
        {"machine", nlohmann::json::object()}, {"phase_seconds", nlohmann::json::object()}, {"policies", policies}};
    write_file_atomic(place / "summary.json", all.dump());
    return place;
  }
  std::string config() const { return read_file(run / "config.yaml"); }
  ReportData gather(const std::vector<fs::path>& runs) {
    ReportOptions options;
    for (const auto& one : runs) options.runs.push_back({one, ""});
    return gather_report(options, world().catalog);
  }
  static bool holds(const std::vector<std::string>& notes, const std::string& text) {
    return std::any_of(notes.begin(), notes.end(),
                       [&](const auto& note) { return note.find(text) != std::string::npos; });
  }
};

TEST_F(RunReport, ReadsARunWhole) {
  const auto data = gather({run});
  ASSERT_EQ(data.runs.size(), 1u);
  const auto& record = data.runs[0];
  EXPECT_EQ(record.name(), "tiny seed 3");
  EXPECT_EQ(record.stands, "finished");
  EXPECT_EQ(record.last_score()->policy, "online");
  EXPECT_EQ(record.scores.size(), 3u);
  ASSERT_NE(record.phase("online"), nullptr);
  EXPECT_EQ(record.phase("online")->finished, 4);
  EXPECT_EQ(record.updates_at("online", 4), 5 + 4 * 3);
  const auto& look = data.looks.at(0);
  EXPECT_EQ(look.recorded.online_episodes, 4);
  ASSERT_EQ(look.critics.size(), 2u);
  EXPECT_EQ(look.critics[0].phase, "offline");
  EXPECT_EQ(look.critics[1].updates, 17);
  EXPECT_NEAR(*look.bounds->undiscounted, 6.0, 1e-9) << "six steps of the task, one point each";
  EXPECT_TRUE(holds(data.notes, "its actions name no velocities")) << "a point on a line";
}

TEST_F(RunReport, AsksTheCriticThatThePhaseLeft) {
  // What the file holds gives the values of the agent itself, as the last checkpoint has it.
  auto file = read_critic_file(run / "critics" / "online", world().catalog.learners, at::kCPU);
  const auto data = gather({run});
  const auto& pairs = data.looks[0].recorded.pairs;
  const auto parts = read_checkpoint(list_checkpoints(run / "checkpoints").back()).parts;
  Parts own, given;
  for (const auto& [name, state] : parts) {
    if (name.starts_with("learners/agent/")) own[name.substr(15)] = state;
    if (name.starts_with("given/")) given[name.substr(6)] = state;
  }
  const auto settings = load_config(run / "config.yaml").at("learners").at("agent");
  const auto factory = world().catalog.learners.parse(settings).make();
  const auto learner = factory->make({.observation = file.observation, .action = file.action, .given = &given});
  learner->load(own);
  auto& critic = dynamic_cast<CriticView&>(*learner);
  EXPECT_TRUE(critic.evaluate(pairs.obs, pairs.action).q.equal(file.critic->evaluate(pairs.obs, pairs.action).q));
  const auto before = read_critic_file(run / "critics" / "offline", world().catalog.learners, at::kCPU);
  EXPECT_FALSE(
      before.critic->evaluate(pairs.obs, pairs.action).q.equal(file.critic->evaluate(pairs.obs, pairs.action).q));
}

TEST_F(RunReport, GroupsSeedsOfAMethod) {
  const auto data = gather({other, run});
  ASSERT_EQ(data.methods.size(), 1u);
  EXPECT_EQ(data.methods[0].runs[0]->seed, 3);
  EXPECT_EQ(data.looks.size(), 1u);
  EXPECT_FALSE(holds(data.notes, "mixes configs"));
}

TEST_F(RunReport, SaysWhichRunsOfAMethodAreSummaries) {
  const auto first = summary("kept", "1", "111111", config()), second = summary("kept", "2", "111111", config());
  EXPECT_TRUE(holds(gather({second}).notes, "kept seed 2 is a summary: without episodes, critics and videos"));
  EXPECT_TRUE(holds(gather({first, second}).notes, "both runs of kept are summaries: without"));
  fs::copy(run, folder / "kept/seed3", fs::copy_options::recursive);
  EXPECT_TRUE(holds(gather({first, second, folder / "kept/seed3"}).notes,
                    "of the 3 runs of kept seeds 1, 2 are summaries: without"));
}

TEST_F(RunReport, TakesWhatAnOlderConfigLacksToBeAtItsDefault) {
  const auto older = test::replaced(config(), "  hard_stop: false\n", "");
  const auto now = summary("a", "1", "111111", config()), same = summary("b", "1", "111111", older);
  EXPECT_TRUE(setting_differences(gather({now, same}).methods).empty());
  EXPECT_FALSE(holds(gather({now, summary("a", "2", "111111", older)}).notes, "mixes configs"));
  // Of which run a learner was taken, where that lay: as it is written, not from where the config lies.
  const std::string learn = "name: cloning\n    learner: cloning\n";
  const auto taken = [&](const std::string& seed) {
    auto text = config();
    const auto from = text.find("    from: \"\"\n", text.find(learn));
    EXPECT_NE(from, std::string::npos) << text;
    return text.replace(from, 13, "    from: tiny/seed" + seed + "\n");
  };
  EXPECT_FALSE(
      holds(gather({summary("e", "1", "1", taken("1")), summary("e", "2", "1", taken("2"))}).notes, "mixes configs"));
  const auto changed = test::replaced(config(), "hard_stop: false", "hard_stop: true");
  const auto rows = setting_differences(gather({same, summary("c", "1", "111111", changed)}).methods);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].key, "env.hard_stop");
  EXPECT_EQ(rows[0].values, (std::vector<std::string>{"false", "true"}));
  const auto unknown = config() + "added_later: 1\n";  // by a newer version: compared as it is
  EXPECT_EQ(setting_differences(gather({now, summary("d", "1", "111111", unknown)}).methods).size(), 1u);
}

TEST_F(RunReport, CountsOutcomesOnceAndNoMoreThanAHundredPoints) {
  const auto at = config().find("precision: fp32", config().find("\n  agent:"));
  ASSERT_NE(at, std::string::npos);
  const auto reduced = config().replace(at, 15, "precision: bf16");
  ReportOptions options{.out = folder / "page.html"};
  for (const auto& one : {summary("a", "1", "111111", config()), summary("a", "2", "100000", config()),
                          summary("b", "1", "000000", reduced), summary("b", "2", "100000", reduced)})
    options.runs.push_back({one, ""});
  report_runs(options, world().catalog);
  const auto page = read_file(folder / "page.html");
  EXPECT_NE(page.find("<td>-100.0 .. +100.0</td>"), std::string::npos)
      << "mean +50 points, and Student's t ends far off";
  EXPECT_NE(page.find("<td>66.7 %</td><td>the same in each run</td>"), std::string::npos);
  EXPECT_NE(page.find("time_limit 6<"), std::string::npos);
  EXPECT_NE(page.find(">float32<"), std::string::npos);
  EXPECT_NE(page.find(">bf16 in learners.agent."), std::string::npos);
}

TEST_F(RunReport, RefusesWhatIsNoRun) {
  expect_throws<DataError>([&] { gather({folder.path()}); }, "no run: there is no config.yaml in it");
  expect_throws<DataError>([&] { gather({run / "episodes"}); }, "no run");
  write_file_atomic(folder / "config.yaml", std::string_view("run: {seed: 1}\n"));
  expect_throws<DataError>([&] { gather({folder.path()}); }, "no run");
}

TEST_F(RunReport, LeavesOutWhatIsMissingAndSaysSo) {
  const auto broken = copy("broken");
  fs::remove_all(broken / "critics");
  fs::remove(broken / "report" / "results.json");
  fs::remove_all(broken / "checkpoints");
  write_file_atomic(broken / "metrics.csv", read_file(run / "metrics.csv") + "this is no row\nonline,9,success,1\n");
  write_file_atomic(broken / "episodes" / "000001.h5", std::string_view("damaged"));
  const auto data = gather({broken});
  for (const char* note : {"keeps no critic", "no policy was scored yet", "no checkpoint yet",
                           "1 damaged line left out", "000001.h5", "is not finished"}) {
    EXPECT_TRUE(holds(data.notes, note)) << note;
  }
  EXPECT_TRUE(data.looks[0].critics.empty());
  EXPECT_EQ(data.looks[0].recorded.online_episodes, 4);
}

TEST_F(RunReport, NamesADamagedCriticAndResultsFile) {
  const auto broken = copy("broken");
  fs::remove(broken / "critics" / "online" / "learner--critic.safetensors");
  write_file_atomic(broken / "report" / "results.json", std::string_view("{"));
  const auto data = gather({broken});
  EXPECT_TRUE(holds(data.notes, "critic of phase 'online' of broken seed 3"));
  EXPECT_TRUE(holds(data.notes, "scores left out"));
  ASSERT_EQ(data.looks[0].critics.size(), 1u) << "the other one is sound";
}

TEST_F(RunReport, WritesNothingIntoARunButTheReport) {
  const auto before = test::names_in(run);
  const auto reports = test::names_in(run / "report");
  ReportOptions options{.runs = {{run, ""}}, .out = folder / "page.html"};
  report_runs(options, world().catalog);
  EXPECT_EQ(test::names_in(run), before);
  EXPECT_EQ(test::names_in(run / "report"), reports);
  EXPECT_TRUE(fs::exists(folder / "page.html"));
}

TEST_F(RunReport, SaysWhichPictureCouldNotBeDrawn) {
  fs::create_directories(folder / "page-figures" / "success.png");  // in its way
  ReportOptions options{.runs = {{run, ""}}, .out = folder / "page.html"};
  report_runs(options, world().catalog);
  const auto page = read_file(folder / "page.html");
  EXPECT_NE(page.find("the picture &quot;Success over on-line attempts&quot;: it could not be drawn"),
            std::string::npos);
  EXPECT_NE(page.find("python3 with matplotlib is needed"), std::string::npos);
  EXPECT_NE(page.find("alt=\"Losses\""), std::string::npos) << "the others are drawn";
}

TEST_F(RunReport, ScoresOtherSituationsOnceAndKeepsThem) {
  const auto place = copy("place");
  const auto record = read_run(place);
  int64_t scored = 0;
  const auto count = [&](const Scenario&) { ++scored; };
  const std::vector<Scenario> scenarios{{"far", {"reach=0.01"}}, {"near", {"reach=2.5"}}};
  const auto rows = score_zero_shot(record, world().catalog, scenarios, 6, count);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(scored, 2);
  EXPECT_EQ(rows[1].score.successes, 6) << "everything is near";
  EXPECT_LT(rows[0].score.successes, 6);
  score_zero_shot(record, world().catalog, scenarios, 6, count);
  EXPECT_EQ(scored, 2) << "kept";
  score_zero_shot(record, world().catalog, {scenarios[0]}, 3, count);
  EXPECT_EQ(scored, 3) << "another number of episodes";
  EXPECT_EQ(load_zero_shot(record).size(), 2u);
  fs::remove_all(place / "policies" / "online");
  EXPECT_TRUE(load_zero_shot(record).empty()) << "of another policy than the one that is there";
  expect_throws<ConfigError>([&] { score_zero_shot(record, world().catalog, {{"typo", {"rech=1"}}}, 3); }, "rech");
}

TEST(Scenarios, AreParsedFromOneArgument) {
  const auto scenario = parse_scenario("three dim: items=three lighting=unseen");
  EXPECT_EQ(scenario.name, "three dim");
  EXPECT_EQ(scenario.settings, (std::vector<std::string>{"items=three", "lighting=unseen"}));
  for (const char* text : {"", "name", "name:", ": a=1", "name: a"})
    expect_throws<ConfigError>([&] { parse_scenario(text); }, "want NAME: key=value");
}

}  // namespace
}  // namespace onramp
