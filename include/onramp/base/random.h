// Named, counter-based random streams: draw k of a stream is a pure function of (seed, name, k), never of what was drawn
// before it or of when a thread ran. So a checkpoint holds one number per stream, and two streams never disturb each other.
//
// Generator: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). Only integer and basic
// IEEE operations are used, so that a draw has the same bits on every platform and with every libm.
//
// Thread safety: none of these share state; one object must not be used by two threads at once.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace onramp {

/// The generator of one draw: 2^32 blocks of 128 random bits. A UniformRandomBitGenerator, so std::shuffle takes it, but
/// mind that std:: distributions differ between standard libraries.
class Rng {
 public:
  using result_type = uint64_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<uint64_t>::max(); }

  /// @param key     64 bits that name the stream
  /// @param salt    32 more bits of the stream's name
  /// @param draw    number of the draw in the stream
  Rng(uint64_t key, uint32_t salt, uint64_t draw) : key_(key), draw_(draw), salt_(salt) {}

  uint64_t operator()();
  double uniform();                         ///< in [0, 1), 53 bits
  double uniform(double low, double high);  ///< in [low, high)
  double normal();                          ///< mean 0, standard deviation 1 (Box-Muller)
  int64_t below(int64_t n);                 ///< in [0, n), every value equally likely. REQUIRES: n >= 1
  bool bernoulli(double p);                 ///< true with probability p

 private:
  uint64_t key_;
  uint64_t draw_;
  uint32_t salt_;
  uint32_t block_ = 0;  // next block of the draw
  int used_ = 4;        // words of `words_` handed out
  std::array<uint32_t, 4> words_{};
  bool has_spare_ = false;  // Box-Muller makes two normals at a time
  double spare_ = 0.0;
};

/// A named stream of draws. Invariant: next() is at(counter()), and then counter() grows by one.
class RandomStream {
 public:
  /// @param name  of what is drawn: streams of one seed with different names are independent
  RandomStream(uint64_t seed, std::string_view name);

  Rng next() { return at(counter_++); }
  Rng at(uint64_t k) const { return Rng(key_, salt_, k); }
  uint64_t counter() const { return counter_; }
  void set_counter(uint64_t counter) { counter_ = counter; }

 private:
  uint64_t key_;
  uint32_t salt_;
  uint64_t counter_ = 0;
};

/// A seed for something numbered, e.g. derive_seed(run_seed, "evaluation", episode_number).
uint64_t derive_seed(uint64_t seed, std::string_view purpose, uint64_t number);

/// One block of Philox4x32-10 (for tests against the published vectors).
std::array<uint32_t, 4> philox4x32_10(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

}  // namespace onramp
