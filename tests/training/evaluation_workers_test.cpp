// An episode's score is a function of its seed and of the policy, to the last bit: of no other episode, and of no number of
// environments or threads.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>
#include <thread>

#include "models/model_testing.h"
#include "onramp/base/error.h"
#include "onramp/core/tensor_io.h"
#include "onramp/models/mixture_actor.h"
#include "onramp/policies/actor_policy.h"
#include "onramp/policies/torchscript_policy.h"
#include "onramp/training/collector.h"
#include "onramp/training/evaluation.h"
#include "onramp/training/film.h"
#include "support/expect_throws.h"
#include "support/torchscript_files.h"

namespace onramp {
namespace {

/// Its reward is the action, to the last bit, and what an action changes grows at every step. Episodes of 3 to 19 steps.
class TellTale final : public Environment {
 public:
  explicit TellTale(int64_t dim = 1) {
    spec_.name = "tell-tale";
    spec_.observation.entries = {{.name = "state", .shape = {2}, .low = -1, .high = 1}};
    spec_.action.dim = dim;
  }
  const EnvSpec& spec() const override { return spec_; }
  Observation reset(uint64_t seed) override {
    seed_ = seed;
    Rng random = RandomStream(seed, "start").next();
    x_ = random.uniform(-1, 1);
    left_ = 3 + random.below(17);
    return observe();
  }
  Step step(const at::Tensor& action) override {
    if (const auto after = throws_after_ms.find(seed_); after != throws_after_ms.end()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(after->second));
      throw EnvironmentError("it tells nothing");
    }
    const double a = action.select(0, 0).item<float>();
    x_ = std::sin(4 * x_ + a);
    Step step{.obs = observe(), .reward = a};
    if (--left_ == 0) step.end = EndReason::kTimeLimit;
    return step;
  }
  std::map<uint64_t, int> throws_after_ms;  ///< by seed

 private:
  Observation observe() const { return {{"state", at::tensor({float(x_), float(x_ * x_)})}}; }
  EnvSpec spec_;
  double x_ = 0;
  int64_t left_ = 0;
  uint64_t seed_ = 0;
};

/// Large enough that products of several rows are rounded otherwise than those of one.
std::unique_ptr<Policy> network(bool mixture) {
  auto generator = test::generator_of(1);
  const auto encoder =
      std::make_shared<ObservationEncoder>(test::state_only(2), Normalizer(), nullptr, /*trainable=*/false);
  const ActorConfig config{.mlp = {.hidden = {256, 256}}};
  const ActionSpec action{.dim = 1};
  if (!mixture)
    return std::make_unique<ActorPolicy>(make_actor(ActorType::kSquashedGaussian, encoder, 1, config, generator),
                                         action);
  return std::make_unique<ActorPolicy>(
      std::make_shared<MixtureActor>(encoder, 1, config, MixtureConfig{.components = 3}, generator), action);
}

std::unique_ptr<Policy> remembering() {
  return std::make_unique<TorchScriptPolicy>(test::script_file(test::with_memory()), "memory.pt");
}

/// Draws, remembers its steps, and cannot be copied. Notes whether two threads were inside at once.
class Scripted final : public Policy {
 public:
  struct Steps final : PolicyState {
    int64_t count = 0;
  };
  std::unique_ptr<PolicyState> begin(int64_t batch) override {
    ONRAMP_CHECK(batch == 1, "a row is its own batch");
    ++begun;
    return std::make_unique<Steps>();
  }
  Action act(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) override {
    if (inside_.exchange(true)) met = true;
    const auto count = ++static_cast<Steps&>(state).count;
    const double noise = mode == ActMode::kSample ? random.normal() : 0.0;
    auto action = (obs.at("state").narrow(1, 0, 1) * 0.3 + 0.01 * double(count) + 0.1 * noise).clamp(-1, 1);
    inside_ = false;
    return {std::move(action), {}};
  }
  const ActionSpec& action_spec() const override { return action_; }
  std::atomic<bool> met = false;
  std::atomic<int64_t> begun = 0;

 private:
  std::atomic<bool> inside_ = false;
  ActionSpec action_{.dim = 1};
};

EvaluationResult score(Policy& policy, bool sample, int64_t batch, int64_t threads, int64_t first = 0) {
  BatchedEnvironment environments([] { return std::make_unique<TellTale>(); }, batch, threads);
  return evaluate(environments, policy, "policy",
                  {.episodes = 17, .batch = batch, .first_seed = first, .sample = sample});
}

struct Kind {
  const char* name;
  std::function<std::unique_ptr<Policy>()> make;
};

class EvaluateEachKind : public ::testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Policies, EvaluateEachKind,
                         ::testing::Values(Kind{"Gaussian", [] { return network(false); }},
                                           Kind{"Mixture", [] { return network(true); }},
                                           Kind{"WithMemory", remembering},
                                           Kind{"Scripted", [] { return std::make_unique<Scripted>(); }}),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(EvaluateEachKind, GivesTheSameBitsWithAnyNumberOfEnvironmentsAndThreads) {
  const auto policy = GetParam().make();
  for (const bool sample : {false, true}) {
    const auto one = score(*policy, sample, 1, 1).to_json();
    EXPECT_NE(one.at("returns"), score(*policy, sample, 1, 1, /*first=*/17).to_json().at("returns"));
    for (const int64_t batch : {1, 3, 8})
      for (const int64_t threads : {1, 2, 8}) {
        EXPECT_EQ(score(*policy, sample, batch, threads).to_json(), one) << batch << " in " << threads << " threads";
      }
  }
}

TEST_P(EvaluateEachKind, AnEpisodeIsTheOneThatIsFilmedAndCollected) {
  const auto policy = GetParam().make();
  const auto scored = score(*policy, /*sample=*/true, 3, 2);
  TellTale environment;
  for (const int64_t k : {0, 5, 16}) {
    const auto collected = collect_episode(environment, *policy, ActMode::kSample, held_out_seed(k));
    double total = 0;
    for (const float reward : collected.episode.reward) total += reward;
    EXPECT_EQ(collected.episode.length(), scored.lengths[size_t(k)]);
    EXPECT_EQ(total, scored.returns[size_t(k)]);
  }
}

TEST(EvaluateWorkers, APolicyWithoutCopiesIsNeverAskedByTwoAtOnce) {
  Scripted policy;
  for (int i = 0; i < 20; ++i) score(policy, true, 4, 4);
  EXPECT_FALSE(policy.met);
}

// The first by seed, whoever fails first by the clock: else the line would be another each time.
TEST(EvaluateWorkers, OfSeveralFailuresTheFirstSeedsIsTold) {
  Scripted policy;
  for (const int64_t batch : {1, 2, 8})
    for (const auto& [third_ms, fourth_ms] : {std::pair{150, 20}, std::pair{20, 150}}) {
      BatchedEnvironment environments(
          [third = third_ms, fourth = fourth_ms] {
            auto environment = std::make_unique<TellTale>();
            environment->throws_after_ms = {{held_out_seed(3), third}, {held_out_seed(4), fourth}};
            return environment;
          },
          batch, batch);
      test::expect_throws<EnvironmentError>(
          [&] { evaluate(environments, policy, "policy", {.episodes = 17, .batch = batch}); },
          "held-out 3: it tells nothing");
    }
}

TEST(EvaluateWorkers, ErrorsThatAreNoEnvironmentsStayWhatTheyAre) {
  struct Refusing final : Policy {
    std::unique_ptr<PolicyState> begin(int64_t) override { return std::make_unique<PolicyState>(); }
    Action act(const Observation&, PolicyState&, ActMode, Rng&) override { throw ConfigError("it will not act"); }
    const ActionSpec& action_spec() const override { return action; }
    ActionSpec action;
  } policy;
  test::expect_throws<ConfigError>([&] { score(policy, false, 3, 2); }, "it will not act");
}

TEST(EvaluateWorkers, AnOnlookersExceptionEndsTheEvaluation) {
  BatchedEnvironment environments([] { return std::make_unique<TellTale>(); }, 3, 3);
  Scripted policy;
  constexpr int64_t kMany = 200000;
  const auto tired = [](int64_t, double) { throw InterruptedError("enough"); };
  test::expect_throws<InterruptedError>(
      [&] { evaluate(environments, policy, "policy", {.episodes = kMany, .batch = 3}, tired); }, "enough");
  EXPECT_LT(policy.begun, kMany);
  const auto again = evaluate(environments, policy, "policy", {.episodes = 3, .batch = 3});
  EXPECT_EQ(again.seeds.size(), 3u) << "the environments serve again";
}

TEST(EnvironmentsFor, AreNoMoreThanEpisodes) {
  const auto make = [] { return std::make_unique<TellTale>(); };
  EXPECT_EQ(environments_for({.episodes = 1, .batch = 8}, make).size(), 1);
  EXPECT_EQ(environments_for({.episodes = 100, .batch = 1}, make).size(), 1);
  EXPECT_GE(environments_for({.episodes = 100, .batch = 8}, make).size(), 1);
}

}  // namespace
}  // namespace onramp
