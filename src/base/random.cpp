#include "onramp/base/random.h"

#include <bit>
#include <cmath>

// A fused multiply-add would change the last bit of normal() where the target has one.
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

namespace onramp {
namespace {

/// Bijective mixing of 64 bits (the finaliser of SplitMix64).
constexpr uint64_t mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

/// FNV-1a, 64 bits.
constexpr uint64_t hash_name(std::string_view name, uint64_t basis) {
  uint64_t h = basis;
  for (const char c : name) h = (h ^ static_cast<uint8_t>(c)) * 0x100000001B3ULL;
  return h;
}

/// Natural logarithm of x in (0, 1] by the atanh series; relative error below 4e-16 (libm's log is not the same
/// everywhere, and only its reproducibility matters here).
double portable_log(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);  // m in [0.5, 1), exact
  if (m < 0.70710678118654752) {
    m *= 2.0;
    --exponent;
  }
  const double s = (m - 1.0) / (m + 1.0);  // |s| < 0.1716: terms fall by 34 each
  const double z = s * s;
  double sum = 0.0;
  for (int k = 23; k >= 1; k -= 2) sum = sum * z + 1.0 / k;
  return 2.0 * s * sum + exponent * 0.69314718055994531;
}

/// sin and cos of 2 pi u for u in [0, 1): the quadrant is split off exactly, the rest is a Taylor series on |t| <= pi/4.
void portable_sincos_turn(double u, double& sine, double& cosine) {
  const int quadrant = (static_cast<int>(u * 8.0) + 1) / 2;     // the nearest, 0..4
  const double t = (u - quadrant * 0.25) * 6.2831853071795865;  // both factors of the difference are exact
  const double z = t * t;
  double s = 0.0, c = 0.0;
  for (int k = 17; k >= 3; k -= 2) s = (s + 1.0) * (-z / (k * (k - 1.0)));
  for (int k = 18; k >= 2; k -= 2) c = (c + 1.0) * (-z / (k * (k - 1.0)));
  s = t * (1.0 + s);
  c = 1.0 + c;
  switch (quadrant & 3) {
    case 0:
      sine = s;
      cosine = c;
      break;
    case 1:
      sine = c;
      cosine = -s;
      break;
    case 2:
      sine = -s;
      cosine = -c;
      break;
    default:
      sine = -c;
      cosine = s;
      break;
  }
}

}  // namespace

std::array<uint32_t, 4> philox4x32_10(std::array<uint32_t, 4> c, std::array<uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * c[0];
    const uint64_t p1 = uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<uint32_t>(p0)};
    k[0] += 0x9E3779B9;
    k[1] += 0xBB67AE85;
  }
  return c;
}

uint64_t Rng::operator()() {
  if (used_ >= 4) {
    words_ = philox4x32_10({block_++, salt_, static_cast<uint32_t>(draw_), static_cast<uint32_t>(draw_ >> 32)},
                           {static_cast<uint32_t>(key_), static_cast<uint32_t>(key_ >> 32)});
    used_ = 0;
  }
  const uint64_t value = words_[used_] | uint64_t{words_[used_ + 1]} << 32;
  used_ += 2;
  return value;
}

double Rng::uniform() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }

double Rng::uniform(double low, double high) {
  const double value = low + (high - low) * uniform();
  return value < high ? value : std::nextafter(high, low);  // rounding may reach `high`
}

double Rng::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2.0 * portable_log(1.0 - uniform()));  // 1 - u is in (0, 1]
  double sine = 0.0, cosine = 0.0;
  portable_sincos_turn(uniform(), sine, cosine);
  spare_ = radius * sine;
  has_spare_ = true;
  return radius * cosine;
}

int64_t Rng::below(int64_t n) {
  // Lemire's multiply-and-reject: the high word of a 128-bit product, without the biased low part.
  const auto range = static_cast<uint64_t>(n);
  auto product = static_cast<unsigned __int128>((*this)()) * range;
  if (static_cast<uint64_t>(product) < range) {
    const uint64_t threshold = (0 - range) % range;
    while (static_cast<uint64_t>(product) < threshold) product = static_cast<unsigned __int128>((*this)()) * range;
  }
  return static_cast<int64_t>(product >> 64);
}

bool Rng::bernoulli(double p) { return uniform() < p; }

RandomStream::RandomStream(uint64_t seed, std::string_view name)
    : key_(mix(mix(seed) ^ hash_name(name, 0xCBF29CE484222325ULL))),
      salt_(static_cast<uint32_t>(mix(seed ^ hash_name(name, 0x6C62272E07BB0142ULL)) >> 32)) {}

uint64_t derive_seed(uint64_t seed, std::string_view purpose, uint64_t number) {
  return RandomStream(seed, purpose).at(number)();
}

}  // namespace onramp
