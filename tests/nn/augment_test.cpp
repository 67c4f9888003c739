#include "onramp/nn/augment.h"

#include <ATen/Context.h>

#include <algorithm>

#include "nn_test_support.h"
#include "onramp/base/error.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using test::expect_equal_bits;
using test::seeded;

at::Tensor random_images(at::IntArrayRef sizes, uint64_t seed) {
  auto g = seeded(seed);
  return at::randint(0, 256, sizes, g, at::TensorOptions(at::kByte));
}

// The definition, pixel by pixel.
at::Tensor shifted_slowly(const at::Tensor& images, const at::Tensor& shifts) {
  auto out = at::empty_like(images);
  const auto H = images.size(1), W = images.size(2);
  for (int64_t b = 0; b < images.size(0); ++b) {
    for (int64_t y = 0; y < H; ++y) {
      for (int64_t x = 0; x < W; ++x) {
        const auto from_y = std::clamp<int64_t>(y + shifts[b][0].item<int64_t>(), 0, H - 1);
        const auto from_x = std::clamp<int64_t>(x + shifts[b][1].item<int64_t>(), 0, W - 1);
        out[b][y][x].copy_(images[b][from_y][from_x]);
      }
    }
  }
  return out;
}

TEST(ShiftImages, RepeatsTheBorder) {
  const auto image = at::tensor({1, 2, 3, 4, 5, 6, 7, 8, 9}, at::kByte).view({1, 3, 3, 1});
  const auto moved = shift_images(image, at::tensor({1, -1}, at::kLong).view({1, 2}));
  // row y shows row y + 1, column x shows column x - 1
  expect_equal_bits(moved.flatten(), at::tensor({4, 4, 5, 7, 7, 8, 7, 7, 8}, at::kByte));
}

TEST(ShiftImages, EqualsTheDefinitionForEveryShift) {
  const auto images = random_images({121, 6, 5, 3}, 1);
  const auto shifts = at::cartesian_prod({at::arange(-5, 6), at::arange(-5, 6)});  // up to the whole width
  const auto floats = images.to(at::kFloat);
  for (const bool fused : {true, false}) {
    expect_equal_bits(shift_images(images, shifts, fused), shifted_slowly(images, shifts));
    expect_equal_bits(shift_images(floats, shifts, fused), shifted_slowly(floats, shifts));
  }
}

TEST(ShiftImages, TakesImagesThatAreNotContiguous) {
  const auto images = random_images({4, 3, 6, 5}, 2).permute({0, 2, 3, 1});
  const auto shifts = at::tensor({1, 2, 0, 0, -1, 1, 2, -2}, at::kLong).view({4, 2});
  expect_equal_bits(shift_images(images, shifts), shift_images(images.contiguous(), shifts));
}

// A picture whose pixel says where it is: after a shift the pixel in the middle says by how much.
at::Tensor drawn_shifts(int64_t count, int64_t pad, at::Generator& g) {
  const auto position = at::arange(256, at::kByte).view({16, 16, 1});  // 16 y + x
  const auto out = random_shift(position.expand({count, 16, 16, 1}), pad, g);
  const auto middle = out.select(1, 8).select(1, 8).to(at::kLong);  // [count, 1]
  return at::cat({at::floor_divide(middle, 16) - 8, middle.remainder(16) - 8}, 1);
}

TEST(RandomShift, DrawsEveryShiftEquallyOftenAndForEachImageAnew) {
  auto g = seeded(3);
  constexpr int64_t kCount = 81000, kPad = 4;  // 81 places, 1000 expected in each, s.e. 31.4
  const auto shifts = drawn_shifts(kCount, kPad, g);
  const auto counts = at::bincount((shifts.select(1, 0) + kPad) * 9 + shifts.select(1, 1) + kPad, {}, 81);
  EXPECT_EQ(counts.size(0), 81);
  EXPECT_GT(counts.min().item<int64_t>(), 1000 - 5 * 32);
  EXPECT_LT(counts.max().item<int64_t>(), 1000 + 5 * 32);
}

TEST(RandomShift, SameGeneratorGivesTheSameShiftsAndTheGlobalOneIsLeftAlone) {
  const auto global = at::globalContext().defaultGenerator(at::kCPU).get_state();
  auto a = seeded(4), b = seeded(4), c = seeded(5);
  const auto first = drawn_shifts(50, 4, a);
  expect_equal_bits(first, drawn_shifts(50, 4, b));
  EXPECT_FALSE(at::equal(first, drawn_shifts(50, 4, c)));
  expect_equal_bits(at::globalContext().defaultGenerator(at::kCPU).get_state(), global);
}

TEST(RandomShift, OfZeroPixelsChangesNothing) {
  auto g = seeded(6);
  const auto images = random_images({3, 4, 4, 3}, 7);
  expect_equal_bits(random_shift(images, 0, g), images);
}

TEST(RandomShift, NamesImagesWithoutABatchAxis) {
  auto g = seeded(6);
  test::expect_throws<ShapeError>([&] { random_shift(random_images({4, 4, 3}, 1), 2, g); }, "images: want ");
  test::expect_throws<ValueError>(
      [&] {
        random_shift(random_images({1, 4, 4, 3}, 1), -1, g);
      },
      "pad: want >= 0, got -1");
}

}  // namespace
}  // namespace onramp
