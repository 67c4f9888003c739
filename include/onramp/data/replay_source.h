// Named sets of episodes to draw from: who may be sampled, and with which reward.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "onramp/data/dataset.h"
#include "onramp/data/n_step.h"

namespace onramp {

/// What a replay source does to the raw rewards of its episodes.
struct ReplaySourceConfig {
  RewardTransform reward;
  McTail mc_tail = McTail::kAuto;
  StopMeaning safety_stop = StopMeaning::kAsDeclared;
  bool operator==(const ReplaySourceConfig&) const = default;
  template <class V>
  void fields(V& v) {
    v("reward", reward, "transform applied to every raw reward that this source hands out");
    v("mc_tail", mc_tail, "what follows an episode cut off without success in mc_return");
    v("safety_stop", safety_stop,
      "what a protective stop without success is worth: as_declared, what the task says (cut off: as if it went on; or "
      "over); "
      "lasting: its last reward for ever, so that learners keep away from it where each step costs");
  }
};

/// Episodes of one data set that are sampled together. An episode may be in several sources; its frames are stored
/// once. Thread safety: none; mc_returns fills a cache.
class ReplaySource {
 public:
  ReplaySource(std::string name, const Dataset& dataset, ReplaySourceConfig config);

  /// O(T). @throws ValueError when the episode is in it already or does not exist.
  void add(EpisodeId id);
  bool contains(EpisodeId id) const { return members_.contains(id); }

  const std::string& name() const { return name_; }
  const ReplaySourceConfig& config() const { return config_; }
  /// In order of insertion.
  std::span<const EpisodeId> episodes(EpisodeFilter filter = EpisodeFilter::kAll) const;
  /// One row of the data set for every step of those episodes.
  std::span<const int64_t> step_rows(EpisodeFilter filter = EpisodeFilter::kAll) const;
  /// Every state of those episodes, last ones included (figures, normalisers). O(rows).
  std::vector<int64_t> state_rows(EpisodeFilter filter = EpisodeFilter::kAll) const;
  int64_t steps(EpisodeFilter filter = EpisodeFilter::kAll) const {
    return static_cast<int64_t>(step_rows(filter).size());
  }
  /// Whether that episode's end lasts: `safety_stop: lasting`, a protective stop, no success.
  bool lasts(const EpisodeInfo& episode) const {
    return config_.safety_stop == StopMeaning::kLasting && episode.end == EndReason::kSafetyStop && !episode.succeeded;
  }
  bool empty(EpisodeFilter filter = EpisodeFilter::kAll) const { return step_rows(filter).empty(); }

  /// G_t on the transformed reward by row of the data set; NaN where no step of this source starts. Computed once for
  /// each episode and gamma; the span is valid until the next call or insertion.
  std::span<const float> mc_returns(double gamma) const;

 private:
  struct Members {
    std::vector<EpisodeId> episodes;
    std::vector<int64_t> step_rows;
  };
  struct McCache {
    size_t episodes_done = 0;  // of all_.episodes
    std::vector<float> by_row;
  };
  const Members& members(EpisodeFilter filter) const;

  std::string name_;
  const Dataset* dataset_;
  ReplaySourceConfig config_;
  Members all_, successful_, failed_;
  std::unordered_set<EpisodeId> members_;
  mutable std::map<double, McCache> mc_;
};

/// A data set and the sources over it: what a sampler draws from.
class Replay {
 public:
  Replay(ObservationSpec observation, ActionSpec action,
         const std::shared_ptr<FrameSpace>& frames = std::make_shared<FrameSpace>());

  Dataset& dataset() { return *dataset_; }
  const Dataset& dataset() const { return *dataset_; }
  /// Adds an empty source, or returns the one of that name. @throws ValueError when that one has another config.
  ReplaySource& add_source(const std::string& name, const ReplaySourceConfig& config = {});
  bool has_source(const std::string& name) const { return sources_.contains(name); }
  /// @throws ValueError naming those that exist.
  ReplaySource& source(const std::string& name);
  const ReplaySource& source(const std::string& name) const;
  std::vector<std::string> source_names() const;
  /// Stores an episode once and enters it into each named source.
  EpisodeId add(const Episode& episode, const std::vector<std::string>& sources);

 private:
  std::unique_ptr<Dataset> dataset_;  // at a fixed address: the sources point to it
  std::map<std::string, ReplaySource> sources_;
};

/// What failing for ever and success are worth under a transform.
struct SparseWorth {
  double failure = 0.0, success = 0.0;
};
/// Success that does not end the episode is taken to be held for ever. REQUIRES: gamma < 1
SparseWorth sparse_worth(const RewardTransform& transform, const SparseReward& raw, double gamma);

/// Why nobody would learn to succeed under a transform: failing for ever is worth as much, or more; which two values were compared,
/// and what to set. Empty: all is well.
std::string why_not_transform(const RewardTransform& transform, const SparseWorth& worth);

/// Why targets must not be cut to a range: it leaves out success, or failing for ever where a step costs. Empty: all is well.
std::string why_not_range(const std::array<double, 2>& range, const SparseWorth& worth);

}  // namespace onramp
