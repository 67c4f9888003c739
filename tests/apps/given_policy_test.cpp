// A policy that was cloned elsewhere, through the programs; and examples/python/export_bc_policy.py, where a Python has PyTorch.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apps/program.h"
#include "onramp/policies/torchscript_policy.h"
#include "support/torchscript_files.h"
#include "test_paths.h"

namespace onramp::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kGivenConfig = R"(run: {seed: 5, log_every: 1, checkpoint_every_s: 1000}
compute: {threads: 1}
env: {type: vacuum_grasp, images: false}
normalizer_source: rollouts
learners:
  cloning: {type: bc, policy: {torchscript: mine.pt}}
  agent:
    type: q2rl
    batch_size: 16
    without_success: true
    input: {images: none}
    critic: {ensemble: 2, mlp: {hidden: [8]}}
    actor: {mlp: {hidden: [8]}}
phases:
  - {type: learn, name: cloning, learner: cloning, updates: 0}
  - {type: collect, name: rollouts, policy: cloning, episodes: 2, act: auto, into: [rollouts]}
  - {type: learn, name: estimation, learner: agent, updates: 2}
  - {type: interleave, name: online, learner: agent, episodes: 1, updates_per_episode: 2}
)";

/// Acts tanh of the first seven values of vacuum_grasp's arm.
ScriptParts of_the_arm(ScriptParts parts = {}) {
  parts.spec = R"({"observation": [{"name": "proprio", "dtype": "float32", "shape": [13]}], "action": {"dim": 7}, )"
               R"("noise": {"dim": 7}, "density": "gaussian"})";
  const auto at = parts.mean.find(R"("state"], 1, 0, 1)");
  if (at != std::string::npos) parts.mean.replace(at, 17, R"("proprio"], 1, 0, 7)");
  return parts;
}

/// A Python that can import torch; "" where there is none.
std::string python_with_torch() {
  for (const char* folder : {"python", "peers/bench", "peers/robomimic"}) {
    const auto python = fs::path(ONRAMP_SOURCE_DIR) / ".deps" / folder / "bin" / "python";
    if (fs::exists(python) && run_program(python.string(), {"-c", "import torch"}).code == 0) return python.string();
  }
  return "";
}

struct GivenPolicyPrograms : ::testing::Test {
  void SetUp() override { write_file_atomic(folder / "given.yaml", std::string_view(kGivenConfig)); }
  Finished train(std::vector<std::string> more = {}) {
    more.insert(more.begin(), "given.yaml");
    return run_program("onramp-train", more, folder.path(), {"OMP_NUM_THREADS=1"});
  }
  void write_policy(const ScriptParts& parts) {
    write_file_atomic(folder / "mine.pt", std::string_view(script_file(parts)));
  }
  TemporaryFolder folder;
};

TEST_F(GivenPolicyPrograms, ADryRunShowsItAndCreatesNothing) {
  write_policy(of_the_arm(with_memory()));
  const auto shown = train({"--dry-run"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_NE(shown.out.find("# policy: 'cloning', " + (folder / "mine.pt").string() +
                           ": sees proprio float32 [13]; actions of 7; density 'gaussian'; remembers 1 numbers"),
            std::string::npos)
      << shown.out;
  write_policy({});
  const auto refused = train({"--dry-run"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("mine.pt: the cloned policy"), std::string::npos) << refused.err;
  EXPECT_FALSE(fs::exists(folder / "runs"));
}

TEST_F(GivenPolicyPrograms, ItIsImprovedUponScoredAndExportedAgain) {
  write_policy(of_the_arm());
  const auto trained = train();
  ASSERT_EQ(trained.code, 0) << trained.err;
  const auto run = folder / "runs" / "given" / "seed5";
  fs::remove(folder / "mine.pt");
  for (const char* policy : {"", "policies/cloning"}) {
    const auto scored = run_program("onramp-eval", {(run / policy).string(), "--episodes", "2"}, folder.path());
    EXPECT_EQ(scored.code, 0) << scored.err;
  }
  const auto exported =
      run_program("onramp-export", {(run / "policies" / "cloning").string(), "--out", "again.pt"}, folder.path());
  EXPECT_EQ(exported.code, 0) << exported.err;
  EXPECT_EQ(read_file(folder / "again.pt"), script_file(of_the_arm()));
  EXPECT_EQ(train().code, 0) << "a finished run shows its table without the file";
  EXPECT_EQ(train({"--dry-run"}).code, 0);
}

TEST_F(GivenPolicyPrograms, WhatWillNotDoIsOneLineAndNothingIsWritten) {
  const auto refuse = [&](const std::string& why) {
    expect_refused(train(), 2, why);
    EXPECT_FALSE(fs::exists(folder / "runs"));
  };
  refuse("mine.pt");
  write_file_atomic(folder / "mine.pt", std::string_view("no\nTorchScript"));
  refuse("is no TorchScript");
  write_policy({});
  refuse("the cloned policy acts in 1 dimensions, this task in 7");
}

TEST_F(GivenPolicyPrograms, TheExampleInPythonWritesPoliciesThatAreTaken) {
  const auto python = python_with_torch();
  if (python.empty()) GTEST_SKIP() << "no Python with PyTorch: scripts/setup.sh --python, or scripts/setup_peers.sh";
  for (const char* kind : {"gaussian", "gmm_rnn"}) {
    SCOPED_TRACE(kind);
    const auto written = run_program(python,
                                     {ONRAMP_SOURCE_DIR "/examples/python/export_bc_policy.py", kind, "--observation",
                                      "proprio=13", "--actions", "7", "--out", "mine.pt"},
                                     folder.path());
    ASSERT_EQ(written.code, 0) << written.err;
    const TorchScriptPolicy policy(read_file(folder / "mine.pt"), "mine.pt");
    EXPECT_TRUE(policy.can_evaluate());
    EXPECT_EQ(policy.has_memory(), kind == std::string("gmm_rnn"));
    EXPECT_EQ(policy.usual_mode(), policy.has_memory() ? ActMode::kSample : ActMode::kMode);
    const auto trained = train({"--set", std::string("run.folder=") + kind});
    EXPECT_EQ(trained.code, 0) << trained.err;
  }
}

// robomimic's own BC-RNN-GMM, over more steps than its horizon: the same state, mode and density.
TEST_F(GivenPolicyPrograms, TheExampleInPythonActsAsRobomimicDoes) {
  const auto python = fs::path(ONRAMP_SOURCE_DIR) / ".deps" / "peers" / "robomimic" / "bin" / "python";
  if (!fs::exists(python)) GTEST_SKIP() << "there is no Python with robomimic; make it with scripts/setup_peers.sh";
  const auto done = run_program(python.string(),
                                {"-W", "ignore", ONRAMP_SOURCE_DIR "/tests/apps/peers/export_robomimic.py",
                                 ONRAMP_SOURCE_DIR "/examples/python/export_bc_policy.py", folder.path().string()},
                                folder.path());
  ASSERT_EQ(done.code, 0) << done.err;
  const auto lines = lines_of(done.out);
  ASSERT_FALSE(lines.empty());
  const auto differences = nlohmann::json::parse(lines.back());
  for (const char* what : {"state", "mode", "log_prob"}) EXPECT_LT(differences.at(what).get<double>(), 1e-5) << what;
  const TorchScriptPolicy policy(read_file(folder / "policy.pt"), "policy.pt");
  EXPECT_TRUE(policy.has_memory());
  EXPECT_EQ(policy.observation_spec().entries.size(), 2U);
}

}  // namespace
}  // namespace onramp::test
