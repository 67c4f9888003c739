#include "onramp/nn/augment.h"

#include <ATen/Functions.h>
#include <ATen/TensorIndexing.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cstring>

#include "onramp/core/parallel.h"
#include "onramp/core/shapes.h"

namespace onramp {
namespace {

// Rows of bytes: the middle of each row is one copy, its ends repeat the border pixel.
void shift_on_cpu(const at::Tensor& images, const at::Tensor& shifts, at::Tensor& out) {
  const int64_t H = images.size(1), W = images.size(2);
  const int64_t pixel = images.size(3) * images.element_size(), row = W * pixel;
  const auto* source = static_cast<const uint8_t*>(images.const_data_ptr());
  auto* target = static_cast<uint8_t*>(out.mutable_data_ptr());
  const auto* shift = shifts.const_data_ptr<int64_t>();
  at::parallel_for(0, images.size(0), 16, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      const int64_t dy = shift[2 * b], dx = shift[2 * b + 1];
      const int64_t left = std::clamp<int64_t>(-dx, 0, W),
                    right = std::clamp<int64_t>(W - dx, 0, W);  // [left, right) has a source
      for (int64_t y = 0; y < H; ++y) {
        const uint8_t* in = source + (b * H + std::clamp<int64_t>(y + dy, 0, H - 1)) * row;
        uint8_t* to = target + (b * H + y) * row;
        for (int64_t x = 0; x < left; ++x) std::memcpy(to + x * pixel, in, static_cast<size_t>(pixel));
        if (right > left)
          std::memcpy(to + left * pixel, in + (left + dx) * pixel, static_cast<size_t>((right - left) * pixel));
        for (int64_t x = std::max(left, right); x < W; ++x)
          std::memcpy(to + x * pixel, in + row - pixel, static_cast<size_t>(pixel));
      }
    }
  });
}

}  // namespace

at::Tensor shift_images(const at::Tensor& images, const at::Tensor& shifts, bool fused) {
  check_shape("images", images, {kB, kAny, kAny, kAny});
  const auto B = images.size(0), H = images.size(1), W = images.size(2);
  check_int64("shifts", shifts, {B, 2});
  if (fused && images.device().is_cpu()) {
    const auto source = images.contiguous();
    auto out = at::empty_like(source);
    shift_on_cpu(source, shifts.contiguous(), out);
    return out;
  }
  const auto index = shifts.options();
  const auto rows = (at::arange(H, index) + shifts.select(1, 0).unsqueeze(1)).clamp(0, H - 1);     // [B, H]
  const auto columns = (at::arange(W, index) + shifts.select(1, 1).unsqueeze(1)).clamp(0, W - 1);  // [B, W]
  return images.index({at::arange(B, index).view({B, 1, 1}), rows.unsqueeze(2), columns.unsqueeze(1)});
}

at::Tensor random_shift(const at::Tensor& images, int64_t pad, at::Generator& generator) {
  check_shape("images", images, {kB, kAny, kAny, kAny});
  check_non_negative("pad", static_cast<double>(pad));
  if (pad == 0) return images;
  const auto shifts = at::randint(-pad, pad + 1, {images.size(0), 2}, generator, images.options().dtype(at::kLong));
  return shift_images(images, shifts);
}

}  // namespace onramp
