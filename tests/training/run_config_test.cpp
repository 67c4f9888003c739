#include "onramp/training/run_config.h"

#include <gtest/gtest.h>

#include "onramp/base/error.h"
#include "onramp/training/phase.h"
#include "support/d4rl_files.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"
#include "training/training_testing.h"

namespace onramp {
namespace {

using test::expect_throws;
using test::kTinyRun;
using test::point_catalog;
using test::read_run;
using test::replaced;

/// Expects that the tiny run, with one piece of its text replaced, is refused.
void refuse(const std::string& what, const std::string& with, const std::string& message) {
  const auto text = replaced(kTinyRun, what, with);
  expect_throws<ConfigError>([&] { read_run(text, point_catalog()); }, message);
}

TEST(RunConfig, OfTheTinyRunIsSound) {
  const auto config = read_run(kTinyRun, point_catalog());
  EXPECT_EQ(config.phases.size(), 6u);
  EXPECT_EQ(config.learners.size(), 3u);
  EXPECT_EQ(config.run.seed, 3);
  EXPECT_FALSE(config.data);
}

TEST(RunConfig, NamesTheNearestOfWhatAPhaseAsksFor) {
  refuse("policy: expert", "policy: expart",
         "run.yaml:12:51: phases[0].policy: no policy 'expart'; did you mean 'expert'? (there are: expert)");
  refuse("learner: cloning", "learner: clonin",
         "no learner 'clonin'; did you mean 'cloning'? (there are: agent, cloning, encoder)");
  refuse(
      "policies: [expert, cloning, online]", "policies: [expert, cloning, onlin]",
      "phases[5].policies[2]: no policy 'onlin'; did you mean 'online'? (there are: expert, cloning, offline, online)");
}

TEST(RunConfig, BlamesWhatASettingSaidAndNotTheFileBelowIt) {
  const auto refuse_set = [](const std::string& setting, const std::string& message) {
    const auto file = parse_config_text(kTinyRun, "run.yaml");
    expect_throws<ConfigError>([&] { read_run_config(apply_overrides(file, {setting}), point_catalog()); },
                               "--set " + setting + ": " + message);
  };
  refuse_set("phases.online.learner=agnt", "phases[4].learner: no learner 'agnt'; did you mean 'agent'?");
  refuse_set("phases.demonstrations.policy=expart", "phases[0].policy: no policy 'expart'");
  refuse_set("phases.5.policies=[expert, onlin]", "phases[5].policies[1]: no policy 'onlin'");
  refuse_set("phases.encoder.learner=cloning", "phases[1].learner: learner 'cloning' needs the part 'encoder'");
  refuse_set("phases.onlin.episodes=3", "phases: a list of 6; want an index from 0 to 5 or a name (demonstrations, ");
}

// As `null` takes an element of a list away, it does what a name stands for: a config over another leaves out what it has no use for.
TEST(RunConfig, ANameThatStandsForNothingIsNotThere) {
  const auto with = [](const std::vector<std::string>& settings) {
    return read_run_config(apply_overrides(parse_config_text(kTinyRun, "run.yaml"), settings), point_catalog());
  };
  const std::string unused = "sources.rollouts.reward.scale=5", learner = "learners.spare={type: bc}";
  expect_throws<ConfigError>([&] { with({unused}); }, "no replay source 'rollouts' (there are: offline, online)");
  EXPECT_EQ(with({"sources.rollouts=null"}).sources.size(), 0u);
  const std::vector<std::string> same{"sources.online.reward.scale=5", "sources.offline.reward.scale=5"};
  EXPECT_EQ(with(same).sources.size(), 2u);
  EXPECT_EQ(with({learner}).learners.size(), 4u);
  EXPECT_EQ(with({"learners.spare=null"}).learners.size(), 3u);
  EXPECT_EQ(with({"policies.spare=null"}).policies.size(), 1u);
  const auto over =
      merge_config(parse_config_text(std::string(kTinyRun) + "sources: {rollouts: {reward: {scale: 5}}}", "base.yaml"),
                   parse_config_text("sources: {rollouts: null}", "over.yaml"));
  EXPECT_EQ(read_run_config(over, point_catalog()).sources.size(), 0u);
  expect_throws<ConfigError>([&] { with({"learners.cloning=null"}); }, "no learner 'cloning'");
}

TEST(RunConfig, LetsAPolicyBeUsedOnlyAfterThePhaseThatLeavesIt) {
  const std::string evaluation =
      "  - {type: evaluate, policies: [expert, cloning, online], settings: {episodes: 5, batch: 2}}\n";
  auto text = replaced(kTinyRun, evaluation, "");
  text = replaced(text, "phases:\n", "phases:\n" + evaluation);
  expect_throws<ConfigError>([&] { read_run(text, point_catalog()); },
                             "phases[0].policies[1]: no policy 'cloning' (there are: expert)");
}

TEST(RunConfig, WantsALearnerThatActsWhereAPhaseActs) {
  refuse("learner: agent, episodes", "learner: encoder, episodes",
         "phases[4].learner: learner 'encoder' has no policy to act with");
  refuse("policies: [expert, cloning, online]", "policies: [encoder]", "no policy 'encoder'");  // that phase left none
}

TEST(RunConfig, RefusesALearnerWhoseEncoderNobodyProvides) {
  refuse(
      "  - {type: learn, name: encoder, learner: encoder, updates: 5}\n", "",
      "phases[1].learner: learner 'cloning' needs the part 'encoder', which no earlier phase hands over; let one that "
      "provides it learn first");
}

TEST(RunConfig, AsksForNoEncoderWhereThereAreNoPictures) {
  const std::string text = R"(
env: {type: point, pictures: false}
policies: {expert: {type: point_expert}}
learners: {agent: {type: simplified_q}}
phases:
  - {type: collect, policy: expert}
  - {type: learn, learner: agent}
)";
  EXPECT_NO_THROW(read_run(text, point_catalog()));
  expect_throws<ConfigError>([&] { read_run(replaced(text, "false", "true"), point_catalog()); },
                             "learner 'agent' needs the part 'encoder'");
}

TEST(RunConfig, RefusesNamesThatCannotBe) {
  refuse("name: cloning", "name: encoder", "phases[2]: a second phase is called 'encoder'");
  refuse("name: cloning", "name: a/b", "phase name 'a/b' becomes a file name");
  refuse("name: cloning", "name: .hidden", "phase name '.hidden' becomes a file name");
  refuse("name: cloning", "name: ''", "name");
}

TEST(RunConfig, RefusesUnknownTypesAndKeys) {
  refuse("type: collect", "type: colect",
         "want one of collect, evaluate, interleave, learn, got 'colect'; did you mean 'collect'?");
  refuse("type: bc", "type: bx", "did you mean 'bc'?");
  refuse("type: point_expert", "type: point_exprt", "did you mean 'point_expert'?");
  refuse("env: {type: point}", "env: {type: point, reech: 1}",
         "run.yaml:4:20: env.reech: unknown key; did you mean 'reach'?");
  refuse("updates: 5}", "updats: 5}", "did you mean 'updates'?");
  refuse("updates: 5}", "updates: -1}", "updates: ");
  refuse("policy: expert, ", "", "policy");  // required
}

TEST(RunConfig, RefusesSettingsOfASourceThatNobodyFills) {
  refuse("env: {type: point}\n", "env: {type: point}\nsources: {offlin: {mc_tail: auto}}\n",
         "sources.offlin: no replay source 'offlin'; did you mean 'offline'? (there are: offline, online)");
}

TEST(RunConfig, RefusesALearnerThatDrawsFromWhatNobodyFills) {
  refuse("cloning: {type: bc, ", "cloning: {type: bc, source: oflline, ",
         "run.yaml:14:43: phases[2].learner: learner 'cloning' draws from replay source 'oflline', which nobody fills; "
         "did you "
         "mean "
         "'offline'?");
  refuse("env: {type: point}\n", "env: {type: point}\nnormalizer_source: ofline\n", "no replay source 'ofline'");
}

TEST(RunConfig, RefusesALearnerThatDrawsFromWhatIsFilledTooLate) {
  const std::string fill = "policy: expert, episodes: 4}";
  refuse(fill, "policy: expert, episodes: 4, into: [ofline]}",
         "phases[1].learner: learner 'encoder' draws from replay source 'offline', which no phase before this one "
         "fills; did you mean 'ofline'? (there are by then: ofline)");
  auto text = replaced(kTinyRun, fill, "policy: expert, episodes: 4, into: [first]}");
  text = replaced(text, "env: {type: point}\n", "env: {type: point}\nnormalizer_source: first\n");
  text = replaced(text, "successes_into: [offline]", "into: [online]");
  expect_throws<ConfigError>([&] { read_run(text, point_catalog()); }, "which nobody fills (there are by then: first)");
}

TEST(RunConfig, SaysWhereEpisodesGoThatNobodyReads) {
  const auto text = replaced(kTinyRun, "successes_into: [offline]", "successes_into: [ofline]");
  testing::internal::CaptureStderr();
  read_run(text, point_catalog());
  EXPECT_NE(testing::internal::GetCapturedStderr().find("phases[4].successes_into[0]: no learner draws from replay "
                                                        "source 'ofline'; did you mean 'offline'?"),
            std::string::npos);
}

TEST(RunConfig, RefusesALearnerThatFindsNothingToSee) {
  refuse("encoder: {type: hilbert, batch_size: 8,", "encoder: {type: hilbert, observations: [nowhere], batch_size: 8,",
         "phases[1].learner: learner 'encoder': ");
}

TEST(RunConfig, RefusesToFilmWhoIsNotScored) {
  refuse("settings: {episodes: 5, batch: 2}", "settings: {episodes: 5, batch: 2}, videos: [onlin]",
         "no scored policy to film 'onlin'; did you mean 'online'?");
}

TEST(RunConfig, RefusesAPhaseWhosePolicyWouldBeHidden) {
  refuse("policies:\n", "policies:\n  offline: {type: point_expert}\n",
         "the policy that this phase leaves would be hidden by 'offline' under `policies`");
}

TEST(RunConfig, RefusesToReplaceAPartThatWasUsed) {
  refuse("  - {type: learn, name: offline,",
         "  - {type: learn, name: again, learner: encoder, updates: 5}\n  - {type: learn, name: offline,",
         "learner 'encoder' would replace the part 'encoder', which an earlier phase has used");
}

TEST(RunConfig, RefusesALearnerThatAsksForWhatCannotBeSeen) {
  refuse("input: {images: frozen}", "input: {images: frozen, observations: [stat]}",
         "phases[2].learner: learner 'cloning': ");
  refuse("input: {images: frozen}", "input: {images: frozen, observations: [goal, camera]}", "goal");  // privileged
}

TEST(RunConfig, WantsSomethingToDoAndSomethingToLearnFrom) {
  expect_throws<ConfigError>([] { read_run("env: {type: point}\n", point_catalog()); }, "nothing to do: give `phases`");
  expect_throws<ConfigError>(
      [] { read_run("learners: {x: {type: exploding}}\nphases: [{type: learn, learner: x}]\n", point_catalog()); },
      "nothing to learn from: give `env`, `data`, or both");
  refuse("env: {type: point}\n", "", "nothing to learn from");
}

TEST(RunConfig, WantsAnEnvironmentWhereAPhaseActs) {
  const test::TemporaryFolder folder;
  test::write_d4rl(folder / "set.hdf5", test::make_d4rl());
  const std::string text =
      "data: {path: set.hdf5}\npolicies: {a: {type: random}}\nphases: [{type: collect, policy: a}]\n";
  expect_throws<ConfigError>(
      [&] { read_run_config(parse_config_text(text, "run.yaml", folder.path()), point_catalog()); },
      "this phase needs an environment: add `env: {type: ...}`");
}

TEST(RunConfig, SaysThatADataFileIsNotThereBeforeAnythingElse) {
  const std::string text =
      "data: {path: nowhere.hdf5}\nlearners: {x: {type: exploding}}\nphases: [{type: learn, learner: x}]\n";
  expect_throws<ConfigError>([&] { read_run(text, point_catalog()); }, "run.yaml:1:14: data.path: no such file: ");
}

TEST(RunConfig, ReadsBackFromItsDump) {
  const auto config = read_run(kTinyRun, point_catalog());
  const auto text = to_yaml(dump_run_config(config));
  EXPECT_NE(text.find("online_learning_rate"), std::string::npos) << "every default is written out";
  EXPECT_EQ(to_yaml(dump_run_config(read_run(text, point_catalog()))), text);
}

TEST(RunConfig, HelpKnowsEverythingInTheCatalog) {
  const auto help = help_run_config(point_catalog());
  for (const char* word :
       {"checkpoint_every_s", "type: point", "reach", "type: hilbert", "goal_future", "type: simplified_q",
        "num_action_samples", "type: interleave", "updates_per_episode", "point_expert", "clip_actions"}) {
    EXPECT_NE(help.find(word), std::string::npos) << word;
  }
}

// ---- what must stay the same for a run to go on ----

ConfigNode identity(const std::string& text) { return run_identity(dump_run_config(read_run(text, point_catalog()))); }

TEST(RunIdentity, LeavesOutWhereItLiesHowItComputesAndHowOftenItSaves) {
  const auto before = identity(kTinyRun);
  const auto same = [&](const std::string& what, const std::string& with) {
    EXPECT_EQ(config_hash(identity(replaced(kTinyRun, what, with))), config_hash(before)) << with;
  };
  same("checkpoint_every_s: 0", "checkpoint_every_s: 9, folder: /elsewhere");
  same("keep_checkpoints: 1000", "keep_checkpoints: 1");
  same("threads: 1", "threads: 2");
}

// A hang is told with the advice to allow more time, and the same command goes on.
TEST(RunIdentity, LeavesOutPatienceWithAnEnvironment) {
  const auto of = [](const std::string& env) {
    return config_hash(run_identity(parse_config_text("run: {seed: 1}\nenv: " + env, "run.yaml")));
  };
  const auto before = of("{type: gym, id: A, step_timeout_s: 60, start_timeout_s: 120, show_output: false}");
  EXPECT_EQ(of("{type: gym, id: A, step_timeout_s: 9, start_timeout_s: 1, show_output: true}"), before);
  EXPECT_NE(of("{type: gym, id: B, step_timeout_s: 60, start_timeout_s: 120, show_output: false}"), before);
}

TEST(RunIdentity, HoldsAllElse) {
  const auto before = identity(kTinyRun);
  const auto differs = [&](const std::string& what, const std::string& with, const std::string& where) {
    const auto now = identity(replaced(kTinyRun, what, with));
    EXPECT_NE(config_hash(now), config_hash(before)) << with;
    EXPECT_EQ(config_difference(before, now), where);
  };
  differs("seed: 3", "seed: 4", "run.seed: '3' against '4'");
  differs("log_every: 2", "log_every: 3", "run.log_every: '2' against '3'");
  differs("num_action_samples: 2", "num_action_samples: 3", "learners.agent.num_action_samples: '2' against '3'");
  differs("updates: 5}\n  - {type: learn, name: cloning", "updates: 6}\n  - {type: learn, name: cloning",
          "phases[1].updates: '5' against '6'");
  differs("{type: point}", "{type: point, max_steps: 7}", "env.max_steps: '6' against '7'");
}

}  // namespace
}  // namespace onramp
