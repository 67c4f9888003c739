// What a learner asks for and what it is given.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "onramp/data/observation.h"

namespace onramp {

/// `discount` is g^m over the m rewards summed, 0 at a terminal: y = reward + discount * V(next_obs).
/// Of sequences each of them has an axis T after B, and the column `mask`, float [B, T], is 1 where a step is there and 0 where the
/// episode's last one is repeated to fill T.
struct Batch {
  Observation obs;                            // [B, ...]
  at::Tensor action;                          // float [B, A]
  at::Tensor reward;                          // float [B] n-step sum of transformed rewards
  at::Tensor discount;                        // float [B]
  Observation next_obs;                       // [B, ...]
  Observation goal;                           // [B, ...] with kind goal only
  std::map<std::string, at::Tensor> columns;  // float [B] or [B, W]: what the request named

  int64_t size() const { return action.defined() ? action.size(0) : obs.batch_size(); }
  Batch to(at::Device device) const;
  Batch slice(int64_t begin, int64_t end) const;
};

/// Transitions; triples of state, next state and goal; or consecutive transitions of one episode.
enum class SampleKind : uint8_t { kTransition, kGoal, kSequence };
/// What an image entry of a batch holds.
enum class ImageForm : uint8_t {
  kPixels,    ///< uint8 [B,H,W,C]
  kFrameIds,  ///< int64 [B]: a feature cache replaces them by float [B,F]
};
/// Which episodes of a source are drawn from, by their raw success flag.
enum class EpisodeFilter : uint8_t { kAll, kSuccessful, kFailed };

/// A source of a batch, and how much of it.
struct SourceShare {
  std::string source;  ///< name of a replay source, e.g. "offline", "online"
  double share = 1.0;  ///< > 0; shares are normalised, exact over a cycle
  EpisodeFilter filter = EpisodeFilter::kAll;
  bool optional =
      false;  ///< while it is empty its share goes to the others (logged once), else an error before the phase
};

/// One batch of an update. A plan (list of requests) is asked once per phase.
struct BatchRequest {
  std::string name = "batch";
  int64_t size = 256;       ///< rows of one minibatch
  int64_t minibatches = 1;  ///< slices of one batch of size * minibatches
  SampleKind kind = SampleKind::kTransition;
  std::vector<SourceShare> sources;
  bool wants_success = false;  ///< refused before the phase where no episode of its sources succeeded
  int64_t n_step = 1;          ///< rewards summed, at most
  double gamma = 0.99;         ///< discount of one step
  std::optional<std::array<double, 2>> value_range;  ///< that targets are cut to, which what rewards earn must lie in
  ImageForm images = ImageForm::kPixels;
  std::vector<std::string> observations;  ///< entries wanted; empty: all that are not privileged
  std::vector<std::string> columns;       ///< "mc_return", "success", "step", or a stored extra column
  // kind goal: shares of where the goal comes from (HILP); the rest of 1 are random states.
  double goal_future = 0.625;  ///< a later state of the same episode, geometric with gamma
  double goal_self = 0.0;      ///< the state itself
  // kind sequence
  int64_t steps = 1;  ///< T, of each sequence; n-step sums and columns are of each step
};

using Batches = std::map<std::string, Batch>;  // by request name

}  // namespace onramp
