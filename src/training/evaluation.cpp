#include "onramp/training/evaluation.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <future>
#include <mutex>
#include <optional>
#include <utility>

#include "onramp/base/error.h"
#include "onramp/base/text.h"
#include "onramp/core/device.h"
#include "onramp/policies/actor_policy.h"
#include "onramp/training/collector.h"
#include "onramp/training/film.h"

namespace onramp {

namespace {

struct ScoredEpisode {
  bool success = false, success_at_end = false;
  double total = 0.0, last_reward = 0.0;
  int64_t length = 0;
  EndReason end{};
};

/// Of an episode nothing but its own seed decides: one row, a state of its own, draws of its own, one thread.
ScoredEpisode score_episode(Environment& environment, Policy& policy, ActMode mode, int64_t number) {
  const uint64_t seed = held_out_seed(number);
  try {
    Observation first = environment.reset(seed);
    check_observation(first, environment.spec());
    ScoredEpisode episode;
    episode.end = act_to_end(environment, policy, mode, seed, std::move(first), [&](const Action&, const Step& step) {
      check_step(step, environment.spec());
      episode.success |= step.success;
      episode.success_at_end = step.success;
      episode.total += step.reward;
      episode.last_reward = step.reward;
      ++episode.length;
    });
    return episode;
  } catch (const EnvironmentError& error) {
    throw EnvironmentError(concat("held-out ", number, ": ", error.what()));
  }
}

/// Policies of the threads: the given one, and copies. Where there are none the threads take turns with it.
class ActingPolicies {
 public:
  ActingPolicies(Policy& policy, int64_t count) : policy_(policy) {
    while (std::ssize(copies_) + 1 < count) {
      auto copy = copy_policy(policy);
      if (!copy) break;
      copies_.push_back(std::move(copy));
    }
    if (std::ssize(copies_) + 1 < count) turns_.emplace(policy);
  }
  Policy& of(int64_t thread) {
    if (turns_) return *turns_;
    return thread == 0 ? policy_ : *copies_[static_cast<size_t>(thread - 1)];
  }

 private:
  class InTurns final : public Policy {
   public:
    explicit InTurns(Policy& inner) : inner_(inner) {}
    std::unique_ptr<PolicyState> begin(int64_t batch) override {
      const std::lock_guard lock(mutex_);
      return inner_.begin(batch);
    }
    Action act(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) override {
      const std::lock_guard lock(mutex_);
      return inner_.act(obs, state, mode, random);
    }
    const ActionSpec& action_spec() const override { return inner_.action_spec(); }

   private:
    Policy& inner_;
    std::mutex mutex_;
  };

  Policy& policy_;
  std::vector<std::unique_ptr<Policy>> copies_;
  std::optional<InTurns> turns_;
};

/// Hands out episodes by number, in this order, and takes what came of them. Thread-safe.
class Scoreboard {
 public:
  explicit Scoreboard(int64_t episodes) : scored_(static_cast<size_t>(episodes)) {}

  std::optional<int64_t> next() {
    const std::lock_guard lock(mutex_);
    if (closed_ || begun_ == std::ssize(scored_)) return std::nullopt;
    return begun_++;
  }
  void set(int64_t k, ScoredEpisode episode) {
    const std::lock_guard lock(mutex_);
    scored_[static_cast<size_t>(k)] = episode;
    successes_ += episode.success;
    ++finished_;
    changed_.notify_one();
  }
  /// The first by number is what the caller hears of: those before it were begun before it, and end.
  void fail(int64_t k, std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_ || k < failed_) failure_ = std::move(failure), failed_ = k;
    closed_ = true;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  void all_left() {
    const std::lock_guard lock(mutex_);
    left_ = true;
    changed_.notify_one();
  }

  struct Standing {
    int64_t finished = 0, successes = 0;
    bool left = false;  ///< nobody is at work any more
  };
  /// Waits for more episodes than `known`, for the end, or a little.
  Standing wait(int64_t known) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(50), [&] { return left_ || finished_ > known; });
    return {finished_, successes_, left_};
  }
  /// All that were begun, when everybody has left. @throws what an episode threw
  std::vector<ScoredEpisode> take() {
    if (failure_) std::rethrow_exception(failure_);
    scored_.resize(static_cast<size_t>(begun_));
    return std::move(scored_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ScoredEpisode> scored_;
  int64_t begun_ = 0, finished_ = 0, successes_ = 0, failed_ = 0;
  std::exception_ptr failure_;
  bool closed_ = false, left_ = false;
};

}  // namespace

EvaluationResult evaluate(BatchedEnvironment& environments, Policy& policy, const std::string& name,
                          const EvaluationSettings& settings, const std::function<void(int64_t, double)>& progress,
                          const std::function<bool()>& stop) {
  const int64_t width = std::min({settings.batch, settings.episodes, environments.size(), environments.threads()});
  const auto mode = settings.sample ? ActMode::kSample : ActMode::kMode;
  EvaluationResult result;
  result.name = name;
  result.policy_hash = policy.content_hash();
  ActingPolicies policies(policy, width);
  Scoreboard board(settings.episodes);
  if (stop && stop()) board.close();

  const auto at_work = [&](int64_t thread, Environment& environment) {
    if (thread >= width) return;
    const OneComputeThread one;
    while (const auto k = board.next()) {
      try {
        board.set(*k, score_episode(environment, policies.of(thread), mode, settings.first_seed + *k));
      } catch (...) {  // a thread's work: carried to the caller
        board.fail(*k, std::current_exception());
      }
    }
  };
  auto work = std::async(std::launch::async, [&] {
    try {
      environments.each(at_work);
    } catch (...) {
      board.fail(0, std::current_exception());
    }
    board.all_left();
  });
  try {
    for (Scoreboard::Standing known; !known.left;) {
      const auto now = board.wait(known.finished);
      if (progress && now.finished > known.finished)
        progress(now.finished, double(now.successes) / double(now.finished));
      if (stop && stop()) board.close();
      known = now;
    }
  } catch (...) {  // whoever looks on has had enough
    board.close();
    work.wait();
    throw;
  }
  work.get();

  const auto episodes = board.take();
  for (size_t k = 0; k < episodes.size(); ++k) {
    result.seeds.push_back(settings.first_seed + static_cast<int64_t>(k));
    result.success.push_back(episodes[k].success);
    result.success_at_end.push_back(episodes[k].success_at_end);
    result.returns.push_back(episodes[k].total);
    result.last_rewards.push_back(episodes[k].last_reward);
    result.lengths.push_back(episodes[k].length);
    ++result.ends[std::string(to_string(episodes[k].end))];
  }
  return result;
}

BatchedEnvironment environments_for(const EvaluationSettings& settings,
                                    const std::function<std::unique_ptr<Environment>()>& make) {
  const auto count = std::min<int64_t>({settings.batch, settings.episodes, available_cores()});
  return {make, count, count};
}

void check_fits(const Policy& policy, const EnvSpec& spec) {
  for (const auto& entry : policy.observation_spec().entries) {
    const auto* there = spec.observation.find(entry.name);
    if (!there) {
      std::vector<std::string> names;
      for (const auto& other : spec.observation.entries) names.push_back(other.name);
      throw ConfigError(concat("the policy sees '", entry.name, "', ", type_text(entry), ", and ", spec.name,
                               " does not show it (but: ", join(names), ")"));
    }
    if (there->dtype == entry.dtype && there->shape == entry.shape) continue;
    throw ConfigError(concat("the policy sees '", entry.name, "' as ", type_text(entry), ", and ", spec.name,
                             " shows it as ", type_text(*there)));
  }
  if (policy.action_spec().dim == spec.action.dim) return;
  throw ConfigError(concat("the policy's actions have ", policy.action_spec().dim, " values, and ", spec.name,
                           " takes ", spec.action.dim));
}

}  // namespace onramp
