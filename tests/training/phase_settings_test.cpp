// Settings of phases that decide how a policy acts and a learner learns.
#include <gtest/gtest.h>

#include <map>

#include "onramp/base/log.h"
#include "onramp/training/run.h"
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

TEST(PhaseSettings, StageSaysWhichLearningRateAnAgentTakes) {
  const auto text = [](const std::string& stage) {
    return test::replaced(test::kTinyRun, "{type: learn, name: offline, learner: agent, updates: 5",
                          "{type: learn, name: offline, learner: agent, updates: 5, stage: " + stage);
  };
  // A frozen encoder: 3e-4 offline, 5e-5 on line.
  EXPECT_NE(contents_of(text("offline")).at("policies/offline/policy.safetensors"),
            contents_of(text("online")).at("policies/offline/policy.safetensors"));
}

}  // namespace
}  // namespace onramp
