#include "onramp/core/generator.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <vector>

namespace onramp {
namespace {

at::Tensor normals(at::Generator& generator, int64_t n) { return at::randn({n}, generator, at::kDouble); }

TEST(TorchStream, DrawKIsAFunctionOfSeedNameAndKAlone) {
  TorchStream a(3, "noise"), b(3, "noise");
  for (int i = 0; i < 4; ++i) normals(a.next(), 7 * i + 1);
  b.set_counter(4);
  const auto expected = normals(a.next(), 33);
  EXPECT_TRUE(at::equal(normals(b.next(), 33), expected));
  EXPECT_TRUE(at::equal(normals(b.at(4), 33), expected));
  EXPECT_EQ(a.counter(), 5u);
  EXPECT_EQ(b.counter(), 5u);

  EXPECT_FALSE(at::equal(normals(a.at(5), 33), expected));
  EXPECT_FALSE(at::equal(normals(TorchStream(4, "noise").at(4), 33), expected));
  EXPECT_FALSE(at::equal(normals(TorchStream(3, "other").at(4), 33), expected));
}

TEST(TorchStream, ForgetsTheSpareNormalOfTheDrawBefore) {
  TorchStream stream(3, "noise");
  const auto fresh = normals(stream.at(1), 3);
  normals(stream.at(0), 1);  // Box-Muller makes two and keeps one
  EXPECT_TRUE(at::equal(normals(stream.at(1), 3), fresh));
}

// From an independent program: Philox fills the 624 words, Python's Mersenne twister reads them.
TEST(TorchStream, FillsTheWholeStateOfTheTwister) {
  TorchStream stream(5, "noise");
  auto* generator = stream.at(2).get<at::CPUGeneratorImpl>();
  EXPECT_EQ(generator->random(), 0x060b3ef8u);
  EXPECT_EQ(generator->random(), 0xd00d0ec6u);
  EXPECT_EQ(generator->random(), 0x45931a9cu);
}

TEST(TorchStream, FirstNumbersOfManyDrawsAreNormal) {
  TorchStream stream(1, "firsts");
  constexpr int n = 20000;
  double sum = 0, squares = 0;
  for (int i = 0; i < n; ++i) {
    const double x = normals(stream.next(), 1).item<double>();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / n, 0.0, 4 * 7.1e-3);      // s.e. 1 / sqrt(n)
  EXPECT_NEAR(squares / n, 1.0, 4 * 1.0e-2);  // s.e. sqrt(2 / n)
}

TEST(TorchStream, LeavesTheGlobalGeneratorAlone) {
  const auto& global = at::detail::getDefaultCPUGenerator();
  const auto before = global.get_state();
  TorchStream stream(1, "a");
  normals(stream.next(), 10);
  Rng rng = RandomStream(1, "b").next();
  auto generator = make_generator(rng);
  normals(generator, 10);
  EXPECT_TRUE(at::equal(global.get_state(), before));
}

TEST(MakeGenerator, FollowsTheRng) {
  const RandomStream stream(9, "policy");
  Rng one = stream.at(3), same = stream.at(3), other = stream.at(4);
  auto a = make_generator(one), b = make_generator(same), c = make_generator(other);
  const auto expected = normals(a, 5);
  EXPECT_TRUE(at::equal(normals(b, 5), expected));
  EXPECT_FALSE(at::equal(normals(c, 5), expected));
}

}  // namespace
}  // namespace onramp
