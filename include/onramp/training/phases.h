// The phases that every method is put together from.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "onramp/base/config.h"
#include "onramp/data/policy.h"
#include "onramp/training/catalog.h"
#include "onramp/training/evaluation.h"

namespace onramp {

constexpr auto enum_names(ActMode*) {
  return std::array{std::pair{ActMode::kSample, "sample"}, std::pair{ActMode::kMode, "mode"}};
}
constexpr auto enum_names(Stage*) {
  return std::array{std::pair{Stage::kOffline, "offline"}, std::pair{Stage::kOnline, "online"}};
}

/// Which episodes of a collection enter replay sources.
enum class Keep : uint8_t { kAll, kSuccesses };
constexpr auto enum_names(Keep*) {
  return std::array{std::pair{Keep::kAll, "all"}, std::pair{Keep::kSuccesses, "successes"}};
}

/// A policy acts for some episodes.
struct CollectConfig {
  std::string name = "collect";
  std::string policy;
  int64_t episodes = 50;
  Keep keep = Keep::kAll;
  std::optional<int64_t> attempts_limit;
  ActSetting act = ActSetting::kSample;
  std::vector<std::string> into = {"offline"};
  int64_t first = 0;
  std::vector<std::string> first_into;
  template <class V>
  void fields(V& v) {
    v("name", name, "of this phase; folders and metrics carry it", not_empty());
    v("policy", policy, "who acts: a name under `policies`, or of an earlier phase", required(), not_empty());
    v("episodes", episodes, "episodes that are kept", at_least(1));
    v("keep", keep,
      "all; or successes: attempts go on until so many have succeeded, failed ones stay on disk and are not learned "
      "from");
    v("attempts_limit", attempts_limit,
      "keep: successes alone: attempts after which the run stops for want of successes; none: 20 an episode",
      at_least(1));
    v("act", act,
      "sample: as the policy draws; mode: its single best action; auto: a Gaussian by its mode, all else by a draw");
    v("into", into, "replay sources that the episodes enter", not_empty());
    v("first", first, "so many of them, from the first that is kept on, enter `first_into` as well", at_least(0));
    v("first_into", first_into, "replay sources that a part of the episodes enters as well (Q2RL, fig. 11)");
  }
  /// @throws ConfigError for a limit below `episodes`, or one where every attempt is kept; for more `first` than there are
  ///         episodes, without a source for them, or with one that all enter
  void validate() const;
  std::vector<std::string> sources_of(int64_t number) const;  ///< of the kept episode of this number, from 0
  int64_t most_attempts() const;
};

/// A learner makes updates on data that do not grow.
struct LearnConfig {
  std::string name = "learn";
  std::string learner;
  int64_t updates = 10000;
  int64_t keep_policy_every = 0;
  Stage stage = Stage::kOffline;
  std::filesystem::path from;
  template <class V>
  void fields(V& v) {
    v("name", name, "of this phase; folders and metrics carry it", not_empty());
    v("learner", learner, "who learns: a name under `learners`", required(), not_empty());
    v("updates", updates, "gradient steps", at_least(0));
    v("keep_policy_every", keep_policy_every,
      "updates between policies that are kept on the way, as <name>@<updates>; 0: the last alone", at_least(0));
    v("stage", stage, "which of the learner's settings apply (agents alone)");
    v("from", from,
      "folder of a run where a learner of this name and these settings has learned: it is taken as it has become "
      "there, in place of the updates (not an agent)");
  }
  void validate() const;  ///< @throws ConfigError for more than 1000 policies, or any that `from` would not learn
};

/// An agent acts, and learns between its episodes.
struct InterleaveConfig {
  std::string name = "online";
  std::string learner;
  std::optional<int64_t> episodes;
  std::optional<int64_t> steps;
  int64_t updates_per_episode = 60;
  std::optional<double> updates_per_step;
  bool overlap = false;
  ActMode act = ActMode::kSample;
  std::vector<std::string> into = {"online"};
  std::vector<std::string> successes_into;
  template <class V>
  void fields(V& v) {
    v("name", name, "of this phase; folders and metrics carry it", not_empty());
    v("learner", learner, "the agent: a name under `learners`", required(), not_empty());
    v("episodes", episodes, "episodes collected; null: 200, where no steps are given", at_least(1));
    v("steps", steps, "in place of episodes: ends with the one in which so many steps have been made in all",
      at_least(1));
    v("updates_per_episode", updates_per_episode, "gradient steps after each episode, none during", at_least(0));
    v("updates_per_step", updates_per_step,
      "in place of updates_per_episode: gradient steps after each episode for each step that it took", at_least(0.0));
    v("overlap", overlap,
      "the next episode runs in a thread of its own meanwhile, by the policy as it was before these updates; a run "
      "repeats bit for bit all the same");
    v("act", act, "sample: as the policy draws; mode: its single best action");
    v("into", into, "replay sources that every episode enters", not_empty());
    v("successes_into", successes_into, "replay sources that successful episodes enter as well (self-imitation)");
  }
  void validate() const;                                            ///< @throws ConfigError for both episodes and steps
  int64_t most_episodes() const { return episodes.value_or(200); }  ///< where it goes by them
  int64_t updates_after(int64_t length) const;                      ///< of an episode of so many steps
  bool complete(int64_t episodes_made, int64_t steps_made) const;   ///< nothing more is to be collected
};

/// Policies are scored on held-out seeds.
struct EvaluateConfig {
  std::string name = "evaluation";
  std::vector<std::string> policies;
  EvaluationSettings settings;
  std::vector<std::string> sampled;
  std::vector<std::string> videos;
  int64_t video_episodes = 4;
  template <class V>
  void fields(V& v) {
    v("name", name, "of this phase; folders and metrics carry it", not_empty());
    v("policies", policies, "who is scored: names under `policies`, or of earlier phases", required(), not_empty());
    v("settings", settings, "how");
    v("sampled", sampled, "which of them act as they draw, where `settings.sample` says that the others do not");
    v("videos", videos, "which of them are filmed, into videos/<phase>-<policy>.mp4");
    v("video_episodes", video_episodes, "episodes in each video", at_least(1));
  }
  void validate() const;  ///< @throws ConfigError for one of `sampled` that is not scored
};

/// collect, learn, interleave, evaluate.
void add_phases(Registry<Phase>& phases);

}  // namespace onramp
