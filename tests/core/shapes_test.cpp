#include "onramp/core/shapes.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "onramp/base/error.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using test::expect_throws;

TEST(CheckFloat, PassesWhatFits) {
  EXPECT_NO_THROW(check_float("q", at::zeros({2, 3}), {2, 3}));
  EXPECT_NO_THROW(check_float("q", at::zeros({2, 3}, at::kDouble), {2, kAny}));
  EXPECT_NO_THROW(check_float("q", at::zeros({}), {}));
  EXPECT_NO_THROW(check_float("q", at::zeros({0, 3}), {kB, kO}));
}

TEST(CheckFloat, NamesArgumentWishAndWhatCame) {
  expect_throws<ShapeError>(
      [] {
        check_float("q_policy", at::zeros({2, 3}), {3, kAny});
      },
      "q_policy: want float [3, N], got float [2, 3]");
  expect_throws<ShapeError>(
      [] {
        check_float("q", at::zeros({6}), {kE, kB, kT, kN, kO, kA, kF});
      },
      "q: want float [E, B, T, N, O, A, F], got float [6]");
  expect_throws<ShapeError>([] { check_float("q", at::zeros({2}, at::kLong), {2}); }, "want float [2], got int64 [2]");
  expect_throws<ShapeError>([] { check_float("q", at::zeros({2}, at::kBFloat16), {2}); }, "got bfloat16 [2]");
  expect_throws<ShapeError>([] { check_float("q", at::Tensor(), {2}); }, "q: want float [2], got an undefined tensor");
}

TEST(CheckOtherDtypes, NameTheDtype) {
  expect_throws<ShapeError>([] { check_int64("ids", at::zeros({2}), {kB}); }, "ids: want int64 [B], got float [2]");
  expect_throws<ShapeError>(
      [] {
        check_uint8("image", at::zeros({2}, at::kByte), {kB, 4});
      },
      "image: want uint8 [B, 4], got uint8 [2]");
  expect_throws<ShapeError>([] { check_bool("mask", at::zeros({2}), {kB}); }, "mask: want bool [B], got float [2]");
  expect_throws<ShapeError>([] { check_shape("any", at::zeros({2}), {3}); }, "any: want [3], got float [2]");
  expect_throws<ShapeError>([] { check_same_dtype("a", at::zeros({1}), "b", at::zeros({1}, at::kDouble)); },
                            "a: want the dtype of b, double, got float");
  expect_throws<ShapeError>([] { check_numel("v", 5, {2, 3}); }, "v: want 6 values for [2, 3], got 5");
  EXPECT_NO_THROW(check_int64("ids", at::zeros({2}, at::kLong), {kB}));
}

TEST(CheckScalars, RefuseWhatIsOutsideAndNaN) {
  const double nan = std::nan("");
  expect_throws<ValueError>([] { check_positive("beta", 0.0); }, "beta: want > 0, got 0");
  expect_throws<ValueError>([] { check_non_negative("beta", -1.0); }, "beta: want >= 0, got -1");
  expect_throws<ValueError>([] { check_at_least("n", 1.0, 2.0); }, "n: want >= 2, got 1");
  expect_throws<ValueError>([] { check_in_range("gamma", 1.5, 0.0, 1.0); }, "gamma: want in [0, 1], got 1.5");
  expect_throws<ValueError>([&] { check_positive("beta", nan); }, "got nan");
  expect_throws<ValueError>([&] { check_non_negative("beta", nan); }, "got nan");
  expect_throws<ValueError>([&] { check_in_range("beta", nan, 0, 1); }, "got nan");
  EXPECT_NO_THROW(check_positive("beta", std::numeric_limits<double>::min()));
  EXPECT_NO_THROW(check_in_range("gamma", 1.0, 0.0, 1.0));
}

}  // namespace
}  // namespace onramp
