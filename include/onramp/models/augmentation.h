// Augmentation of observations while learning.
#pragma once

#include <ATen/core/Generator.h>

#include <cstdint>

#include "onramp/data/observation.h"

namespace onramp {

/// The observation with each picture (uint8 [B, H, W, C]) shifted at random by up to `pad` pixels (nn/augment.h); other
/// entries as they are. One draw of `rng` for all; none when pad is 0.
Observation shift_pictures(const Observation& obs, int64_t pad, at::Generator& rng);

}  // namespace onramp
