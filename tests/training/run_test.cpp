// Whole runs in one process, on the cheap world of training_testing.h.
#include "onramp/training/run.h"

#include <gtest/gtest.h>

#include <fstream>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/interrupt.h"
#include "onramp/base/log.h"
#include "onramp/data/store/episode_file.h"
#include "onramp/training/policy_file.h"
#include "onramp/training/report.h"
#include "support/expect_throws.h"
#include "support/run_contents.h"
#include "support/temporary_folder.h"
#include "training/training_testing.h"

namespace onramp {
namespace {

namespace fs = std::filesystem;
using test::difference;
using test::expect_throws;
using test::kTinyRun;
using test::lasting_contents;
using test::point_catalog;
using test::read_run;
using test::replaced;
using test::World;

class Runs : public ::testing::Test {
 protected:
  void SetUp() override { set_log_level(LogLevel::kWarning); }
  void TearDown() override {
    clear_interrupt();
    set_log_level(LogLevel::kInfo);
  }
  void execute(const fs::path& folder, const std::string& text = kTinyRun,
               std::shared_ptr<World> world = std::make_shared<World>()) {
    onramp::Run run(read_run(text, point_catalog(std::move(world))), folder);
    run.execute();
  }
  const test::TemporaryFolder folder_;
};

TEST_F(Runs, LeaveEverythingInTheirFolder) {
  const auto run = folder_ / "run";
  execute(run);
  EXPECT_TRUE(fs::exists(run / "config.yaml"));
  EXPECT_TRUE(fs::exists(run / "log.txt"));
  EXPECT_EQ(test::names_in(run / "episodes").size(), 8u);  // 4 demonstrations, 4 on line
  EXPECT_EQ(test::names_in(run / "policies"), (std::vector<std::string>{"cloning", "offline", "online"}));
  EXPECT_EQ(test::names_in(run / "critics"), (std::vector<std::string>{"offline", "online"})) << "cloning has none";
  EXPECT_EQ(test::names_in(run / "tensorboard").size(), 1u);
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
  EXPECT_EQ(world->steps, 0);
  EXPECT_EQ(difference(before, lasting_contents(folder_ / "run")), "");
}

/// As if the run had been killed at its very end and its disk had kept checkpoints up to `kept` alone: all that was written
/// later (rows of metrics, episodes, policies, results) is still there.
void forget_checkpoints_after(const fs::path& run, size_t kept) {
  const auto checkpoints = list_checkpoints(run / "checkpoints");
  for (size_t i = kept; i < checkpoints.size(); ++i) fs::remove_all(checkpoints[i]);
}

// The state is whole at each unit of work of each kind of phase: every one of them is tried.
TEST_F(Runs, GoOnBitForBitFromEveryCheckpoint) {
  execute(folder_ / "whole");
  const auto want = lasting_contents(folder_ / "whole");
  const auto checkpoints = list_checkpoints(folder_ / "whole" / "checkpoints");
  // One a unit (4 episodes, 3 times 5 updates, 4 episodes, 3 policies in 3 waves each) and one a phase.
  ASSERT_EQ(checkpoints.size(), 4u + 15 + 4 + 3 * (3 + 1) + 6);
  for (size_t kept = 0; kept < checkpoints.size(); ++kept) {
    SCOPED_TRACE(kept);
    const auto run = folder_ / "again";
    fs::remove_all(run);
    for (const auto& entry : fs::directory_iterator(folder_ / "whole")) {
      if (entry.path().filename() == "checkpoints") continue;
      fs::create_directories(run);
      fs::copy(entry.path(), run / entry.path().filename(), fs::copy_options::recursive);
    }
    fs::create_directories(run / "checkpoints");
    fs::copy(checkpoints[kept], run / "checkpoints" / checkpoints[kept].filename());
    execute(run, replaced(kTinyRun, "checkpoint_every_s: 0", "checkpoint_every_s: 1000"));
    EXPECT_EQ(difference(want, lasting_contents(run)), "");
    if (HasFailure()) break;
  }
}

// Killed between a policy that was kept and the checkpoint after it, or after both.
TEST_F(Runs, NeitherLoseNorDoublePoliciesKeptOnTheWay) {
  const auto text =
      replaced(kTinyRun, "learner: cloning, updates: 5", "learner: cloning, updates: 5, keep_policy_every: 2");
  execute(folder_ / "whole", text);
  const auto want = lasting_contents(folder_ / "whole");
  const auto names = test::names_in(folder_ / "whole" / "policies");
  EXPECT_EQ(names, (std::vector<std::string>{"cloning", "cloning@2", "cloning@4", "offline", "online"}));
  const size_t before_cloning = 4 + 1 + 5 + 1;
  for (const size_t kept : {before_cloning + 1, before_cloning + 2, before_cloning + 3}) {
    SCOPED_TRACE(kept);
    forget_checkpoints_after(folder_ / "whole", kept);
    execute(folder_ / "whole", text);
    EXPECT_EQ(test::names_in(folder_ / "whole" / "policies"), names);
    EXPECT_EQ(difference(want, lasting_contents(folder_ / "whole")), "");
  }
  forget_checkpoints_after(folder_ / "whole", before_cloning + 3);
  for (const char* name : {"cloning@4", "cloning", "offline", "online"}) {
    fs::remove_all(folder_ / "whole" / "policies" / name);  // as if killed then
  }
  execute(folder_ / "whole", text);
  EXPECT_EQ(difference(want, lasting_contents(folder_ / "whole")), "");
}

TEST_F(Runs, CollectAgainWhatNoCheckpointKnows) {
  execute(folder_ / "whole");
  const auto want = lasting_contents(folder_ / "whole");
  forget_checkpoints_after(folder_ / "whole", 2);
  fs::remove(folder_ / "whole" / "episodes" / "000003.h5");  // killed before it was on disk
  execute(folder_ / "whole");
  EXPECT_EQ(difference(want, lasting_contents(folder_ / "whole")), "");
}

TEST_F(Runs, KeepAnEpisodeThatCannotBeRepeated) {
  execute(folder_ / "run");
  forget_checkpoints_after(folder_ / "run", 2);
  const auto path = folder_ / "run" / "episodes" / "000003.h5";
  Episode other = read_episode(path);
  other.reward[0] += 1.0F;  // a robot never does the same twice
  write_episode(path, other);
  execute(folder_ / "run");
  const auto names = test::names_in(folder_ / "run" / "episodes");
  const auto aside = std::find(names.begin(), names.end(), "000003.aside-1.h5");
  ASSERT_NE(aside, names.end()) << "what was recorded is never lost";
  EXPECT_EQ(read_episode(folder_ / "run" / "episodes" / *aside).reward, other.reward);
}

TEST_F(Runs, CutAwayAHalfWrittenRowAndStaleTemporaryFiles) {
  execute(folder_ / "run");
  const auto want = lasting_contents(folder_ / "run");
  forget_checkpoints_after(folder_ / "run", 10);
  std::ofstream(folder_ / "run" / "metrics.csv", std::ios::app) << "online,9,crit";
  const auto stale = folder_ / "run" / "checkpoints" / ".tmp.000011.999999999";
  fs::create_directory(stale);
  execute(folder_ / "run");
  EXPECT_EQ(difference(want, lasting_contents(folder_ / "run")), "");
  EXPECT_FALSE(fs::exists(stale));
}

TEST_F(Runs, KeepAsManyCheckpointsAsAskedFor) {
  execute(folder_ / "run", replaced(kTinyRun, "keep_checkpoints: 1000", "keep_checkpoints: 3"));
  EXPECT_EQ(test::names_in(folder_ / "run" / "checkpoints"), (std::vector<std::string>{"000039", "000040", "000041"}));
}

TEST_F(Runs, SaveWhenTheyAreInterruptedAndGoOn) {
  execute(folder_ / "whole");
  const auto text = replaced(kTinyRun, "checkpoint_every_s: 0", "checkpoint_every_s: 1000");
  int starts = 0;
  for (bool finished = false; !finished; ++starts) {
    ASSERT_LT(starts, 100);
    onramp::Run run(read_run(text, point_catalog()), folder_ / "run");
    if (run.state().phase < 5) request_interrupt();  // a policy's evaluation begins anew each time
    try {
      run.execute();
      finished = true;
    } catch (const InterruptedError& error) {
      EXPECT_NE(std::string(error.what()).find("the same command continues it"), std::string::npos) << error.what();
    }
    clear_interrupt();
  }
  EXPECT_EQ(starts, 4 + 15 + 4 + 1 + 1);  // each got one unit of work done, the last but one a wave of evaluation
  EXPECT_EQ(difference(lasting_contents(folder_ / "whole"), lasting_contents(folder_ / "run")), "");
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
  fs::create_directories(folder_ / "run");
  write_file_atomic(folder_ / "run" / "config.yaml",
                    to_yaml(dump_run_config(read_run(replaced(kTinyRun, "seed: 3", "seed: 5"), point_catalog()))));
  EXPECT_NO_THROW(execute(folder_ / "run"));  // nothing is there that could be lost
}

TEST_F(Runs, RefuseADamagedCheckpointAndGoOnFromTheOneBefore) {
  execute(folder_ / "run");
  const auto want = lasting_contents(folder_ / "run");
  const auto checkpoints = list_checkpoints(folder_ / "run" / "checkpoints");
  const auto file = checkpoints.back() / "learners--agent--critic.safetensors";
  auto bytes = read_file(file);
  bytes[bytes.size() - 3] ^= 1;
  write_file_atomic(file, bytes);
  expect_throws<CheckpointError>([&] { execute(folder_ / "run"); }, "learners--agent--critic.safetensors is damaged");
  fs::remove_all(checkpoints.back());
  execute(folder_ / "run");
  EXPECT_EQ(difference(want, lasting_contents(folder_ / "run")), "");
}

TEST_F(Runs, RefuseACheckpointThatStandsNowhere) {
  execute(folder_ / "run");
  const auto file = list_checkpoints(folder_ / "run" / "checkpoints").back() / "manifest.json";
  const auto sound = nlohmann::json::parse(read_file(file));
  const auto refuses = [&](const char* key, const nlohmann::json& value, const std::string& text) {
    auto manifest = sound;
    manifest["extra"][key] = value;
    manifest["sha256"] = manifest_hash(manifest);
    write_file_atomic(file, manifest.dump());
    expect_throws<CheckpointError>([&] { execute(folder_ / "run"); }, text);
  };
  refuses("phase", -1, "manifest.json is damaged (where the run stood is impossible)");
  refuses("phase", 7, "where the run stood is impossible");
  refuses("episodes", "many", "where the run stood cannot be read");
  refuses("phase_seconds", 3, "where the run stood cannot be read");
}

TEST_F(Runs, RefuseAnEpisodeThatIsDamagedOrGone) {
  execute(folder_ / "run");
  forget_checkpoints_after(folder_ / "run", 8);
  const auto file = folder_ / "run" / "episodes" / "000001.h5";
  auto bytes = read_file(file);
  bytes[bytes.size() / 2] ^= 1;
  write_file_atomic(file, bytes);
  expect_throws<DataError>([&] { execute(folder_ / "run"); }, "000001.h5");
  fs::remove(file);
  expect_throws<IoError>([&] { execute(folder_ / "run"); }, "000001.h5");
}

TEST_F(Runs, KeepWhatAnEnvironmentRecordedBeforeItFailed) {
  const auto world = std::make_shared<World>();
  world->fail_at_step = 6;
  const auto text =
      replaced(kTinyRun, "{type: point}", "{type: point, reach: 0.001, max_steps: 4}");  // all episodes last 4 steps
  expect_throws<EnvironmentError>([&] { execute(folder_ / "run", text, world); }, "the wheel came off");
  ASSERT_EQ(test::names_in(folder_ / "run" / "episodes"), (std::vector<std::string>{"000000.h5", "000001.h5"}));
  const auto cut = read_episode(folder_ / "run" / "episodes" / "000001.h5");
  EXPECT_EQ(cut.length(), 1);
  EXPECT_EQ(cut.end, EndReason::kCommsLoss);

  execute(folder_ / "run", text);  // mended: the phase still owes three whole episodes
  EXPECT_EQ(test::names_in(folder_ / "run" / "episodes").size(), 1u + 8);
  EXPECT_EQ(read_episode(folder_ / "run" / "episodes" / "000001.h5").length(), 1);
}

TEST_F(Runs, SaveWhenAnEnvironmentCannotBeReset) {
  const auto world = std::make_shared<World>();
  world->fail_at_reset = 6;  // the second attempt on line
  const auto text = replaced(kTinyRun, "checkpoint_every_s: 0", "checkpoint_every_s: 1000");
  expect_throws<ResetFailed>([&] { execute(folder_ / "run", text, world); }, "the cart is stuck; free it");
  const auto last = read_manifest(list_checkpoints(folder_ / "run" / "checkpoints").back()).at("extra");
  EXPECT_EQ(last.at("phase_name"), "online");
  EXPECT_EQ(last.at("step"), 1) << "the work since the last checkpoint is not lost";
  execute(folder_ / "run", text);
  execute(folder_ / "whole");
  EXPECT_EQ(difference(lasting_contents(folder_ / "whole"), lasting_contents(folder_ / "run")), "");
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

TEST_F(Runs, HoldTheirFolderAlone) {
  const auto config = read_run(kTinyRun, point_catalog());
  const onramp::Run first(config, folder_ / "run");
  expect_throws<IoError>([&] { onramp::Run second(config, folder_ / "run"); }, "is in use by another run");
}

TEST_F(Runs, GiveTheNamesOfSourcesThatThereAre) {
  const auto text = replaced(kTinyRun, "type: bc, batch_size: 8", "type: bc, batch_size: 8, source: oflline");
  expect_throws<ConfigError>([&] { execute(folder_ / "run", text); }, "oflline");
}

TEST(PolicyFile, IsFoundInARunOrByItself) {
  const test::TemporaryFolder folder;
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
  expect_throws<CheckpointError>([&] { read_policy_file(early, at::kCPU); }, "no part 'policy'");
  const auto weights = folder / "run" / "policies" / "online" / "policy.safetensors";
  write_file_atomic(weights, read_file(weights).substr(0, 100));
  expect_throws<CheckpointError>([&] { read_policy_file(folder / "run" / "policies" / "online", at::kCPU); },
                                 "is damaged");
}

}  // namespace
}  // namespace onramp
