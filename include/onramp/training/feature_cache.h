// A frozen encoder's features, computed once a frame.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "onramp/data/batch.h"
#include "onramp/data/dataset.h"

namespace onramp {

/// (image entry, uint8 [B,H,W,C]) -> float [B,F], without gradient.
using FrameEncoder = std::function<at::Tensor(const std::string& entry, const at::Tensor& frames)>;

/// Keyed by frame id; one cache belongs to one encoder (its hash names it) and one data set.
/// Features of an episode are computed in one forward pass over that episode's frames, so that their bits do not depend on
/// when the cache was filled: a resumed run sees the same numbers. Not thread-safe.
class FeatureCache {
 public:
  /// @param entries  image entries that the encoder knows; others are left alone
  FeatureCache(FrameEncoder encoder, std::vector<std::string> entries, std::string encoder_hash, at::Device device);

  const std::string& encoder_hash() const { return encoder_hash_; }
  /// Encodes the frames of episodes that came since the last call. O(new frames).
  void extend(const Dataset& dataset);
  /// Replaces frame ids (int64 [B] or [B, T], see ImageForm::kFrameIds) in obs, next_obs and goal by features, float with an axis F
  /// more.
  /// @throws std::logic_error on a frame that was not encoded yet.
  void resolve(Batch& batch) const;
  int64_t resident_bytes() const;

 private:
  at::Tensor lookup(const std::string& entry, const at::Tensor& ids) const;
  void resolve(Observation& observation) const;

  FrameEncoder encoder_;
  std::vector<std::string> names_;
  std::string encoder_hash_;
  at::Device device_;
  EpisodeId episodes_done_ = 0;
  struct Entry {
    at::Tensor features;  // [capacity, F]
    int64_t size = 0;
  };
  std::map<std::string, Entry> entries_;
};

}  // namespace onramp
