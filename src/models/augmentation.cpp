#include "onramp/models/augmentation.h"

#include "onramp/nn/augment.h"

namespace onramp {

Observation shift_pictures(const Observation& obs, int64_t pad, at::Generator& rng) {
  if (pad == 0) return obs;
  Observation shifted;
  for (const auto& [name, value] : obs) {
    const bool picture = value.scalar_type() == at::kByte && value.dim() == 4;
    shifted.set(name, picture ? random_shift(value, pad, rng) : value);
  }
  return shifted;
}

}  // namespace onramp
