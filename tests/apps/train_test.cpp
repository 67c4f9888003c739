// onramp-train from its command line to what it leaves behind.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "apps/tiny_run.h"
#include "onramp/base/error.h"
#include "onramp/core/device.h"
#include "support/d4rl_files.h"
#include "test_paths.h"

namespace onramp::test {
namespace {

namespace fs = std::filesystem;

TEST(Train, GoesFromDemonstrationsToAPolicyThatIsScored) {
  const auto& whole = whole_run();
  ASSERT_EQ(whole.finished.code, 0) << whole.finished.err;
  for (const char* row : {"expert    ", "cloning   ", "online    ", "wall time  demonstrations ", "curves.png",
                          "evaluation-online.mp4", "tensorboard --logdir "}) {
    EXPECT_NE(whole.finished.out.find(row), std::string::npos) << row << " in\n" << whole.finished.out;
  }
  for (const char* line : {"demonstrations  5/5", "encoder  40/40", "cloning  60/60", "offline  40/40", "online  5/5",
                           "evaluation  12/12"}) {
    EXPECT_NE(whole.finished.err.find(line), std::string::npos) << line << " in\n" << whole.finished.err;
  }
  EXPECT_EQ(names_in(whole.run),
            (std::vector<std::string>{".lock", "checkpoints", "config.yaml", "critics", "episodes", "log.txt",
                                      "metrics.csv", "policies", "report", "tensorboard", "videos"}));
  const auto log = read_file(whole.run / "log.txt");
  for (const char* row : {" I expert    ", " I online    ", " I wall time  demonstrations "}) {
    EXPECT_NE(log.find(row), std::string::npos) << row << " in\n" << log;
  }
  EXPECT_EQ(names_in(whole.run / "episodes").size(), 10u);
  EXPECT_EQ(names_in(whole.run / "policies"), (std::vector<std::string>{"cloning", "offline", "online"}));
  EXPECT_EQ(names_in(whole.run / "critics"), (std::vector<std::string>{"offline", "online"})) << "of what has a critic";
  EXPECT_EQ(names_in(whole.run / "videos"), (std::vector<std::string>{"evaluation-online.mp4"}));
  EXPECT_EQ(names_in(whole.run / "checkpoints").size(), 2u) << "keep_checkpoints is 2";
}

TEST(Train, RunsAgainFromItsOwnResolvedConfig) {
  ASSERT_EQ(whole_run().finished.code, 0);
  const TemporaryFolder folder;
  const auto again = run_program("onramp-train", tiny_arguments(whole_run().run / "config.yaml", folder / "again"));
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(difference(whole_run().contents, lasting_contents(folder / "again")), "");
}

TEST(Train, ContinuesARunFromItsOwnResolvedConfig) {
  ASSERT_EQ(whole_run().finished.code, 0);
  const TemporaryFolder folder;
  const auto text = read_file(whole_run().run / "config.yaml");
  EXPECT_NE(text.find("  folder: " + whole_run().run.string() + "\n"), std::string::npos) << text;
  const auto done = run_program("onramp-train", {(whole_run().run / "config.yaml").string()}, folder.path());
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_NE(done.out.find("run folder   " + whole_run().run.string() + "\n"), std::string::npos) << done.out;
  EXPECT_NE(done.err.find("phase 'finished'"), std::string::npos) << "not a second run\n" << done.err;
  fs::copy(whole_run().run, folder / "moved", fs::copy_options::recursive);
  const auto moved = run_program("onramp-train", {"moved/config.yaml"}, folder.path());
  EXPECT_NE(moved.out.find("run folder   moved\n"), std::string::npos) << moved.out;
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"moved"}));
  EXPECT_EQ(difference(whole_run().contents, lasting_contents(folder / "moved")), "");
}

TEST(Train, SaysOfAFinishedRunWhatCameOut) {
  ASSERT_EQ(whole_run().finished.code, 0);
  const auto again = run_program("onramp-train", tiny_arguments(whole_run().config, whole_run().run));
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.out, whole_run().finished.out) << "the same table, wall times and places";
  EXPECT_EQ(difference(whole_run().contents, lasting_contents(whole_run().run)), "");
}

// ---- nothing is created on disk before the config is sound ----

struct TrainRefuses : ::testing::Test {
  /// In a folder of its own, which must stay as it was.
  Finished train(const std::vector<std::string>& arguments) {
    const auto before = names_in(folder.path());
    auto finished = run_program("onramp-train", arguments, folder.path());
    EXPECT_EQ(names_in(folder.path()), before);
    return finished;
  }
  void refuse(const std::string& setting, const std::string& message) {
    SCOPED_TRACE(setting);
    expect_refused(train({"tiny.yaml", "--set", setting}), 2, message);
  }
  void refuse_text(const std::string& text, const std::string& message) {
    SCOPED_TRACE(text);
    write_file_atomic(folder / "bad.yaml", text);
    expect_refused(train({"bad.yaml"}), 2, message);
  }
  TemporaryFolder folder;
  fs::path config = write_tiny_config(folder.path());
};

TEST_F(TrainRefuses, MistakesOnTheCommandLine) {
  expect_refused(train({}), 2, "error: which config?");
  expect_refused(train({"tny.yaml"}), 2, "error: tny.yaml: no such file; did you mean 'tiny.yaml'?");
  expect_refused(train({"tiny.yaml", "--sett", "a=1"}), 2, "--sett");
  expect_refused(train({"tiny.yaml", "more.yaml"}), 2, "more.yaml");
  expect_refused(train({"tiny.yaml", "--set"}), 2, "--set");
  expect_refused(train({"tiny.yaml", "--set", "run.seed"}), 2, "want --set key.key=value");
}

TEST_F(TrainRefuses, MistakesInTheConfig) {
  refuse_text("run: {seed: 1\nenv: [", "error: bad.yaml:");
  refuse_text("", "bad.yaml");
  refuse_text("base: tiny.yaml\nlearners:\n  agent:\n    alfa: 0.5\n",
              "error: bad.yaml:4:5: learners.agent.alfa: unknown key; did you mean 'alpha'?");
  refuse_text("base: tiny.yaml\nlearners: {agent: {alpha: much}}\n", "error: bad.yaml:2:27: learners.agent.alpha: ");
  refuse("learners.agent.alpha=-1", "error: --set learners.agent.alpha=-1: learners.agent.alpha: ");
  refuse("phases.4.learner=agnt", "no learner 'agnt'; did you mean 'agent'?");
  refuse("learners.agent.type=simplifiedq", "did you mean 'simplified_q'?");
  refuse("env.type=vacum_grasp", "did you mean 'vacuum_grasp'?");
  refuse("phases.1.learner=cloning", "learner 'cloning' needs the part 'encoder'");
  refuse("data={path: nowhere.hdf5}", "data.path: no such file: ");
}

TEST_F(TrainRefuses, ADeviceThatIsNotThere) {
  try {
    resolve_device(DeviceChoice::kCuda);
    GTEST_SKIP() << "this machine has CUDA";
  } catch (const ConfigError&) {
  }
  refuse("compute.device=cuda", "error: ");
}

TEST_F(TrainRefuses, NothingWhenItIsOnlyAsked) {
  const auto help = train({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_EQ(help.err, "");
  for (const char* word : {"--set", "--dry-run", "--help-config", "Exit codes"})
    EXPECT_NE(help.out.find(word), std::string::npos) << word;

  const auto keys = train({"--help-config"});
  EXPECT_EQ(keys.code, 0);
  EXPECT_EQ(keys.err, "");
  for (const char* word : {"checkpoint_every_s", "type: vacuum_grasp", "num_action_samples", "updates_per_episode"}) {
    EXPECT_NE(keys.out.find(word), std::string::npos) << word;
  }

  const auto plan = train({"tiny.yaml", "--dry-run", "--set", "learners.agent.alpha=0.25"});
  EXPECT_EQ(plan.code, 0);
  EXPECT_EQ(plan.err, "");
  for (const char* word : {"alpha: 0.25", "# plan, into runs/tiny/seed5", "demonstrations: 5 episodes by 'expert'",
                           "encoder: 40 updates", "# memory: at most ", "# device: cpu\n", "# folder: new\n"}) {
    EXPECT_NE(plan.out.find(word), std::string::npos) << word << " in\n" << plan.out;
  }
}

TEST_F(TrainRefuses, WhenItIsOnlyAskedWhatItWouldRefuse) {
  const auto ask = [&](const std::vector<std::string>& settings) {
    std::vector<std::string> arguments{"tiny.yaml", "--dry-run"};
    for (const auto& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    return train(arguments);
  };
  const auto refused = [&](const std::vector<std::string>& settings, int code, const std::string& message) {
    const auto asked = ask(settings);
    EXPECT_EQ(asked.code, code) << asked.err;
    EXPECT_NE(asked.out.find(": refused: "), std::string::npos) << asked.out;
    EXPECT_NE(asked.err.find(message), std::string::npos) << asked.err;
  };
  const auto holds = [&](const std::vector<std::string>& settings, const std::string& text) {
    const auto asked = ask(settings);
    EXPECT_EQ(asked.code, 0) << asked.err;
    EXPECT_NE(asked.out.find(text), std::string::npos) << asked.out;
  };
  ASSERT_EQ(whole_run().finished.code, 0);
  const std::string there = "run.folder=" + whole_run().run.string();
  holds({there}, "# folder: a run that is finished\n");
  refused({there, "run.seed=6"}, 2, "holds a run of another config (run.seed: '5' in the folder against '6'");
  refused({"run.folder=/proc/onramp/run"}, 1, "error: cannot write in /proc/onramp/run: ");
  write_d4rl(folder / "flat.hdf5", make_d4rl());
  write_file_atomic(folder / "text.hdf5", std::string_view("x"));
  holds({"data={path: flat.hdf5}"}, "# data: D4RL flat HDF5, 3 episodes, state float32 [4], actions of 2\n");
  refused({"data={path: text.hdf5}", "run.folder=/proc/onramp/run"}, 1, "text.hdf5: is not a readable HDF5 file");
  try {
    resolve_device(DeviceChoice::kCuda);
  } catch (const ConfigError&) {
    refused({"compute.device=cuda"}, 2, "error: device: cuda is not usable here");
  }
}

/// Episodes of Adroit's sizes in which nothing happens.
D4rlArrays still_hand(int observation_dim, int action_dim) {
  D4rlArrays arrays{.observation_dim = observation_dim, .action_dim = action_dim};
  for (int row = 0; row < 60; ++row) {
    arrays.observations.insert(arrays.observations.end(), observation_dim, 0.0F);
    arrays.actions.insert(arrays.actions.end(), action_dim, 0.0F);
    arrays.rewards.push_back(0.0F);
    arrays.terminals.push_back(0);
    arrays.timeouts.push_back(row % 6 == 5);
    arrays.success.push_back(row % 6 == 5);
    ++arrays.rows;
  }
  return arrays;
}

/// What a config says whose policy or data are the user's, or what an earlier run leaves.
const std::map<std::string, std::string> kOfTheUsers{{"own_policy", "policy.pt: no such file"},
                                                     {"kitting_rollouts", "kitting.pt: no such file"},
                                                     {"kitting_modified", "data.path: no such file"}};

// "The same again" of a page names them.
TEST(Train, RunsTheConfigsOfCommittedResults) {
  const TemporaryFolder folder;
  int configs = 0;
  for (const auto& file : fs::recursive_directory_iterator(fs::path(ONRAMP_SOURCE_DIR) / "benchmarks/results")) {
    if (file.path().filename() != "config.yaml") continue;
    SCOPED_TRACE(file.path());
    const auto plan = run_program("onramp-train", {file.path().string(), "--dry-run"}, folder.path());
    const bool takes_a_part =
        plan.err.find("no run with a checkpoint, from which 'encoder' could be taken") != std::string::npos;
    const bool wants_data = plan.err.find("data.path: no such file") != std::string::npos;
    EXPECT_TRUE(plan.code == 0 || takes_a_part || wants_data) << plan.err;
    ++configs;
  }
  EXPECT_GE(configs, 30);
}

TEST(Train, ShipsConfigsThatAreSound) {
  const TemporaryFolder folder;
  int configs = 0;
  for (const auto& file : fs::recursive_directory_iterator(fs::path(ONRAMP_SOURCE_DIR) / "configs")) {
    if (file.path().extension() != ".yaml") continue;
    if (file.path().parent_path().filename() == "parts") continue;  // what others start from, no config by itself
    SCOPED_TRACE(file.path());
    std::vector<std::string> arguments{file.path().string(), "--dry-run"};
    if (file.path().parent_path().filename() == "adroit") {  // the data file is the user's
      write_d4rl(folder / "data.hdf5", make_d4rl());
      arguments.insert(arguments.end(), {"--set", "data.path=data.hdf5"});
    }
    const bool in_python = file.path().filename().string().starts_with("adroit_");
    if (in_python) {
      const bool door = file.path().filename().string().starts_with("adroit_door");
      write_d4rl(folder / "hand.hdf5", still_hand(door ? 39 : 45, door ? 28 : 24));
      arguments.insert(arguments.end(), {"--set", "data.path=hand.hdf5"});
    }
    // Those with packages of their own are scripts/gym_check.sh's; here what is said where they are not.
    const auto config = load_config(file.path());
    const auto packages =
        config.has("env") && config.at("env").has("packages") ? config.at("env").at("packages").text() : "";
    if (!packages.empty()) {
      arguments.insert(arguments.end(), {"--set", "data.path=" + file.path().string()});  // nobody gets to reading it
      const auto refused = run_program("onramp-train", arguments, folder.path(), {"ONRAMP_CACHE=/no/cache"});
      expect_refused(refused, 2,
                     "env.packages: /no/cache/" + packages + "/bin/python is not there; scripts/setup.sh --" +
                         packages + " makes it");
      continue;
    }
    const auto plan = run_program("onramp-train", arguments, folder.path());
    const auto of_the_users = kOfTheUsers.find(file.path().stem().string());
    const bool without_python = in_python && !fs::exists(ONRAMP_SOURCE_DIR "/.deps/gym/bin/python");
    if (of_the_users != kOfTheUsers.end()) {
      EXPECT_EQ(plan.code, 2);
      EXPECT_NE(plan.err.find(of_the_users->second), std::string::npos) << plan.err;
    } else if (without_python) {
      EXPECT_NE(plan.err.find("scripts/setup.sh --gym"), std::string::npos) << plan.err;
    } else {
      EXPECT_EQ(plan.code, 0) << plan.err;
    }
    ++configs;
  }
  EXPECT_GE(configs, 16);
}

}  // namespace
}  // namespace onramp::test
