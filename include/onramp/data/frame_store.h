// Images, each stored once and referred to by id.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "onramp/data/frame_space.h"

namespace onramp {

/// Number of a frame in its store: 0, 1, 2, ... in order of insertion, never reused. The same insertions give the same
/// ids, so a cache keyed by id survives a restart.
using FrameId = int64_t;

/// Frames of one shape, in blocks that are never moved: growing copies nothing. What is read does not depend on whether
/// a block lies in memory or in a file.
/// Thread safety: concurrent reads; an append excludes everything else.
class FrameStore {
 public:
  /// @param shape {H, W, C}
  /// @param space where the blocks come from; may serve several stores
  explicit FrameStore(std::vector<int64_t> shape, std::shared_ptr<FrameSpace> space = std::make_shared<FrameSpace>());

  /// Copies one or more whole frames in. O(bytes). @return id of the first; the rest follow it. @throws IoError as
  /// reserve
  FrameId append(std::span<const uint8_t> frames);
  /// Gets the space for so many frames in all. @throws IoError when the disk has no room for those beyond the limit
  void reserve(int64_t frames);
  /// What that would take from its space.
  int64_t missing_bytes(int64_t frames) const;
  /// `frame_bytes()` bytes; valid for the life of the store. REQUIRES: 0 <= id < size(). O(1).
  const uint8_t* frame(FrameId id) const {
    return blocks_[static_cast<size_t>(id >> shift_)] + (id & mask_) * frame_bytes_;
  }
  int64_t size() const { return size_; }
  int64_t resident_bytes() const;  ///< main memory held
  const std::vector<int64_t>& shape() const { return shape_; }
  int64_t frame_bytes() const { return frame_bytes_; }
  /// uint8 [B, H, W, C]. O(bytes), split over at::get_num_threads(). @throws std::logic_error on an id that is not
  /// there.
  at::Tensor gather(std::span<const FrameId> ids) const;

 private:
  int64_t capacity() const { return static_cast<int64_t>(blocks_.size()) << shift_; }

  std::vector<int64_t> shape_;
  int64_t frame_bytes_;
  std::shared_ptr<FrameSpace> space_;
  int64_t shift_ = 0;  // a block holds 2^shift_ frames
  int64_t mask_ = 0;
  int64_t size_ = 0;
  int64_t blocks_in_memory_ = 0;  // the first ones
  std::vector<uint8_t*> blocks_;
};

}  // namespace onramp
