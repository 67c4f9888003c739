// Augmentation of pictures, on the device they are on.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace onramp {

/// Random shift of DrQ (arXiv:2004.13649): replicate `pad` pixels at each border, then crop the original size at a random
/// place. Each image draws its own shift, uniform over the (2 pad + 1)^2 places.
/// @param images    [B, H, W, C], any dtype
/// @param pad       pixels, >= 0 (0 returns the images unchanged)
/// @param generator of the images' device
/// @return a new tensor like images
at::Tensor random_shift(const at::Tensor& images, int64_t pad, at::Generator& generator);

/// The same with given shifts. @param shifts int64 [B, 2] in [-pad, pad]: output (y, x) is input (y + shift_0, x + shift_1),
/// clamped to the border. @param fused copies row by row where the images are on the CPU; otherwise, and when false, gathers
/// pixels by index. Both give the same bits.
at::Tensor shift_images(const at::Tensor& images, const at::Tensor& shifts, bool fused = true);

}  // namespace onramp
