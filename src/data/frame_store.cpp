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

FrameStore::FrameStore(std::vector<int64_t> shape, std::shared_ptr<FrameSpace> space)
    : shape_(std::move(shape)), frame_bytes_(1), space_(std::move(space)) {
  for (int64_t size : shape_) frame_bytes_ *= size;
  ONRAMP_CHECK(shape_.size() == 3 && frame_bytes_ > 0, "a frame is [H, W, C], got ", at::IntArrayRef(shape_));
  const auto frames = static_cast<uint64_t>(std::max<int64_t>(1, space_->block_bytes() / frame_bytes_));
  shift_ = std::bit_width(frames) - 1;
  mask_ = (int64_t{1} << shift_) - 1;
}

int64_t FrameStore::missing_bytes(int64_t frames) const {
  const int64_t blocks = (frames + mask_) >> shift_;
  return std::max<int64_t>(0, blocks - static_cast<int64_t>(blocks_.size())) * (frame_bytes_ << shift_);
}

void FrameStore::reserve(int64_t frames) {
  while (capacity() < frames) {
    const auto block = space_->add_block(frame_bytes_ << shift_);
    blocks_.push_back(block.data);
    blocks_in_memory_ += block.in_memory;
  }
}

FrameId FrameStore::append(std::span<const uint8_t> frames) {
  const auto bytes = static_cast<size_t>(frame_bytes_);
  ONRAMP_CHECK(frames.size() % bytes == 0, frames.size(), " bytes are not whole frames of ", bytes);
  reserve(size_ + static_cast<int64_t>(frames.size() / bytes));
  const FrameId first = size_;
  for (size_t at = 0; at < frames.size(); at += bytes, ++size_) {
    uint8_t* block = blocks_[static_cast<size_t>(size_ >> shift_)];
    std::memcpy(block + static_cast<size_t>(size_ & mask_) * bytes, frames.data() + at, bytes);
  }
  return first;
}

int64_t FrameStore::resident_bytes() const { return std::min(size_, blocks_in_memory_ << shift_) * frame_bytes_; }

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

}  // namespace onramp
