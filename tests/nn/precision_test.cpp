#include "onramp/nn/precision.h"

#include "nn_test_support.h"
#include "onramp/nn/encoders.h"
#include "onramp/nn/ensemble_mlp.h"
#include "onramp/nn/optim.h"

namespace onramp {
namespace {

using test::expect_close;
using test::seeded;

// Half a unit in the last of bfloat16's 8 bits.
constexpr double kRounding = 1.0 / 256;

TEST(Product, InBf16RoundsItsOperandsAndItsResult) {
  // 1 + 2^-9 rounds to 1 (ties to even); 3 and 5 are exact: 1*3 + 2*5 = 13. In float32: 13 + 3 * 2^-9.
  const auto x = at::tensor({1.0f + 1.0f / 512, 2.0f}).view({1, 2}), w = at::tensor({3.0f, 5.0f}).view({2, 1});
  EXPECT_EQ(product(x, w, Precision::kBf16).item<float>(), 13.0f);
  EXPECT_EQ(product(x, w, Precision::kFp32).item<float>(), 13.0f + 3.0f / 512);
  // 257 needs nine bits: 256.
  EXPECT_EQ(product(at::ones({1, 257}), at::ones({257, 1}), Precision::kBf16).item<float>(), 256.0f);
}

TEST(Product, InBf16HasRoundedGradientsOfTheSameDtype) {
  auto g = seeded(1);
  for (const bool batched : {false, true}) {
    const auto sizes = [&](int64_t rows, int64_t columns) {
      return batched ? std::vector<int64_t>{3, rows, columns} : std::vector<int64_t>{rows, columns};
    };
    const auto x = test::randn(sizes(8, 32), g, at::kFloat).requires_grad_(true);
    const auto w = test::randn(sizes(32, 16), g, at::kFloat).requires_grad_(true);
    const auto direction = test::randn(sizes(8, 16), g, at::kFloat);
    const auto gradients = [&](Precision precision) {
      return torch::autograd::grad({(product(x, w, precision) * direction).sum()}, {x, w});
    };
    const auto full = gradients(Precision::kFp32), half = gradients(Precision::kBf16);
    for (size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(half[i].scalar_type(), at::kFloat);
      EXPECT_FALSE(at::equal(half[i], full[i]));
      // The largest values are about 16: rounding such a result costs up to 2^-5, rounding the operands of its 16 products
      // about as much.
      EXPECT_LT((half[i] - full[i]).abs().max().item<double>(), 0.16);
    }
  }
}

TEST(Precision, OfAnMlpChangesWhatIsComputedAndNotWhatIsKept) {
  auto g = seeded(2), again = seeded(2), data = seeded(3);
  const MlpConfig half{.hidden = {64, 64}, .layer_norm = true, .precision = Precision::kBf16};
  Mlp full_mlp(16, 4, {.hidden = {64, 64}, .layer_norm = true}, g), half_mlp(16, 4, half, again);
  EnsembleMlp full_critic(3, 16, 4, {.hidden = {64, 64}, .layer_norm = true}, g), half_critic(3, 16, 4, half, again);
  const auto x = test::randn({32, 16}, data, at::kFloat);
  const auto check = [&](auto& module, const at::Tensor& got, const at::Tensor& want) {
    EXPECT_EQ(got.scalar_type(), at::kFloat);
    EXPECT_FALSE(at::equal(got, want));
    expect_close(got, want, 4 * kRounding);
    for (const auto& d : torch::autograd::grad({got.square().mean()}, module.parameters())) {
      EXPECT_EQ(d.scalar_type(), at::kFloat);
    }
  };
  check(half_mlp, half_mlp.forward(x), full_mlp.forward(x));
  check(half_critic, half_critic.forward(x).output, full_critic.forward(x).output);
  for (const auto& p : half_critic.parameters()) EXPECT_EQ(p.scalar_type(), at::kFloat);
}

TEST(Precision, OfAValueIsThatOfFloat32) {
  // The output layer is not rounded: values of rows that differ by less than bfloat16 tells apart near 100 still differ.
  auto g = seeded(4);
  EnsembleMlp critic(1, 2, 1, {.hidden = {2}, .precision = Precision::kBf16}, g);
  const at::NoGradGuard no_grad;
  const auto p = critic.named_parameters();
  p["weight_0"].copy_(at::eye(2).unsqueeze(0));
  p["bias_0"].zero_();
  p["weight_out"].copy_(at::tensor({100.0f, 0.125f}).view({1, 2, 1}));
  p["bias_out"].zero_();
  EXPECT_EQ(critic.forward(at::ones({1, 2})).output.item<float>(), 100.125f);
}

TEST(Precision, OfAnEncoderKeepsItsFeaturesCloseAndTrainsThem) {
  for (const auto type : {EncoderType::kSmallConv, EncoderType::kResNet}) {
    for (const auto pooling : {Pooling::kFlatten, Pooling::kSpatialSoftmax, Pooling::kAverage}) {
      auto g = seeded(5), again = seeded(5), data = seeded(6);
      EncoderConfig config{.type = type, .feature_dim = 12, .channels = {8, 16}, .pooling = pooling};
      const auto full = make_image_encoder(config, 32, 32, 3, g);
      config.precision = Precision::kBf16;
      const auto half = make_image_encoder(config, 32, 32, 3, again);
      const auto images = at::randint(0, 256, {6, 32, 32, 3}, data, at::TensorOptions(at::kByte));
      const auto features = half->forward(images), want = full->forward(images);
      EXPECT_EQ(features.scalar_type(), at::kFloat);
      EXPECT_FALSE(at::equal(features, want));
      EXPECT_LT((features - want).abs().mean().item<double>(), 0.05);  // of features between -1 and 1

      Adam adam(*half, {.learning_rate = 1e-3});
      const auto target = at::zeros_like(want);
      const double before = (half->forward(images) - target).square().mean().item<double>();
      for (int i = 0; i < 20; ++i) adam.minimize((half->forward(images) - target).square().mean());
      EXPECT_LT((half->forward(images) - target).square().mean().item<double>(), 0.7 * before);
    }
  }
}

}  // namespace
}  // namespace onramp
