// What is to be seen in pictures of scenes.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace onramp::test {

/// @param rgb  uint8 [H, W, 3]
inline int64_t red_pixels(const at::Tensor& rgb) {
  const uint8_t* p = rgb.const_data_ptr<uint8_t>();
  int64_t count = 0;
  for (int64_t i = 0; i < rgb.numel(); i += 3) count += p[i] > 60 && p[i] > 3 * p[i + 1] && p[i] > 3 * p[i + 2];
  return count;
}

}  // namespace onramp::test
