// Images, each stored once and referred to by id.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace onramp {

/// Number of a frame in its store: 0, 1, 2, ... in order of insertion, never reused. The same insertions give the same
/// ids, so a cache keyed by id survives a restart.
using FrameId = int64_t;

/// Frames of one shape. The interface a memory-mapped store will implement as well; owners see no difference.
/// Thread safety: concurrent reads; an append excludes everything else.
class FrameStore {
 public:
  /// @param shape {H, W, C}
  explicit FrameStore(std::vector<int64_t> shape);
  virtual ~FrameStore() = default;
  FrameStore(const FrameStore&) = delete;
  FrameStore& operator=(const FrameStore&) = delete;

  /// Copies one or more whole frames in. O(bytes). @return id of the first; the rest follow it.
  virtual FrameId append(std::span<const uint8_t> frames) = 0;
  /// `frame_bytes()` bytes; valid for the life of the store. REQUIRES: 0 <= id < size(). O(1).
  virtual const uint8_t* frame(FrameId id) const = 0;
  virtual int64_t size() const = 0;
  virtual int64_t resident_bytes() const = 0;  ///< main memory held

  const std::vector<int64_t>& shape() const { return shape_; }
  int64_t frame_bytes() const { return frame_bytes_; }
  /// uint8 [B, H, W, C]. O(bytes), split over at::get_num_threads(). @throws std::logic_error on an id that is not
  /// there.
  at::Tensor gather(std::span<const FrameId> ids) const;

 private:
  std::vector<int64_t> shape_;
  int64_t frame_bytes_;
};

/// In main memory, in blocks that are never moved: growing copies nothing, and an unfilled block costs no resident
/// memory.
class MemoryFrameStore final : public FrameStore {
 public:
  explicit MemoryFrameStore(std::vector<int64_t> shape, int64_t block_bytes = int64_t{64} << 20);
  FrameId append(std::span<const uint8_t> frames) override;
  const uint8_t* frame(FrameId id) const override {
    return blocks_[static_cast<size_t>(id >> shift_)].get() + (id & mask_) * frame_bytes();
  }
  int64_t size() const override { return size_; }
  int64_t resident_bytes() const override { return size_ * frame_bytes(); }

 private:
  int64_t shift_ = 0;  // a block holds 2^shift_ frames
  int64_t mask_ = 0;
  int64_t size_ = 0;
  std::vector<std::unique_ptr<uint8_t[]>> blocks_;
};

using FrameStoreFactory = std::function<std::unique_ptr<FrameStore>(const std::vector<int64_t>& shape)>;
/// The default factory.
std::unique_ptr<FrameStore> make_memory_frame_store(const std::vector<int64_t>& shape);

}  // namespace onramp
