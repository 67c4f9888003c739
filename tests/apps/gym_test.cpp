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

}  // namespace
}  // namespace onramp::test
