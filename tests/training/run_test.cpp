// Whole runs in one process, on the cheap world of training_testing.h: what they leave, say and refuse.
#include "onramp/training/run.h"

#include <gtest/gtest.h>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/training/policy_file.h"
#include "onramp/training/report.h"
#include "training/run_fixture.h"

namespace onramp {
namespace {

namespace fs = std::filesystem;
using namespace onramp::test;

TEST_F(Runs, LeaveEverythingInTheirFolder) {
  const auto run = folder_ / "run";
  execute(run);
  EXPECT_TRUE(fs::exists(run / "config.yaml"));
  EXPECT_TRUE(fs::exists(run / "log.txt"));
  EXPECT_EQ(names_in(run / "episodes").size(), 8u);  // 4 demonstrations, 4 on line
  EXPECT_EQ(names_in(run / "policies"), (std::vector<std::string>{"cloning", "offline", "online"}));
  EXPECT_EQ(names_in(run / "critics"), (std::vector<std::string>{"offline", "online"})) << "cloning has none";
  EXPECT_EQ(names_in(run / "tensorboard").size(), 1u);
  const auto results = load_results(run);
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].name, "expert");
  EXPECT_EQ(results[0].success.size(), 5u);
  EXPECT_EQ(results[2].policy_hash, read_policy_file(run / "policies" / "online", at::kCPU).hash);
  const auto metrics = read_file(run / "metrics.csv");
  for (const char* row : {"phase,step,metric,value\n", "demonstrations,4,return,", "encoder,2,hilbert_loss,",
                          "encoder,5,", "cloning,4,bc_loss,", "offline,5,critic_loss,", "online,1,success,",
                          "online,4,critic_loss,", "evaluation,3,online/success,"}) {
    EXPECT_NE(metrics.find(row), std::string::npos) << row;
  }
  EXPECT_EQ(metrics.find("cloning,3,"), std::string::npos) << "log_every is 2";
}

TEST_F(Runs, SayAtTheirStartHowTheyCompute) {
  execute(folder_ / "full");
  auto log = read_file(folder_ / "full" / "log.txt");
  for (const char* said : {"device cpu, 1 thread, ATen ", "MKL forced AVX-512", ", float32, LibTorch 2."}) {
    EXPECT_NE(log.find(said), std::string::npos) << said;
  }
  EXPECT_EQ(log.find("bf16"), std::string::npos);
  execute(folder_ / "reduced",
          replaced(kTinyRun, "critic: {mlp: {hidden: [8]}}", "critic: {mlp: {hidden: [8], precision: bf16}}"));
  log = read_file(folder_ / "reduced" / "log.txt");
  EXPECT_NE(log.find("; products as bf16 in learners.agent.critic.mlp\n"), std::string::npos) << log;
  EXPECT_EQ(log.find("AVX512-BF16") == std::string::npos, has_bf16_products());
}

TEST_F(Runs, TellInTheirLogWhatHappened) {
  execute(folder_ / "run");
  const auto log = read_file(folder_ / "run" / "log.txt");
  for (const char* said :
       {" I phase 'demonstrations' begins at step 0: 4 episodes by 'expert'",
        " I phase 'demonstrations' ends: demonstrations  4/4  done in ",
        " I phase 'encoder' begins at step 0: 5 updates", " I phase 'cloning' ends: cloning  5/5  done in ",
        "  bc_loss ", " I phase 'evaluation' ends: evaluation  15/15"}) {
    EXPECT_NE(log.find(said), std::string::npos) << said << "in\n" << log;
  }
  request_interrupt();
  expect_throws<InterruptedError>([&] { execute(folder_ / "stopped"); }, "interrupted in phase 'demonstrations'");
  clear_interrupt();
  execute(folder_ / "stopped");
  const auto both = read_file(folder_ / "stopped" / "log.txt");
  for (const char* said : {" I interrupted in phase 'demonstrations' and saved", " I continuing from ",
                           " I phase 'demonstrations' goes on at step 1: "}) {
    EXPECT_NE(both.find(said), std::string::npos) << said << "in\n" << both;
  }
  const auto world = std::make_shared<World>();
  world->fail_at_step = 3;
  EXPECT_THROW(execute(folder_ / "failed", kTinyRun, world), EnvironmentError);
  EXPECT_NE(read_file(folder_ / "failed" / "log.txt").find("the wheel came off"), std::string::npos);
}

TEST_F(Runs, AreFunctionsOfTheirConfigAndSeed) {
  execute(folder_ / "a");
  execute(folder_ / "b");
  EXPECT_EQ(difference(lasting_contents(folder_ / "a"), lasting_contents(folder_ / "b")), "");
  execute(folder_ / "c", replaced(kTinyRun, "seed: 3", "seed: 4"));
  const auto a = lasting_contents(folder_ / "a"), c = lasting_contents(folder_ / "c");
  for (const char* name : {"metrics.csv", "episodes/000000.h5", "checkpoint/learners--cloning--actor.safetensors"}) {
    EXPECT_NE(a.at(name), c.at(name)) << name;
  }
}

TEST_F(Runs, ThatAreDoneDoNothingMore) {
  execute(folder_ / "run");
  const auto before = lasting_contents(folder_ / "run");
  const auto world = std::make_shared<World>();
  execute(folder_ / "run", kTinyRun, world);
  EXPECT_EQ(world->steps.load(), 0);
  EXPECT_EQ(difference(before, lasting_contents(folder_ / "run")), "");
}

TEST_F(Runs, KeepAsManyCheckpointsAsAskedFor) {
  execute(folder_ / "run", replaced(kTinyRun, "keep_checkpoints: 1000", "keep_checkpoints: 3"));
  const auto names =
      names_in(folder_ / "run" / "checkpoints");  // the last ones; how many there were, an evaluation's pace decides
  ASSERT_EQ(names.size(), 3u);
  EXPECT_GE(std::stoi(names[0]), 30);
  EXPECT_EQ(std::stoi(names[1]), std::stoi(names[0]) + 1);
  EXPECT_EQ(std::stoi(names[2]), std::stoi(names[0]) + 2);
}

TEST_F(Runs, RefuseTheFolderOfAnotherConfig) {
  execute(folder_ / "run");
  const auto before = lasting_contents(folder_ / "run");
  expect_throws<ConfigError>(
      [&] { execute(folder_ / "run", replaced(kTinyRun, "num_action_samples: 2", "num_action_samples: 3")); },
      "holds a run of another config (learners.agent.num_action_samples: '2' in the folder against '3' in the config)");
  EXPECT_EQ(difference(before, lasting_contents(folder_ / "run")), "");
}

TEST_F(Runs, TakeTheFolderOfARunThatNeverGotAnywhere) {
  fs::create_directories(folder_ / "run" / "checkpoints");
  write_file_atomic(folder_ / "run" / "config.yaml",
                    to_yaml(dump_run_config(read_run(replaced(kTinyRun, "seed: 3", "seed: 5"), point_catalog()))));
  EXPECT_NO_THROW(execute(folder_ / "run"));  // nothing is there that could be lost
}

TEST_F(Runs, WriteOverNothingOfOthers) {
  for (const char* name : {"config.yaml", "metrics.csv", "log.txt", "episodes/000003.h5", "videos/mine.mp4"}) {
    const TemporaryFolder folder;
    fs::create_directories((folder / name).parent_path());
    write_file_atomic(folder / name, std::string_view("mine"));
    const auto first = fs::path(name).begin()->string();
    expect_throws<ConfigError>([&] { execute(folder.path()); },
                               " is no run's folder, and holds '" + first + "', a name that a run writes to");
    EXPECT_EQ(read_file(folder / name), "mine");
    EXPECT_FALSE(fs::exists(folder / "checkpoints"));
  }
}

TEST_F(Runs, HoldTheirFolderAlone) {
  const auto config = read_run(kTinyRun, point_catalog());
  const onramp::Run first(config, folder_ / "run");
  expect_throws<IoError>([&] { onramp::Run second(config, folder_ / "run"); }, "is in use by another run");
}

TEST_F(Runs, GiveTheNamesOfSourcesThatThereAre) {
  const auto text = replaced(kTinyRun, "type: bc, batch_size: 8", "type: bc, batch_size: 8, source: oflline");
  expect_throws<ConfigError>([&] { execute(folder_ / "run", text); }, "oflline");
}

TEST_F(Runs, StopAtANanWithTheLastGoodCheckpoint) {
  for (const std::string log_every : {"1", "100"}) {  // also between two rows of metrics
    SCOPED_TRACE("log_every " + log_every);
    const auto world = std::make_shared<World>();
    world->nan_at_update = 7;
    const std::string text = "run: {checkpoint_every_s: 0, log_every: " + log_every + R"(}
env: {type: point}
policies: {expert: {type: point_expert}}
learners: {bad: {type: exploding}}
phases:
  - {type: collect, name: demonstrations, policy: expert, episodes: 2}
  - {type: learn, name: learning, learner: bad, updates: 90}
)";
    const auto run = folder_ / ("run" + log_every);
    const auto last_checkpoint = (run / "checkpoints" / "000009").string();  // 2 episodes, a phase, 6 updates
    expect_throws<DivergenceError>([&] { execute(run, text, world); },
                                   "the last good checkpoint is " + last_checkpoint);
    expect_throws<DivergenceError>([&] { execute(run, text, world); }, "exploding_loss");
    EXPECT_EQ(list_checkpoints(run / "checkpoints").back(), last_checkpoint);
  }
}

TEST(PolicyFile, IsFoundInARunOrByItself) {
  const TemporaryFolder folder;
  set_log_level(LogLevel::kWarning);
  onramp::Run(read_run(kTinyRun, point_catalog()), folder / "run").execute();
  set_log_level(LogLevel::kInfo);
  const auto by_run = read_policy_file(folder / "run", at::kCPU);
  EXPECT_EQ(by_run.folder, folder / "run" / "policies" / "online") << "what the last phase that learned left";
  EXPECT_EQ(read_policy_file(folder / "run" / "policies" / "online", at::kCPU).hash, by_run.hash);
  EXPECT_EQ(by_run.about.at("phase"), "online");
  EXPECT_NE(by_run.about.at("env").get<std::string>().find("type: point"), std::string::npos);
  const auto checkpoint = list_checkpoints(folder / "run" / "checkpoints").back();
  EXPECT_EQ(read_policy_file(checkpoint, at::kCPU).hash, by_run.hash) << "any checkpoint of an agent can be scored";

  expect_throws<CheckpointError>([&] { read_policy_file(folder / "nowhere", at::kCPU); },
                                 "no such policy folder or run folder");
  expect_throws<CheckpointError>([&] { read_policy_file(folder / "run" / "episodes", at::kCPU); }, "no policy in it");
  const auto early = list_checkpoints(folder / "run" / "checkpoints").front();  // nobody has learned anything yet
  expect_throws<CheckpointError>([&] { read_policy_file(early, at::kCPU); }, "holds no policy");
  const auto weights = folder / "run" / "policies" / "online" / "policy.safetensors";
  write_file_atomic(weights, read_file(weights).substr(0, 100));
  expect_throws<CheckpointError>([&] { read_policy_file(folder / "run" / "policies" / "online", at::kCPU); },
                                 "is damaged");
}

}  // namespace
}  // namespace onramp
