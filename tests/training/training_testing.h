// A cheap world to run whole trainings in, and policies and learners that do what a test asks for.
#pragma once

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "onramp/algorithms/builtin.h"
#include "onramp/base/random.h"
#include "onramp/policies/random_policy.h"
#include "onramp/training/phases.h"
#include "onramp/training/run.h"

namespace onramp::test {

/// What shall go wrong, and what happened so far.
struct World {
  int64_t fail_at_step = 0;                    ///< the step, counted over all episodes, that throws; 0: none
  int64_t fail_at_reset = 0;                   ///< the same for resets
  double nan_at_update = 0.0;                  ///< of the learner `exploding`
  std::atomic<int64_t> steps = 0, resets = 0;  ///< environments of an evaluation count in their own threads
};

struct PointConfig {
  int64_t max_steps = 6;
  double reach = 0.3;
  bool pictures = true;
  bool hard_stop = false;
  bool known_reward = true;
  template <class V>
  void fields(V& v) {
    v("max_steps", max_steps, "time limit", at_least(1));
    v("reach", reach, "distance that counts as arrived", greater_than(0.0));
    v("pictures", pictures, "whether the goal is seen in a picture; else it is part of the state");
    v("hard_stop", hard_stop, "whether a protective stop, which never comes, would be terminal");
    v("known_reward", known_reward, "whether it says beforehand what it pays");
  }
};

/// A point on a line: the action moves it by up to 0.5 towards a goal in [-1, 1], which a picture of 8 x 8 shows as its
/// brightness. The episode ends in success when the point arrives.
class PointEnvironment final : public Environment {
 public:
  PointEnvironment(PointConfig config, std::shared_ptr<World> world) : config_(config), world_(std::move(world)) {
    spec_.name = "point";
    spec_.observation.entries = {{.name = "state", .shape = {2}, .low = -10, .high = 10},
                                 {.name = "goal", .shape = {1}, .low = -1, .high = 1, .privileged = config.pictures}};
    if (config.pictures) {
      spec_.observation.entries.push_back(
          {.name = "camera", .dtype = DType::kUint8, .shape = {8, 8, 3}, .low = 0, .high = 255});
    }
    spec_.action.dim = 1;
    spec_.max_steps = config.max_steps;
    spec_.safety_stop_is_terminal = config.hard_stop;
    if (config.known_reward) spec_.sparse_reward = SparseReward{};
  }
  const EnvSpec& spec() const override { return spec_; }

  Observation reset(uint64_t seed) override {
    if (++world_->resets == world_->fail_at_reset) throw ResetFailed("the cart is stuck; free it");
    Rng rng = RandomStream(seed, "point").next();
    goal_ = rng.uniform(-1.0, 1.0);
    at_ = 0.0;
    steps_ = 0;
    return observe();
  }

  Step step(const at::Tensor& action) override {
    if (++world_->steps == world_->fail_at_step) throw EnvironmentError("the wheel came off");
    at_ += 0.5 * action.item<float>();
    ++steps_;
    const bool arrived = std::abs(at_ - goal_) < config_.reach;
    Step step{.obs = observe(), .reward = arrived ? 1.0 : 0.0, .success = arrived};
    if (arrived) {
      step.end = EndReason::kSuccess;
    } else if (steps_ == config_.max_steps) {
      step.end = EndReason::kTimeLimit;
    }
    step.timing_us["late"] = double(steps_);
    return step;
  }

 private:
  Observation observe() const {
    Observation observation{{"state", at::tensor({float(at_), float(steps_)})}, {"goal", at::tensor({float(goal_)})}};
    if (config_.pictures) {
      auto picture = at::full({8, 8, 3}, int64_t(127.5 + 127.5 * goal_), at::kByte);
      picture.select(2, 1).fill_(std::clamp<int64_t>(int64_t(127.5 + 40.0 * at_), 0, 255));
      observation.set("camera", picture);
    }
    return observation;
  }

  PointConfig config_;
  std::shared_ptr<World> world_;
  EnvSpec spec_;
  double goal_ = 0.0, at_ = 0.0;
  int64_t steps_ = 0;
};

/// Goes to the goal, `skill` times as fast as needed; draws add noise; reports the distance as an info column.
class PointExpert final : public Policy {
 public:
  explicit PointExpert(double skill = 1.0, double noise = 0.0) : skill_(skill), noise_(noise) { action_.dim = 1; }
  std::unique_ptr<PolicyState> begin(int64_t) override { return std::make_unique<PolicyState>(); }
  Action act(const Observation& obs, PolicyState&, ActMode mode, Rng& random) override {
    const auto distance = obs.at("goal") - obs.at("state").narrow(1, 0, 1);  // [B, 1]
    auto action = skill_ * 2.0 * distance;
    if (mode == ActMode::kSample) action = action + noise_ * random.normal();
    return {action.clamp(-1, 1), {{"distance", distance}}};
  }
  const ActionSpec& action_spec() const override { return action_; }
  std::string content_hash() const override { return "expert"; }

 private:
  double skill_, noise_;
  ActionSpec action_;
};

struct ExpertConfig {
  double skill = 1.0, noise = 0.2;
  template <class V>
  void fields(V& v) {
    v("skill", skill, "share of the way that it takes");
    v("noise", noise, "of its actions", at_least(0.0));
  }
};

/// Learns nothing; its metric `exploding_loss` is NaN from the update that World names on.
class Exploding final : public Learnable {
 public:
  explicit Exploding(std::shared_ptr<World> world) : world_(std::move(world)) {}
  std::vector<BatchRequest> sample_plan() const override {
    return {{.size = 4, .sources = {{.source = "offline"}}, .observations = {"state"}}};
  }
  Metrics update(const Batches&) override {
    ++updates_;
    const bool bad = world_->nan_at_update > 0 && updates_ >= world_->nan_at_update;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    return {{"fine", at::tensor(1.0)}, {"exploding_loss", at::tensor(bad ? nan : updates_)}};
  }
  void save(Parts& parts) const override { parts["count"].host = {{"updates", updates_}}; }
  void load(const Parts& parts) override {
    updates_ = require_host<double>("count", require_part(parts, "count"), "updates");
  }

 private:
  std::shared_ptr<World> world_;
  double updates_ = 0;
};

class ExplodingFactory final : public LearnerFactory {
 public:
  explicit ExplodingFactory(std::shared_ptr<World> world) : world_(std::move(world)) {}
  bool acts() const override { return false; }
  std::unique_ptr<Learnable> make(const LearnerContext&) const override { return std::make_unique<Exploding>(world_); }

 private:
  std::shared_ptr<World> world_;
};

inline Catalog point_catalog(const std::shared_ptr<World>& world = std::make_shared<World>()) {
  Catalog catalog;
  catalog.environments.add<PointConfig>("point", "a point on a line", [world](const PointConfig& config) {
    return std::make_unique<PointEnvironment>(config, world);
  });
  catalog.policies.add<ExpertConfig>("point_expert", "goes to the goal",
                                     [](const ExpertConfig& config, const PolicyContext&) {
                                       return std::make_unique<PointExpert>(config.skill, config.noise);
                                     });
  catalog.policies.add<NoConfig>("random", "uniform actions", [](const NoConfig&, const PolicyContext& context) {
    return std::make_unique<RandomPolicy>(context.action);
  });
  add_learners(catalog.learners);
  catalog.learners.add<NoConfig>("exploding", "fails",
                                 [world](const NoConfig&) { return std::make_unique<ExplodingFactory>(world); });
  add_phases(catalog.phases);
  return catalog;
}

/// Every kind of phase, a few units of work each.
inline constexpr const char* kTinyRun = R"(
run: {seed: 3, log_every: 2, checkpoint_every_s: 0, keep_checkpoints: 1000}
compute: {threads: 1}
env: {type: point}
policies:
  expert: {type: point_expert}
learners:
  encoder: {type: hilbert, batch_size: 8, latent_dim: 4, encoder: {channels: [4, 4], feature_dim: 4}}
  cloning: {type: bc, batch_size: 8, input: {images: frozen}, actor: {mlp: {hidden: [8]}}}
  agent: {type: simplified_q, batch_size: 8, num_action_samples: 2, critic: {mlp: {hidden: [8]}}, actor: {mlp: {hidden: [8]}}}
phases:
  - {type: collect, name: demonstrations, policy: expert, episodes: 4}
  - {type: learn, name: encoder, learner: encoder, updates: 5}
  - {type: learn, name: cloning, learner: cloning, updates: 5}
  - {type: learn, name: offline, learner: agent, updates: 5}
  - {type: interleave, name: online, learner: agent, episodes: 4, updates_per_episode: 3, successes_into: [offline]}
  - {type: evaluate, policies: [expert, cloning, online], settings: {episodes: 5, batch: 2}}
)";

inline RunConfig read_run(const std::string& text, const Catalog& catalog) {
  return read_run_config(parse_config_text(text, "run.yaml"), catalog);
}

/// The text with one piece of it replaced, which must be there.
inline std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

}  // namespace onramp::test
