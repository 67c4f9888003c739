// Random tensors from named streams: the bridge from base/random.h to at::Generator.
#pragma once

#include <ATen/core/Generator.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <string_view>

#include "onramp/base/random.h"

namespace onramp {

/// A stream of tensor draws. Draw k starts from a generator state that is a function of (seed, name, k) alone, so the
/// whole state of the stream is its counter. One draw is one piece of work (an update, an initialisation): ask next()
/// once and take as many numbers from it as the work needs. Not thread-safe.
class TorchStream {
 public:
  /// @param name  as of a RandomStream
  TorchStream(uint64_t seed, std::string_view name, at::Device device = at::kCPU);

  /// The generator at the start of draw counter(); then the counter grows. The reference stays valid for the stream's
  /// life, its state until the next call.
  at::Generator& next();
  /// The same for a draw of any number; the counter stays.
  at::Generator& at(uint64_t k);

  uint64_t counter() const { return stream_.counter(); }
  void set_counter(uint64_t counter) { stream_.set_counter(counter); }

 private:
  RandomStream stream_;
  at::Generator generator_;
};

/// A CPU generator whose state comes from `rng` (for policies and environments that are handed an Rng).
at::Generator make_generator(Rng& rng, at::Device device = at::kCPU);

/// Puts an existing generator into the state that `rng` determines.
void seed_generator(at::Generator& generator, Rng& rng);

}  // namespace onramp
