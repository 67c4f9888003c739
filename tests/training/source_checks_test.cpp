// What a run config says of its replay sources, against what learners take for granted of them.
#include <gtest/gtest.h>

#include "onramp/base/error.h"
#include "onramp/training/run_config.h"
#include "support/d4rl_files.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"
#include "training/training_testing.h"

namespace onramp {
namespace {

using test::expect_throws;
using test::point_catalog;
using test::read_run;
using test::replaced;

constexpr const char* kGated = R"(
env: {type: point, pictures: false}
policies: {expert: {type: point_expert}}
sources:
  rollouts: {reward: {scale: 5, bias: -1}}
  online: {reward: {scale: 5, bias: -1}}
learners:
  cloning: {type: bc, policy: squashed_gaussian}
  agent: {type: q2rl}
phases:
  - {type: collect, name: demonstrations, policy: expert}
  - {type: learn, name: cloning, learner: cloning}
  - {type: collect, name: rollouts, policy: cloning, act: mode, into: [rollouts]}
  - {type: learn, name: estimation, learner: agent}
  - {type: interleave, name: online, learner: agent}
)";

void refuse_gated(const std::string& what, const std::string& with, const std::string& message) {
  expect_throws<ConfigError>([&] { read_run(replaced(kGated, what, with), point_catalog()); }, message);
}

std::string warnings_of(const std::string& text) {
  testing::internal::CaptureStderr();
  read_run(text, point_catalog());
  return testing::internal::GetCapturedStderr();
}

TEST(RunConfigSources, OfAGatedAgentIsSound) { EXPECT_EQ(warnings_of(kGated), ""); }

TEST(RunConfigSources, WantsOneScaleOfRewardsOverAllPhasesOfALearner) {
  const std::string message =
      "phases[4].learner: learner 'agent' draws from sources 'rollouts' and 'online', which transform rewards "
      "differently; give both the same `reward` under `sources`";
  refuse_gated("online: {reward: {scale: 5, bias: -1}}", "online: {reward: {scale: 10, bias: -1}}", message);
  refuse_gated("  online: {reward: {scale: 5, bias: -1}}\n", "", message);
  refuse_gated("online: {reward: {scale: 5, bias: -1}}", "online: {reward: {scale: 5, bias: -1}, safety_stop: lasting}",
               "which take a protective stop differently; give both the same `safety_stop` under `sources`");
}

// What is recorded elsewhere may have been paid otherwise: the environment says nothing of it.
TEST(RunConfigSources, ChecksRewardsOfWhatIsCollectedAlone) {
  const test::TemporaryFolder folder;
  test::write_d4rl(folder / "set.hdf5", test::make_d4rl());
  const std::string text = R"(
env: {type: point, pictures: false}
data: {path: set.hdf5}
policies: {expert: {type: point_expert}}
sources: {offline: {reward: {scale: 5, bias: 1}}}
learners: {agent: {type: redq, online_share: 0.5, input: {normalize: false}}}
phases:
  - {type: learn, learner: agent}
  - {type: evaluate, policies: [expert]}
)";
  const auto read = [&](const std::string& of) {
    return read_run_config(parse_config_text(of, "run.yaml", folder.path()), point_catalog());
  };
  EXPECT_NO_THROW(read(text));
  const auto made = [&](const std::string& kind) {
    return replaced(text, "{path: set.hdf5}", "{path: set.hdf5, options: {reward: " + kind + "}}");
  };
  EXPECT_NO_THROW(read(made("success")));
  expect_throws<ConfigError>([&] { read(made("success_minus_one")); },
                             "data.options.reward: learner 'agent' would be shown -1 and at success 0 in the data, 0 "
                             "and 1 by the environment; pay both alike");
  const std::string collected = "  - {type: collect, policy: expert}\n  - {type: learn";
  expect_throws<ConfigError>([&] { read(replaced(text, "  - {type: learn", collected)); },
                             "failing for ever is worth 100, more than success (6)");
}

// Before anything is collected, where the environment says what it pays.
TEST(RunConfigSources, RefusesRewardsThatNobodyWouldLearnToSucceedBy) {
  const auto with = [](const std::string& reward) {
    return replaced(replaced(kGated, "{scale: 5, bias: -1}", reward), "{scale: 5, bias: -1}", reward);
  };
  const auto refuse_with = [&](const std::string& text, const std::string& message) {
    expect_throws<ConfigError>([&] { read_run(text, point_catalog()); }, message);
  };
  const std::string pays_for_failing =
      "sources.rollouts.reward: with scale 5 and bias 1 failing for ever is worth 100, more than success (6): a "
      "learner would avoid success; lower the bias";
  refuse_with(with("{scale: 5, bias: 1}"), pays_for_failing);
  refuse_with(with("{scale: 1.0e-30, bias: 0}"), "which vanishes in single precision; raise the scale");
  const auto unknown = replaced(with("{scale: 5, bias: 1}"), "{type: point,", "{type: point, known_reward: false,");
  EXPECT_NO_THROW(read_run(unknown, point_catalog()));  // told once there are attempts of it
  const auto range = [](const std::string& values) {
    return replaced(kGated, "{type: q2rl}", "{type: q2rl, value_range: " + values + "}");
  };
  EXPECT_NO_THROW(read_run(range("[-100, 4]"), point_catalog()));
  refuse_with(range("[-100, 3]"),
              "learners.agent.value_range: [-100, 3]: success is worth 4 there, and targets would be cut to the range; "
              "widen it, in a run.folder of its own where a run has begun");
  refuse_with(range("[-90, 4]"), "[-90, 4]: failing for ever is worth -100 there");
}

TEST(RunConfigSources, RefusesOthersStepsWhereOnlyItsOwnHoldWhatALearnerReads) {
  const std::string theirs = "policy: expert}", both_sources = "policy: expert, into: [offline, online]}";
  refuse_gated(theirs, both_sources,
               "phases[0].into[1]: learner 'agent' wants its own attempts alone in replay source 'online': its steps "
               "hold no proposals of the cloned policy; set cloned_action: fresh, or bc_weight: 0");
  const auto both = replaced(kGated, theirs, both_sources);
  for (const char* remedy : {"cloned_action: fresh", "bc_weight: 0"}) {
    EXPECT_NO_THROW(
        read_run(replaced(both, "{type: q2rl}", "{type: q2rl, " + std::string(remedy) + "}"), point_catalog()));
  }
  // What the cloned policy itself did is what it proposed.
  EXPECT_EQ(warnings_of(replaced(kGated, "into: [rollouts]", "into: [rollouts, online]")), "");
  // What the gated policy itself collects is its own.
  EXPECT_NO_THROW(read_run(replaced(kGated, "  - {type: interleave,",
                                    "  - {type: collect, policy: estimation, into: [online]}\n  - {type: interleave,"),
                           point_catalog()));
}

TEST(RunConfigSources, SaysWhereRolloutsAreMadeOtherwiseThanTheGateProposes) {
  const std::string said =
      "phases[2].into[0]: these attempts are made by `act: sample`, and learner 'agent' takes them to be made by "
      "`auto`: give `act` and its `bc_action` the same";
  const auto drawn = replaced(kGated, "act: mode, ", "");
  EXPECT_NE(warnings_of(drawn).find(said), std::string::npos) << warnings_of(drawn);
  // `auto` of a mixture is a draw.
  EXPECT_EQ(warnings_of(replaced(drawn, "squashed_gaussian", "mixture")), "");
  EXPECT_EQ(warnings_of(replaced(drawn, "{type: q2rl}", "{type: q2rl, bc_action: sample}")), "");
  EXPECT_NE(warnings_of(replaced(kGated, "{type: q2rl}", "{type: q2rl, bc_action: sample}")), "");
}

TEST(RunConfigSources, RefusesAPolicyWithoutADensityToWhoWantsOne) {
  refuse_gated("policy: squashed_gaussian", "policy: deterministic",
               "learner 'agent' wants a policy with a density, and learner 'cloning' hands over one that has none; set "
               "its policy: squashed_gaussian or mixture, not deterministic");
}

TEST(RunConfigSources, WantsNoOfflineSourceOfAnAgentThatLearnsOnLineAlone) {
  const std::string text = R"(
env: {type: point, pictures: false}
learners: {agent: {type: redq, online_share: 1, input: {normalize: false}}}
phases: [{type: interleave, learner: agent}]
)";
  EXPECT_NO_THROW(read_run(text, point_catalog()));
  EXPECT_NO_THROW(read_run(replaced(text, "phases: [{type: interleave, learner: agent}]\n", ""), point_catalog()));
  expect_throws<ConfigError>([&] { read_run(replaced(text, "online_share: 1", "online_share: 0.9"), point_catalog()); },
                             "learner 'agent' draws from replay source 'offline', which nobody fills");
  expect_throws<ConfigError>([&] { read_run(replaced(text, "normalize: false", "normalize: true"), point_catalog()); },
                             "normalizer_source: nothing is collected or read before the first learner starts that "
                             "normalises what it sees");
}

TEST(RunConfigSources, SaysWhereAProtectiveStopWouldBeTheCheapestWayOut) {
  const auto said = "sources.online: a step that earns nothing is worth -1, and a protective stop of this task saves";
  const auto hard = replaced(kGated, "{type: point,", "{type: point, hard_stop: true,");
  EXPECT_NE(warnings_of(hard).find(said), std::string::npos) << warnings_of(hard);
  EXPECT_EQ(warnings_of(replaced(replaced(hard, "5, bias: -1", "5"), "5, bias: -1", "5")), "");
}

}  // namespace
}  // namespace onramp
