#include "onramp/training/report.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"

namespace onramp {
namespace {

namespace fs = std::filesystem;
using test::expect_throws;

EvaluationResult result(const std::string& name, int64_t successes) {
  EvaluationResult result{.name = name};
  for (int64_t i = 0; i < 4; ++i) {
    result.seeds.push_back(i);
    result.success.push_back(i < successes);
    result.success_at_end.push_back(i < successes);
    result.returns.push_back(double(i));
    result.lengths.push_back(5);
  }
  result.ends = {{"time_limit", 4}};
  return result;
}

struct ReportTest : ::testing::Test {
  ReportTest() { fs::create_directories(run / "report"); }
  test::TemporaryFolder folder;
  fs::path run = folder / "run";
};

TEST_F(ReportTest, KeepsResultsByNameInOrder) {
  EXPECT_TRUE(load_results(run).empty());
  store_result(run, result("demonstrator", 2));
  store_result(run, result("offline", 1));
  store_result(run, result("demonstrator", 3));  // scored again
  const auto results = load_results(run);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].name, "offline");
  EXPECT_EQ(results[1].name, "demonstrator");
  EXPECT_EQ(results[1].successes(), 3);
}

TEST_F(ReportTest, KeepsResultsOfTwoPhasesApart) {
  auto early = result("offline", 1), late = result("offline", 3);
  early.phase = "halfway";
  late.phase = "evaluation";
  store_result(run, early);
  store_result(run, late);
  EXPECT_EQ(load_results(run).size(), 2u);
  std::ostringstream out;
  print_report(run, out);
  EXPECT_NE(out.str().find("halfway\npolicy"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("evaluation\npolicy"), std::string::npos) << out.str();
}

TEST_F(ReportTest, NamesADamagedResultsFile) {
  for (const char* text : {"{\"policies\": [", "[]", "{\"policies\": [{\"name\": 3}]}", ""}) {
    write_file_atomic(run / "report" / "results.json", std::string_view(text));
    expect_throws<DataError>([&] { load_results(run); }, "results.json: not a results file");
  }
}

TEST_F(ReportTest, PrintsTableAndPlaces) {
  store_result(run, result("offline", 1));
  fs::create_directories(run / "videos");
  write_file_atomic(run / "videos" / "offline.mp4", std::string_view("film"));
  std::ostringstream out;
  print_report(run, out);
  for (const char* piece : {"offline    1/4  25.0 %", "offline.mp4", "run folder   ", "tensorboard --logdir "}) {
    EXPECT_NE(out.str().find(piece), std::string::npos) << piece << " in\n" << out.str();
  }
}

TEST_F(ReportTest, PrintsSomethingOfAnEmptyRun) {
  std::ostringstream out;
  print_report(run, out);
  EXPECT_NE(out.str().find("run folder"), std::string::npos);
}

constexpr std::string_view kMetrics =
    "phase,step,metric,value\ndemonstrations,1,success,1\ndemonstrations,2,success,0\noffline,100,critic_loss,0.5\n"
    "offline,200,critic_loss,0.25\nonline,1,success,0\nonline,2,success,1\n";

TEST_F(ReportTest, DrawsTheCurves) {
  if (std::system("/usr/bin/python3 -c 'import matplotlib' 2>/dev/null") != 0)
    GTEST_SKIP() << "python3-matplotlib is not here";
  write_file_atomic(run / "metrics.csv", kMetrics);
  store_result(run, result("offline", 1));
  write_report(run);
  const auto picture = read_file(run / "report" / "curves.png");
  EXPECT_EQ(picture.substr(1, 3), "PNG");
  EXPECT_FALSE(fs::exists(run / "report" / "plot.log"));
}

/// The panel of that title among the curves that were drawn.
nlohmann::json panel_of(const fs::path& run, const std::string& title) {
  const auto drawn = nlohmann::json::parse(read_file(run / "report" / "curves.json"));
  for (const auto& panel : drawn.at("figures").at(0).at("panels")) {
    if (panel.at("title") == title) return panel;
  }
  return nullptr;
}

TEST_F(ReportTest, DrawsPhasesOneAfterAnother) {
  write_file_atomic(run / "metrics.csv",
                    std::string_view("phase,step,metric,value\noffline,100,td_loss,0.5\noffline,300,td_loss,0.25\n"
                                     "online,1,success,0\nonline,1,td_loss,0.125\nonline,2,success,1\n"
                                     "online,2,td_loss,0.25\nlater,1,success,1\nlater,7,td_loss,0.5\n"));
  write_report(run);
  const auto losses = panel_of(run, "td_loss");
  ASSERT_EQ(losses.at("lines").size(), 3u);
  for (size_t phase = 0; phase < 3; ++phase) {
    for (const double x : losses.at("lines")[phase].at("x")) {
      EXPECT_GT(x, double(phase));
      EXPECT_LT(x, double(phase) + 1);
    }
  }
  EXPECT_EQ(losses.at("x_ticks")[0].at("label"), "offline\nsteps 100 to 300");
  EXPECT_EQ(losses.at("x_ticks")[2].at("label"), "later\nstep 7");
  EXPECT_EQ(losses.at("lines")[2].at("x")[0], 2.5) << "a single row stands in the middle of its phase";
  const auto success = panel_of(run, "success");
  EXPECT_EQ(success.at("lines")[0].at("x"), (nlohmann::json{1.0, 2.0}));
  EXPECT_EQ(success.at("lines")[1].at("x"), (nlohmann::json{3.0})) << "attempts go on counting; one alone is shown too";
}

TEST_F(ReportTest, GoesWithoutAPictureWhereItCannotBeDrawn) {
  write_file_atomic(run / "metrics.csv", kMetrics);
  fs::create_directory(run / "report" / "curves.png");  // in the way of the picture
  EXPECT_NO_THROW(write_report(run));
  EXPECT_TRUE(fs::exists(run / "report" / "plot.log")) << "its message is kept";
}

}  // namespace
}  // namespace onramp
