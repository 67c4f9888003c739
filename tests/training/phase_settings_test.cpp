// Settings of phases that decide how a policy acts and a learner learns.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "onramp/base/error.h"
#include "onramp/base/log.h"
#include "onramp/training/policy_file.h"
#include "onramp/training/run.h"
#include "support/expect_throws.h"
#include "support/run_contents.h"
#include "support/temporary_folder.h"
#include "training/training_testing.h"

namespace onramp {
namespace {

std::map<std::string, std::string> contents_of(const std::string& text) {
  const test::TemporaryFolder folder;
  set_log_level(LogLevel::kWarning);
  {
    const auto quick = test::replaced(text, "checkpoint_every_s: 0", "checkpoint_every_s: 1000");
    onramp::Run run(test::read_run(quick, test::point_catalog(std::make_shared<test::World>())), folder / "run");
    run.execute();
  }
  set_log_level(LogLevel::kInfo);
  return test::lasting_contents(folder / "run");
}

TEST(PhaseSettings, ActSaysWhetherAPolicyDrawsItsActions) {
  const auto text = [](const std::string& act) {
    return test::replaced(test::kTinyRun, "{type: interleave, name: online,",
                          "{type: interleave, name: online, act: " + act + ",");
  };
  const auto drawn = contents_of(text("sample")), best = contents_of(text("mode"));
  EXPECT_EQ(drawn.at("episodes/000003.h5"), best.at("episodes/000003.h5")) << "demonstrations are the same";
  EXPECT_NE(drawn.at("episodes/000004.h5"), best.at("episodes/000004.h5"));
}

/// What each scored policy came to, by its name.
std::map<std::string, std::string> scores_of(const std::string& text) {
  std::map<std::string, std::string> scores;
  const auto results = nlohmann::json::parse(contents_of(text).at("results.json"));
  for (const auto& row : results.at("policies")) scores[row.at("name").get<std::string>()] = row.dump();
  return scores;
}

TEST(PhaseSettings, SampledSaysWhoActsAsItDrawsWhileTheOthersDoNot) {
  const auto text = [](const std::string& more) {
    const auto wild = test::replaced(test::kTinyRun, "{type: point_expert}", "{type: point_expert, noise: 3}");
    return test::replaced(wild, "settings: {episodes: 5, batch: 2}", "settings: {episodes: 5, batch: 2}" + more);
  };
  const auto none = scores_of(text("")), one = scores_of(text(", sampled: [expert]"));
  EXPECT_NE(one.at("expert"), none.at("expert"));
  EXPECT_EQ(one.at("cloning"), none.at("cloning"));
  EXPECT_EQ(one.at("online"), none.at("online"));
  test::expect_throws<ConfigError>([&] { test::read_run(text(", sampled: [onlin]"), test::point_catalog()); },
                                   "sampled: 'onlin' is not among the `policies` that are scored");
}

TEST(PhaseSettings, StageSaysWhichLearningRateAnAgentTakes) {
  const auto text = [](const std::string& stage) {
    return test::replaced(test::kTinyRun, "{type: learn, name: offline, learner: agent, updates: 5",
                          "{type: learn, name: offline, learner: agent, updates: 5, stage: " + stage);
  };
  // A frozen encoder: 3e-4 offline, 5e-5 on line.
  EXPECT_NE(contents_of(text("offline")).at("policies/offline/policy.safetensors"),
            contents_of(text("online")).at("policies/offline/policy.safetensors"));
}

const std::string kKeeping = test::replaced(test::kTinyRun, "{type: learn, name: cloning, learner: cloning, updates: 5",
                                            "{type: learn, name: cloning, learner: cloning, updates: 5, "
                                            "keep_policy_every: 2");

TEST(PhaseSettings, KeepPolicyEveryLeavesPoliciesOnTheWayThatCanBeScored) {
  const auto text = test::replaced(kKeeping, "policies: [expert, cloning,", "policies: [expert, cloning@2, cloning@4,");
  const auto kept = contents_of(text), plain = contents_of(test::kTinyRun);
  for (const char* name : {"cloning@2", "cloning@4"}) {
    const auto file = std::string("policies/") + name + "/policy.safetensors";
    ASSERT_TRUE(kept.contains(file)) << file;
    EXPECT_NE(kept.at(file), kept.at("policies/cloning/policy.safetensors"));
    EXPECT_NE(kept.at("metrics.csv").find(std::string(name) + "/success"), std::string::npos) << name;
  }
  EXPECT_FALSE(kept.contains("policies/cloning@5/policy.safetensors"));
  EXPECT_EQ(kept.at("policies/cloning/policy.safetensors"), plain.at("policies/cloning/policy.safetensors"))
      << "looking on changes nothing";
  // The policy after 2 updates is the one that a run of 2 updates leaves.
  const auto two =
      contents_of(test::replaced(test::kTinyRun, "learner: cloning, updates: 5", "learner: cloning, updates: 2"));
  EXPECT_EQ(kept.at("policies/cloning@2/policy.safetensors"), two.at("policies/cloning/policy.safetensors"));
}

TEST(PhaseSettings, ARunsLastPolicyIsNotOneThatWasKeptOnTheWay) {
  const test::TemporaryFolder folder;
  set_log_level(LogLevel::kWarning);
  const auto text = test::replaced(kKeeping, "checkpoint_every_s: 0", "checkpoint_every_s: 1000");
  onramp::Run(test::read_run(text, test::point_catalog()), folder / "run").execute();
  set_log_level(LogLevel::kInfo);
  for (const char* later : {"offline", "online"}) std::filesystem::remove_all(folder / "run" / "policies" / later);
  const auto last = read_policy_file(folder / "run", at::kCPU);
  EXPECT_EQ(last.folder.filename(), "cloning");
  const auto early = read_policy_file(folder / "run" / "policies" / "cloning@2", at::kCPU);
  EXPECT_EQ(early.about.at("phase"), "cloning");
  EXPECT_EQ(early.about.at("step"), 2);
}

TEST(PhaseSettings, KeepPolicyEveryIsRefusedWhereItMakesNoSense) {
  const auto refuse = [](const std::string& text, const std::string& message) {
    test::expect_throws<ConfigError>([&] { test::read_run(text, test::point_catalog()); }, message);
  };
  refuse(test::replaced(test::kTinyRun, "learner: encoder, updates: 5",
                        "learner: encoder, updates: 5, keep_policy_every: 2"),
         "learner 'encoder' has no policy to keep: leave keep_policy_every out");
  refuse(test::replaced(kKeeping, "updates: 5, keep_policy_every: 2", "updates: 5000, keep_policy_every: 2"),
         "keep_policy_every = 2 would keep 2500 policies; want at most 1000");
  refuse(test::replaced(kKeeping, "policies: [expert,", "policies: [expert, cloning@3,"),
         "no policy 'cloning@3'; did you mean 'cloning@2'?");
  refuse(test::replaced(test::kTinyRun, "name: cloning", "name: cloning@2"),
         "phase name 'cloning@2' becomes a file name");
}

}  // namespace
}  // namespace onramp
