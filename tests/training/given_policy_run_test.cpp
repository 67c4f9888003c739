// A policy that was learned elsewhere in the place of one that was cloned here: `policy: {torchscript: path}` in whole runs.
#include <gtest/gtest.h>

#include <cmath>

#include "onramp/base/atomic_file.h"
#include "onramp/data/store/episode_store.h"
#include "onramp/policies/gated_policy.h"
#include "onramp/policies/torchscript_policy.h"
#include "onramp/training/metrics_table.h"
#include "onramp/training/phase.h"
#include "onramp/training/policy_file.h"
#include "support/torchscript_files.h"
#include "training/run_fixture.h"

namespace onramp {
namespace {

namespace fs = std::filesystem;
using namespace onramp::test;

/// Episodes 0 to 3 are rollouts, 4 to 6 attempts on line.
constexpr const char* kGivenRun = R"(
run: {seed: 3, log_every: 1, checkpoint_every_s: 0, keep_checkpoints: 1000}
compute: {threads: 1}
env: {type: point, pictures: false}
normalizer_source: rollouts
policies: {expert: {type: point_expert}}
learners:
  cloning: {type: bc, policy: {torchscript: FILE}}
  agent:
    type: q2rl
    batch_size: 8
    without_success: true
    input: {images: none}
    critic: {ensemble: 3, mlp: {hidden: [8]}}
    actor: {mlp: {hidden: [8]}}
phases:
  - {type: evaluate, name: before, policies: [expert], settings: {episodes: 2, batch: 2}}
  - {type: learn, name: cloning, learner: cloning, updates: 0}
  - {type: collect, name: rollouts, policy: cloning, episodes: 4, act: auto, into: [rollouts]}
  - {type: learn, name: estimation, learner: agent, updates: 3}
  - {type: interleave, name: online, learner: agent, episodes: 3, updates_per_step: 1}
  - {type: evaluate, policies: [cloning, estimation, online], settings: {episodes: 3, batch: 2}}
)";

/// mean = 0.4 tanh(goal - x), and with a memory 0.1 more with each step.
ScriptParts towards_the_goal(bool memory) {
  ScriptParts parts = memory ? with_memory() : ScriptParts{};
  parts.spec =
      replaced(parts.spec, R"("shape": [2]})", R"("shape": [2]}, {"name": "goal", "dtype": "float32", "shape": [1]})");
  const std::string towards = R"(0.4 * torch.tanh(obs["goal"] - torch.narrow(obs["state"], 1, 0, 1)))" +
                              std::string(memory ? " + 0.1 * state" : "");
  parts.mean = "def mean(self, obs: Dict[str, Tensor], state: Tensor) -> Tensor:\n    return " + towards + "\n";
  return parts;
}

ScriptParts without_density(ScriptParts parts) {
  parts.log_prob_entropy = "";
  parts.spec = replaced(parts.spec, R"(, "density": "gaussian")", "");
  return parts;
}

class GivenPolicyRun : public Runs {
 protected:
  fs::path written(const ScriptParts& parts) const {
    write_file_atomic(folder_ / "mine.pt", std::string_view(script_file(parts)));
    return folder_ / "mine.pt";
  }
  std::string text(const char* checkpoint_every_s = "1000") const {
    const auto named = replaced(kGivenRun, "FILE", (folder_ / "mine.pt").string());
    return replaced(named, "checkpoint_every_s: 0", std::string("checkpoint_every_s: ") + checkpoint_every_s);
  }
  /// Another learner than q2rl, which learns on line at once.
  std::string online_alone(const std::string& agent) const {
    auto changed = replaced(text(), "type: q2rl", "type: " + agent);
    changed = replaced(changed, "    without_success: true\n", "");
    changed = replaced(changed, "normalizer_source: rollouts", "normalizer_source: online");
    changed = replaced(changed, "into: [rollouts]", "into: [online]");
    changed = replaced(changed, "  - {type: learn, name: estimation, learner: agent, updates: 3}\n", "");
    return replaced(changed, "cloning, estimation, online", "cloning, online");
  }
  /// Expects one line, and nothing on disk.
  void refuse(const std::string& config, const std::string& why) const {
    SCOPED_TRACE(why);
    expect_throws<ConfigError>([&] { execute(folder_ / "run", config); }, why);
    EXPECT_FALSE(fs::exists(folder_ / "run"));
  }
};

TEST_F(GivenPolicyRun, TakesThePlaceOfAClonedOne) {
  for (const bool memory : {false, true}) {
    SCOPED_TRACE(memory);
    const auto run = folder_ / (memory ? "remembers" : "run");
    written(towards_the_goal(memory));
    execute(run, text());
    const auto metrics = read_metrics(run / "metrics.csv");
    for (const char* metric : {"value_loss", "critic_loss", "actor_nll"}) {
      EXPECT_NE(metrics.find("estimation", metric), nullptr) << metric;
    }
    EXPECT_NE(metrics.find("online", "bc_share"), nullptr);
    const auto cloned = read_policy_file(run / "policies" / "cloning", at::kCPU);
    EXPECT_NE(dynamic_cast<const TorchScriptPolicy*>(cloned.policy.get()), nullptr);
    const auto last = read_policy_file(run, at::kCPU);  // what onramp-eval scores
    const auto* gated = dynamic_cast<const GatedPolicy*>(last.policy.get());
    ASSERT_NE(gated, nullptr);
    EXPECT_EQ(gated->networks().cloned->content_hash(), cloned.hash);
    EXPECT_EQ(gated->has_memory(), memory);
  }
}

// mean = 0.4 tanh(goal - x) + 0.1 step; at the mode log pi = 1.6094379 - 0.9189385. Whoever acts, the memory goes on.
TEST_F(GivenPolicyRun, CarriesItsMemoryAlongEachEpisode) {
  written(towards_the_goal(/*memory=*/true));
  const std::string size = "    batch_size: 8\n";
  execute(folder_ / "run", replaced(text(), size, size + "    choice: soft\n    beta: 0.01\n"));  // half the steps each
  const EpisodeStore store(folder_ / "run" / "episodes");
  int64_t steps = 0, after_another = 0;
  for (int64_t i = 0; i < 7; ++i) {
    const auto episode = store.load(i);
    const bool rollout = i < 4;
    const auto& proposed = rollout ? episode.action : episode.extra.at("a_bc").values;
    for (size_t t = 0; t < proposed.size(); ++t, ++steps) {
      const double distance = double(episode.vectors.at("goal")[t]) - double(episode.vectors.at("state")[2 * t]);
      EXPECT_NEAR(proposed[t], 0.4 * std::tanh(distance) + 0.1 * double(t), 1e-5) << "episode " << i << ", step " << t;
      after_another += !rollout && t > 0 && episode.extra.at("gate").values[t - 1] == 0;
      if (rollout) {
        EXPECT_NEAR(episode.extra.at(kActedLogProb).values[t], 0.6904994, 1e-4);
        EXPECT_NEAR(episode.extra.at(kActedEntropy).values[t], -0.1904994, 1e-4);
      }
    }
  }
  EXPECT_GT(steps, 7);          // some are longer than a step
  EXPECT_GT(after_another, 0);  // and in some the learned policy acted in between
}

// The file is read once: from the first checkpoint on the run has a copy of its own.
TEST_F(GivenPolicyRun, GoesOnBitForBitFromEveryCheckpointWithoutTheFile) {
  const auto whole = folder_ / "whole", run = folder_ / "again";
  const auto file = written(towards_the_goal(/*memory=*/true));
  execute(whole, text("0"));
  fs::remove(file);
  const auto want = lasting_contents(whole);
  const auto checkpoints = list_checkpoints(whole / "checkpoints");
  for (size_t kept = 0; kept < checkpoints.size(); ++kept) {
    SCOPED_TRACE(kept);
    fs::remove_all(run);
    fs::copy(whole, run, fs::copy_options::recursive);
    fs::remove_all(run / "checkpoints");
    fs::create_directories(run / "checkpoints");
    fs::copy(checkpoints[kept], run / "checkpoints" / checkpoints[kept].filename());
    execute(run, text());
    EXPECT_EQ(difference(want, lasting_contents(run)), "");
    if (HasFailure()) break;
  }
}

TEST_F(GivenPolicyRun, IsRefusedBeforeAnythingIsDone) {
  const auto file = (folder_ / "mine.pt").string();
  refuse(text(), "learner 'cloning': cannot read " + file);
  write_file_atomic(folder_ / "mine.pt", std::string_view("no policy"));
  refuse(text(), "learner 'cloning': " + file + ": is no TorchScript (");

  auto parts = towards_the_goal(false);
  parts.act = "";
  written(parts);
  refuse(text(), "learner 'cloning': " + file + ": is no policy: it offers no act(obs: Dict[str, Tensor], state");
  parts = towards_the_goal(false);
  parts.spec = replaced(parts.spec, "[2]", "[3]");
  written(parts);
  refuse(text(),
         "learner 'cloning': mine.pt: the cloned policy looks at 'state' as float32 [3], here it is float32 [2]");
  parts = {};
  parts.spec = replaced(parts.spec, "\"state\"", "\"arm\"");
  parts.mean = replaced(parts.mean, "state\"]", "arm\"]");
  written(parts);
  refuse(text(), "learner 'cloning': mine.pt: the cloned policy looks at 'arm', which this task does not show");
  parts = towards_the_goal(false);
  parts.spec = replaced(parts.spec, R"("action": {"dim": 1})", R"("action": {"dim": 2})");
  parts.act = replaced(parts.act, "-1, 1)", "-1, 1).expand([-1, 2])");
  written(parts);
  refuse(text(), "learner 'cloning': mine.pt: the cloned policy acts in 2 dimensions, this task in 1");
  written(without_density(towards_the_goal(false)));
  refuse(text(), "learner 'cloning', policy " + file + ": q2rl: the cloned policy gives no log-density and entropy");
}

TEST_F(GivenPolicyRun, WithAMemoryIsRefusedWhereItWouldBeAskedInTheMiddleOfAnEpisode) {
  written(towards_the_goal(/*memory=*/true));
  const std::string remembers =
      "the cloned policy remembers what came before, so that it cannot be asked at the states";
  const auto fresh = replaced(text(), "    batch_size: 8\n", "    batch_size: 8\n    cloned_action: fresh\n");
  refuse(fresh, "q2rl: " + remembers);
  refuse(online_alone("ibrl"), "ibrl: " + remembers);
  refuse(online_alone("policy_decorator"), "policy_decorator: " + remembers);
  execute(folder_ / "run", replaced(fresh, "without_success", "bc_weight: 0\n    without_success"));
  // Outside its target IBRL asks it while it acts alone.
  execute(folder_ / "ibrl", online_alone("ibrl\n    bootstrap: false"));
}

TEST_F(GivenPolicyRun, WithoutDensityServesThoseWhoDoNotAskForIt) {
  written(without_density(towards_the_goal(false)));
  for (const char* agent : {"ibrl", "policy_decorator"}) {
    SCOPED_TRACE(agent);
    execute(folder_ / agent, online_alone(agent));
    EXPECT_NE(read_metrics(folder_ / agent / "metrics.csv").find("online", "bc_share"), nullptr);
  }
}

// A Gaussian from a file acts by its mode where nobody says.
TEST_F(GivenPolicyRun, SaysWhereItsRolloutsAreMadeOtherwiseThanTheGateProposes) {
  written(towards_the_goal(false));
  const auto warnings_of = [&](const char* run, const std::string& config) {
    testing::internal::CaptureStderr();
    execute(folder_ / run, config);
    return testing::internal::GetCapturedStderr();
  };
  const std::string said = "phase 'rollouts': its attempts are made by `act: ";
  const auto drawn = warnings_of("drawn", replaced(text(), "act: auto", "act: sample"));
  EXPECT_NE(drawn.find(said + "sample`, and learner 'agent' takes them to be made by `auto`, which for this policy "
                              "from a file is `mode`: give `act` and its `bc_action` the same"),
            std::string::npos)
      << drawn;
  const auto proposed = warnings_of("proposed", replaced(text(), "type: q2rl", "type: q2rl\n    bc_action: sample"));
  EXPECT_NE(proposed.find(said + "auto`, and learner 'agent' takes them to be made by `sample`"), std::string::npos)
      << proposed;
  for (const char* same : {"act: auto", "act: mode"}) {
    EXPECT_EQ(warnings_of(same + 5, replaced(text(), "act: auto", same)).find(said), std::string::npos);
  }
}

TEST_F(GivenPolicyRun, MakesNoUpdates) {
  written(towards_the_goal(false));
  refuse(replaced(text(), "learner: cloning, updates: 0", "learner: cloning, updates: 5"),
         "phases[1].learner: learner 'cloning' is a policy from a file, which learns nothing: a learn phase with "
         "updates: 0 hands it over");
  refuse(replaced(text(), "{torchscript: ", "{torchscrip: "), "did you mean 'torchscript'?");
  refuse(replaced(text(), "policy: {torchscript: " + (folder_ / "mine.pt").string() + "}", "policy: gaussian"),
         "learners.cloning.policy: want one of deterministic, squashed_gaussian, mixture");
}

TEST_F(GivenPolicyRun, HasACourseOfItsOwn) {
  written(towards_the_goal(false));
  auto plain = text();
  plain.erase(plain.find("phases:"));
  const auto read = read_run(plain, point_catalog());
  std::vector<std::string> names;
  for (const auto& phase : read.phases) names.push_back(phase.make()->name());
  ASSERT_GE(names.size(), 4U);
  EXPECT_EQ((std::vector<std::string>(names.begin(), names.begin() + 3)),
            (std::vector<std::string>{"cloning", "agent_rollouts", "agent_estimation"}));
  EXPECT_EQ(dump_run_config(read).at("phases").element(0).at("updates").text(), "0");
}

}  // namespace
}  // namespace onramp
