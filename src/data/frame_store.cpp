#include "onramp/data/frame_store.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "onramp/base/error.h"
#include "onramp/core/parallel.h"

namespace onramp {
namespace {

/// memcpy of a frame that lies anywhere, while what follows is already on its way: memory answers in its own time, and a
/// frame is too short for the processor to notice by itself that it is being read from end to end. By pages, since copies
/// longer than that are done by one slow instruction on some processors.
void copy_frame(uint8_t* to, const uint8_t* from, const uint8_t* following, int64_t bytes) {
  constexpr int64_t kPage = 4096, kLine = 64;
  for (int64_t page = 0; page < bytes; page += kPage) {
    const int64_t end = std::min(page + kPage, bytes);
    for (int64_t line = page; line < end; line += kLine)
      __builtin_prefetch(following + line, /*write=*/0, /*locality=*/2);
    std::memcpy(to + page, from + page, static_cast<size_t>(end - page));
  }
}

}  // namespace

FrameStore::FrameStore(std::vector<int64_t> shape) : shape_(std::move(shape)), frame_bytes_(1) {
  for (int64_t size : shape_) frame_bytes_ *= size;
  ONRAMP_CHECK(shape_.size() == 3 && frame_bytes_ > 0, "a frame is [H, W, C], got ", at::IntArrayRef(shape_));
}

at::Tensor FrameStore::gather(std::span<const FrameId> ids) const {
  const auto B = static_cast<int64_t>(ids.size());
  for (const FrameId id : ids) ONRAMP_CHECK(id >= 0 && id < size(), "frame ", id, " of ", size());
  auto frames = at::empty({B, shape_[0], shape_[1], shape_[2]}, at::kByte);
  auto* out = frames.mutable_data_ptr<uint8_t>();
  // Below a quarter of a megabyte waking a thread costs more than it saves.
  const int64_t grain = std::max<int64_t>(1, (int64_t{256} << 10) / frame_bytes_);
  at::parallel_for(0, B, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const auto at = static_cast<size_t>(i);
      copy_frame(out + i * frame_bytes_, frame(ids[at]), frame(ids[i + 1 < end ? at + 1 : at]), frame_bytes_);
    }
  });
  return frames;
}

MemoryFrameStore::MemoryFrameStore(std::vector<int64_t> shape, int64_t block_bytes) : FrameStore(std::move(shape)) {
  const auto frames = static_cast<uint64_t>(std::max<int64_t>(1, block_bytes / frame_bytes()));
  shift_ = std::bit_width(frames) - 1;
  mask_ = (int64_t{1} << shift_) - 1;
}

FrameId MemoryFrameStore::append(std::span<const uint8_t> frames) {
  const auto bytes = static_cast<size_t>(frame_bytes());
  ONRAMP_CHECK(frames.size() % bytes == 0, frames.size(), " bytes are not whole frames of ", bytes);
  const FrameId first = size_;
  for (size_t at = 0; at < frames.size(); at += bytes, ++size_) {
    if ((size_ & mask_) == 0) blocks_.emplace_back(new uint8_t[bytes << shift_]);  // uninitialised: touched when filled
    std::memcpy(blocks_.back().get() + static_cast<size_t>(size_ & mask_) * bytes, frames.data() + at, bytes);
  }
  return first;
}

std::unique_ptr<FrameStore> make_memory_frame_store(const std::vector<int64_t>& shape) {
  return std::make_unique<MemoryFrameStore>(shape);
}

}  // namespace onramp
