#include "onramp/core/tensor_io.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "onramp/base/error.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

TEST(CopyToTensor, TakesDtypeFromTheValuesAndOwnsItsMemory) {
  std::vector<float> values{1, 2, 3, 4, 5, 6};
  const auto tensor = copy_to_tensor(values, {2, 3});
  values[4] = 99;
  EXPECT_EQ(tensor.scalar_type(), at::kFloat);
  EXPECT_EQ(tensor[1][1].item<float>(), 5.0f);
  EXPECT_EQ(copy_to_tensor(std::vector<uint8_t>{7}).scalar_type(), at::kByte);
  EXPECT_EQ(copy_to_tensor(std::vector<int64_t>{7}).scalar_type(), at::kLong);
  EXPECT_EQ(copy_to_tensor(std::vector<double>{}).numel(), 0);
  test::expect_throws<ShapeError>([&] { copy_to_tensor(values, {2, 2}); }, "want 4 values for [2, 2], got 6");
}

TEST(CopyToVector, IsRowMajorWhateverTheLayout) {
  const auto tensor = copy_to_tensor(std::vector<float>{1, 2, 3, 4, 5, 6}, {2, 3}).t();
  EXPECT_EQ(copy_to_vector<float>(tensor), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  test::expect_throws<ShapeError>([&] { copy_to_vector<double>(tensor); }, "want dtype double, got float");
}

TEST(CopyInto, FillsARowOfABatch) {
  const auto batch = at::zeros({2, 2});
  const std::vector<float> row{3, 4};
  copy_into(std::span<const float>(row), batch[1]);
  EXPECT_EQ(copy_to_vector<float>(batch), (std::vector<float>{0, 0, 3, 4}));
  test::expect_throws<ShapeError>([&] { copy_into(std::span<const float>(row), batch); },
                                  "want 4 values for [2, 2], got 2");
  test::expect_throws<ShapeError>([&] { copy_into(std::span<const float>(row), batch.t()[0]); },
                                  "want a contiguous tensor");
}

}  // namespace
}  // namespace onramp
