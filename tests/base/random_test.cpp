#include "onramp/base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace onramp {
namespace {

// The published vectors of Random123 (kat_vectors, philox4x32 10).
TEST(Philox, MatchesThePublishedVectors) {
  using Block = std::array<uint32_t, 4>;
  constexpr uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(philox4x32_10({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32_10({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// From an independent program (Python integers). A change of these breaks the resume of every older run.
TEST(RandomStream, KeepsItsBitsForEver) {
  Rng first = RandomStream(7, "demo").at(0);
  EXPECT_EQ(first(), 0xfd7c99e7b98de26cU);
  EXPECT_EQ(first(), 0x6edffefd2592eb10U);
  EXPECT_EQ(first(), 0x5001d8f508283ca3U);  // second block
  EXPECT_EQ(first(), 0x34cb341051052715U);
  EXPECT_EQ(RandomStream(7, "demo").at(1)(), 0x931a2ac9007892b0U);
  EXPECT_EQ(RandomStream(7, "other").at(0)(), 0x098299140aa455fcU);
  EXPECT_EQ(RandomStream(8, "demo").at(0)(), 0x8b9cfb1618efe086U);
  EXPECT_EQ(RandomStream(7, "demo").at(uint64_t{1} << 40)(), 0x6fead79918f27903U);
  EXPECT_EQ(derive_seed(7, "demo", 1), 0x931a2ac9007892b0U);
}

// From an independent program with the C library's log, sin and cos.
TEST(Rng, NormalsAreBoxMuller) {
  Rng rng = RandomStream(7, "demo").at(3);
  EXPECT_NEAR(rng.normal(), -0.5750110682141165, 2e-15);
  EXPECT_NEAR(rng.normal(), 1.1363097512708804, 2e-15);
  EXPECT_NEAR(rng.normal(), 1.2023685167419995, 2e-15);
  EXPECT_NEAR(rng.normal(), -0.4718393155807409, 2e-15);
  Rng again = RandomStream(7, "demo").at(3);
  EXPECT_EQ(again.uniform(), 0.5555504770752903);
  EXPECT_EQ(again.uniform(), 0.3245581922998666);
}

TEST(RandomStream, DrawKDoesNotDependOnWhatWasDrawnBefore) {
  RandomStream stream(3, "exploration");
  for (int i = 0; i < 5; ++i) {
    Rng rng = stream.next();
    for (int j = 0; j < i * 7; ++j) rng.normal();
  }
  EXPECT_EQ(stream.counter(), 5u);
  EXPECT_EQ(stream.next()(), RandomStream(3, "exploration").at(5)());

  RandomStream resumed(3, "exploration");
  resumed.set_counter(6);
  EXPECT_EQ(resumed.next()(), stream.next()());
}

TEST(Rng, NormalHasItsMoments) {
  constexpr int n = 200000;
  Rng rng = RandomStream(1, "moments").at(0);
  double sum = 0, squares = 0, cubes = 0, fourths = 0;
  int beyond3 = 0;
  for (int i = 0; i < n; ++i) {
    const double x = rng.normal();
    sum += x;
    squares += x * x;
    cubes += x * x * x;
    fourths += x * x * x * x;
    beyond3 += std::abs(x) > 3.0;
  }
  // Standard errors: sqrt(1, 2, 15, 96 over n) = 2.2e-3, 3.2e-3, 8.7e-3, 2.2e-2; share beyond 3: p = 2.6998e-3, 1.16e-4.
  EXPECT_NEAR(sum / n, 0.0, 4 * 2.2e-3);
  EXPECT_NEAR(squares / n, 1.0, 4 * 3.2e-3);
  EXPECT_NEAR(cubes / n, 0.0, 4 * 8.7e-3);
  EXPECT_NEAR(fourths / n, 3.0, 4 * 2.2e-2);
  EXPECT_NEAR(static_cast<double>(beyond3) / n, 2.6998e-3, 4 * 1.16e-4);
}

TEST(Rng, UniformStaysInItsRange) {
  Rng rng = RandomStream(1, "uniform").at(0);
  double sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const double x = rng.uniform(-2.0, 4.0);
    ASSERT_GE(x, -2.0);
    ASSERT_LT(x, 4.0);
    sum += x;
  }
  EXPECT_NEAR(sum / 100000, 1.0, 4 * 5.5e-3);  // s.e. 6 / sqrt(12 n)
  for (int i = 0; i < 1000; ++i) ASSERT_LT(rng.uniform(1.0, std::nextafter(1.0, 2.0)), std::nextafter(1.0, 2.0));
}

TEST(Rng, BelowIsUniformWithoutBias) {
  Rng rng = RandomStream(1, "below").at(0);
  std::vector<int> counts(7);
  constexpr int n = 140000;
  for (int i = 0; i < n; ++i) ++counts[static_cast<size_t>(rng.below(7))];
  for (const int count : counts) EXPECT_NEAR(count, n / 7, 4 * 131);  // s.e. sqrt(n p (1 - p)) = 131

  // Three quarters of 2^63: a plain remainder would hit the lower third twice as often (1/2 instead of 1/3).
  const int64_t large = int64_t{3} << 61;
  int low = 0;
  for (int i = 0; i < 10000; ++i) low += rng.below(large) < (int64_t{1} << 61);
  EXPECT_NEAR(low / 10000.0, 1.0 / 3.0, 4 * 4.7e-3);
  EXPECT_EQ(rng.below(1), 0);
}

TEST(Rng, BernoulliHasItsProbability) {
  Rng rng = RandomStream(1, "bernoulli").at(0);
  int hits = 0;
  for (int i = 0; i < 100000; ++i) hits += rng.bernoulli(0.02);
  EXPECT_NEAR(hits / 100000.0, 0.02, 4 * 4.4e-4);
  EXPECT_FALSE(rng.bernoulli(0.0));
  EXPECT_TRUE(rng.bernoulli(1.0));
}

TEST(RandomStream, NeighbouringSeedsAndNamesAreUncorrelated) {
  // Bits that agree between streams: a half, with standard error 0.5 / sqrt(64 * 2000) = 1.4e-3.
  const auto agreement = [](const RandomStream& a, const RandomStream& b) {
    int64_t same = 0;
    for (uint64_t k = 0; k < 2000; ++k) same += 64 - std::popcount(a.at(k)() ^ b.at(k)());
    return static_cast<double>(same) / (64 * 2000);
  };
  EXPECT_NEAR(agreement({0, "a"}, {1, "a"}), 0.5, 4 * 1.4e-3);
  EXPECT_NEAR(agreement({0, "a"}, {0, "b"}), 0.5, 4 * 1.4e-3);
  EXPECT_NEAR(agreement({0, "a"}, {0, ""}), 0.5, 4 * 1.4e-3);
}

}  // namespace
}  // namespace onramp
