// The programs on an environment in Python: tests/envs/gym/tiny.py, by the machine's own interpreter.
#include <gtest/gtest.h>

#include <fstream>

#include "apps/program.h"
#include "support/run_contents.h"
#include "test_paths.h"

namespace onramp::test {
namespace {

namespace fs = std::filesystem;

struct GymPrograms : ::testing::Test {
  /// Random attempts, cloning, evaluation. @param env  further settings of the environment
  fs::path config(const std::string& env) {
    const auto path = folder / "point.yaml";
    write_file_atomic(path,
                      "run: {seed: 3, folder: run, checkpoint_every_s: 1000}\ncompute: {threads: 1}\n"
                      "env: {type: gym, file: " ONRAMP_TESTS_DIR
                      "/envs/gym/tiny.py, id: Point, python: /usr/bin/python3, max_steps: 10" +
                          env +
                          "}\n"
                          "policies: {chance: {type: random}}\n"
                          "learners: {cloning: {type: bc, batch_size: 16, input: {images: none},"
                          " actor: {mlp: {hidden: [16]}}}}\n"
                          "phases:\n"
                          "  - {type: collect, name: attempts, policy: chance, episodes: 4}\n"
                          "  - {type: learn, name: cloning, learner: cloning, updates: 20}\n"
                          "  - {type: evaluate, name: evaluation, policies: [cloning],"
                          " settings: {episodes: 4, batch: 2}}\n");
    return path;
  }
  Finished train(const std::string& env) { return run_program("onramp-train", {config(env).string()}, folder.path()); }
  TemporaryFolder folder;
};

TEST_F(GymPrograms, TrainEvaluateAndDescribe) {
  const auto trained = train("");
  ASSERT_EQ(trained.code, 0) << trained.err;
  const auto scored = run_program("onramp-eval", {(folder / "run").string(), "--episodes", "3"}, folder.path());
  ASSERT_EQ(scored.code, 0) << scored.err;
  EXPECT_NE(scored.out.find("0/3"), std::string::npos) << scored.out;
  // What the policy's file says of its environment is enough for other programs; a setting may be changed.
  const auto shorter =
      run_program("onramp-eval", {(folder / "run").string(), "--episodes", "1", "--set", "id=Pont"}, folder.path());
  expect_refused(shorter, 2, "did you mean 'Point'?");
  const auto described = run_program(
      "onramp-sim", {"spec", "gym", "--set", "id=Point", "--set", "file=" ONRAMP_TESTS_DIR "/envs/gym/tiny.py"});
  EXPECT_EQ(described.code, 0) << described.err;
  EXPECT_NE(described.out.find("state  float32 [3]"), std::string::npos) << described.out;
}

TEST_F(GymPrograms, ARunRepeatsItselfToTheBit) {
  ASSERT_EQ(train("").code, 0);
  auto metrics = [&] { return read_file(folder / "run" / "metrics.csv"); };
  const auto first = metrics();
  fs::remove_all(folder / "run");
  ASSERT_EQ(train("").code, 0);
  EXPECT_EQ(metrics(), first);
}

TEST_F(GymPrograms, WhatCannotBeMadeIsRefusedBeforeAnythingIsOnDisk) {
  expect_refused(train(", kwargs: {colour: red}"), 1, "its start failed in Python: TypeError");
  expect_refused(train(", state_keys: [speed]"), 2, "env.state_keys");
  expect_refused(train(", success_key: '', ends_at_success: true"), 2, "success_key");
  EXPECT_FALSE(fs::exists(folder / "run"));
}

TEST_F(GymPrograms, AnEnvironmentThatDiesEndsTheRunAndTheSameCommandGoesOn) {
  // It dies where a file is missing.
  const auto flag = folder / "alive";
  const auto dies = ", kwargs: {does: exit_unless, at: 0, note: " + flag.string() + "}";
  const auto died = train(dies);
  EXPECT_EQ(died.code, 1);
  EXPECT_NE(died.err.find("error: environment 'Point': Python died in reset() (exit status 3)"), std::string::npos)
      << died.err;
  std::ofstream(flag) << "yes";
  const auto went_on = train(dies);
  EXPECT_EQ(went_on.code, 0) << went_on.err;
}

TEST_F(GymPrograms, WhatGoesWrongIsOneLine) {
  const auto with = [&](const std::string& setting) {
    return run_program("onramp-train", {config("").string(), "--set", setting}, folder.path());
  };
  expect_refused(with("env.id=Pont"), 2, "tiny.py offers no 'Pont'; did you mean 'Point'?");
  expect_refused(with("env.id=breaks"), 2,
                 "env.python: /usr/bin/python3 has no package 'not_there_at_all'; to install");
  EXPECT_FALSE(fs::exists(folder / "run"));
  const auto never = with("env.success_key=is_success");
  EXPECT_EQ(never.code, 2);
  EXPECT_NE(never.err.find("error: env.success_key: a whole episode of 'Point' never set 'is_success' in info; did you "
                           "mean 'success'? (has: success)"),
            std::string::npos)
      << never.err;
  const auto episodes = folder / "run" / "episodes";
  EXPECT_TRUE(!fs::exists(episodes) || fs::is_empty(episodes))
      << "an attempt of which nobody knows whether it succeeded";
}

/// Processes whose environment holds that setting: whatever a program started, and whoever is their parent by now.
std::vector<pid_t> marked(const std::string& setting) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "environ");  // of a process that has ended there is nothing to read
    const std::string all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (all.find(setting) != std::string::npos) found.push_back(static_cast<pid_t>(std::stoi(name)));
  }
  return found;
}

struct GymInterrupted : GymPrograms, ::testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(By, GymInterrupted, ::testing::Values(SIGINT, SIGTERM, SIGKILL));

TEST_P(GymInterrupted, AnEvaluationOfManyLeavesNoProcessBehind) {
  ASSERT_EQ(train("").code, 0);
  const auto mark = "ONRAMP_TEST_MARK=" + folder.path().string();
  Program program("onramp-eval", {(folder / "run").string(), "--episodes", "1000000", "--batch", "4"}, folder.path(),
                  {mark});
  const auto at_work = [&] { return marked(mark).size() >= 2 && program.catches_interrupt(); };
  ASSERT_TRUE(program.wait_until(at_work)) << program.err();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // in the middle of episodes
  program.signal(GetParam());
  const auto ended = program.wait();
  if (GetParam() == SIGKILL) {
    for (int i = 0; i < 500 && !marked(mark).empty(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  } else {
    EXPECT_EQ(ended.code, 130) << ended.err;
    EXPECT_NE(ended.err.find("of 1000000 episodes"), std::string::npos) << ended.err;
  }
  EXPECT_TRUE(marked(mark).empty());
}

}  // namespace
}  // namespace onramp::test
