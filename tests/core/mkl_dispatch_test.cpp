// Run twice by ctest: as it is, and with ONRAMP_MKL_AVX512=0, since MKL decides once in a process.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "onramp/base/process_setup.h"

namespace onramp {
namespace {

bool switched_off() {
  const char* const choice = std::getenv("ONRAMP_MKL_AVX512");
  return choice != nullptr && std::strcmp(choice, "0") == 0;
}

TEST(MklDispatch, ProgramLinkedToTheObjectFileForcesAvx512UnlessSwitchedOff) {
  const bool forced = !switched_off() && __builtin_cpu_supports("avx512f");
  EXPECT_EQ(mkl_dispatch(), forced ? MklDispatch::kForcedAvx512 : MklDispatch::kOwnChoice) << mkl_dispatch_text();
}

// Products of whole numbers up to 8 sum to at most 300 * 64 < 2^24: float32 holds each partial sum exactly, whatever the order.
TEST(MklDispatch, ProductOfWholeNumbersIsExact) {
  for (const int64_t k : {1, 7, 64, 300}) {
    const auto row = at::arange(k, at::kFloat);
    const auto a = (at::arange(33, at::kFloat).unsqueeze(1) * 5 + row * 3).remainder(17) - 8;   // [33, k]
    const auto b = (row.unsqueeze(1) * 7 + at::arange(21, at::kFloat) * 11).remainder(17) - 8;  // [k, 21]
    const auto product = at::matmul(a, b);                                                      // [33, 21]
    const auto summed =
        (a.to(at::kLong).unsqueeze(2) * b.to(at::kLong).unsqueeze(0)).sum(1).to(at::kFloat);  // [33, 21]
    EXPECT_TRUE(at::equal(product, summed)) << "inner size " << k;
  }
}

// Standard normal factors, k = 512: a sum of 512 terms, each rounded at 2^-24, is off by about sqrt(512) * 2^-24 * sqrt(512) = 3e-5
// at worst; 1e-4 is 0.4 % of an entry's standard deviation of sqrt(512) = 23.
TEST(MklDispatch, ProductOfRealNumbersAgreesWithDouble) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(7);
  const auto a = at::randn({97, 512}, generator);
  const auto b = at::randn({512, 130}, generator);
  const auto slack = (at::matmul(a, b).to(at::kDouble) - at::matmul(a.to(at::kDouble), b.to(at::kDouble))).abs().max();
  EXPECT_LT(slack.item<double>(), 1e-4);
}

}  // namespace
}  // namespace onramp
