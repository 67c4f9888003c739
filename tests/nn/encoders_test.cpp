#include "onramp/nn/encoders.h"

#include <ATen/Context.h>

#include <cmath>
#include <string>
#include <vector>

#include "nn_test_support.h"
#include "onramp/base/error.h"
#include "onramp/nn/optim.h"
#include "onramp/nn/state.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using test::expect_close;
using test::seeded;

at::Tensor random_images(int64_t batch, int64_t size, uint64_t seed) {
  auto g = seeded(seed);
  return at::randint(0, 256, {batch, size, size, 3}, g, at::TensorOptions(at::kByte));
}

std::vector<EncoderConfig> configs() {
  std::vector<EncoderConfig> all;
  for (const auto type : {EncoderType::kSmallConv, EncoderType::kResNet}) {
    for (const auto pooling : {Pooling::kFlatten, Pooling::kSpatialSoftmax, Pooling::kAverage}) {
      all.push_back({.type = type, .feature_dim = 12, .channels = {8, 10, 16}, .pooling = pooling});
    }
  }
  return all;
}

TEST(ImageEncoder, MapsPicturesToFeaturesBetweenMinusOneAndOne) {
  for (const auto& config : configs()) {
    auto g = seeded(1);
    const auto encoder = make_image_encoder(config, 32, 32, 3, g);
    const auto features = encoder->forward(random_images(5, 32, 2));
    EXPECT_EQ(features.sizes(), (std::vector<int64_t>{5, 12}));
    EXPECT_EQ(features.scalar_type(), at::kFloat);
    EXPECT_EQ(encoder->feature_dim(), 12);
    EXPECT_LT(features.abs().max().item<float>(), 1.0f);
  }
}

TEST(ImageEncoder, CountsItsParameters) {
  auto g = seeded(1);
  const auto count = [&](const EncoderConfig& config) {
    return count_parameters(*make_image_encoder(config, 64, 64, 3, g));
  };
  // Convolutions 3*16*9+16 = 448, 16*32*9+32 = 4640, 32*32*9+32 = 9248; head 8*8*32*64+64 = 131136; LayerNorm 128.
  EXPECT_EQ(count({.channels = {16, 32, 32}}), 145600);
  // Head on the average of 32 channels: 32*64+64 = 2112; on 32 key points: 64*64+64 = 4160 and 32 temperatures.
  EXPECT_EQ(count({.channels = {16, 32, 32}, .pooling = Pooling::kAverage}), 448 + 4640 + 9248 + 2112 + 128);
  EXPECT_EQ(count({.channels = {16, 32, 32}, .pooling = Pooling::kSpatialSoftmax}),
            448 + 4640 + 9248 + 32 + 4160 + 128);
  // Stem 3*16*9 = 432 and norm 32; stage 0: 2*16*16*9 = 4608, norms 64; stage 1: 4608 + 9216 + norms 128 + shortcut 512 + 64;
  // stage 2: 18432 + 36864 + norms 256 + shortcut 2048 + 128; head 8*8*64*64+64 = 262208; LayerNorm 128.
  EXPECT_EQ(count({.type = EncoderType::kResNet, .channels = {16, 32, 64}}), 464 + 4672 + 14528 + 57728 + 262208 + 128);
  // A second block of each stage: 2*c*c*9 and norms 4 c.
  EXPECT_EQ(count({.type = EncoderType::kResNet, .channels = {16, 32, 64}, .blocks_per_stage = 2}),
            339728 + 18 * (256 + 1024 + 4096) + 4 * (16 + 32 + 64));
}

TEST(ImageEncoder, FeaturesOfAPictureDoNotDependOnItsBatch) {
  for (const auto& config : configs()) {
    auto g = seeded(1);
    const auto encoder = make_image_encoder(config, 32, 32, 3, g);
    const auto images = random_images(6, 32, 2);
    expect_close(encoder->forward(images.narrow(0, 3, 1)), encoder->forward(images).narrow(0, 3, 1), 1e-4);
  }
}

TEST(ImageEncoder, EveryParameterGetsAGradient) {
  for (const auto& config : configs()) {
    auto g = seeded(1);
    const auto encoder = make_image_encoder(config, 32, 32, 3, g);
    const auto direction = test::randn({4, 12}, g, at::kFloat);
    const auto gradients =
        torch::autograd::grad({(encoder->forward(random_images(4, 32, 2)) * direction).sum()}, encoder->parameters());
    for (const auto& gradient : gradients) EXPECT_GT(gradient.abs().sum().item<float>(), 0.0f);
  }
}

TEST(ImageEncoder, SameGeneratorGivesTheSameWeightsAndTheGlobalOneIsLeftAlone) {
  const auto global = at::globalContext().defaultGenerator(at::kCPU).get_state();
  for (const auto& config : configs()) {
    auto a = seeded(3), b = seeded(3);
    test::expect_equal_bits(make_image_encoder(config, 32, 32, 3, a)->forward(random_images(2, 32, 4)),
                            make_image_encoder(config, 32, 32, 3, b)->forward(random_images(2, 32, 4)));
  }
  test::expect_equal_bits(at::globalContext().defaultGenerator(at::kCPU).get_state(), global);
}

// Black 24x24 pictures with a white 3x3 square; the target is where its corner is, in [-1, 1]^2.
struct Squares {
  at::Tensor images, corner;
};
Squares squares(int64_t count, uint64_t seed) {
  auto g = seeded(seed);
  const auto at_pixel = at::randint(0, 21, {count, 2}, g, at::TensorOptions(at::kLong));
  auto images = at::zeros({count, 24, 24, 3}, at::kByte);
  for (int64_t i = 0; i < count; ++i) {
    images[i].narrow(0, at_pixel[i][0].item<int64_t>(), 3).narrow(1, at_pixel[i][1].item<int64_t>(), 3).fill_(255);
  }
  return {images, at_pixel.to(at::kFloat) / 10.0 - 1.0};
}

double localisation_error(const EncoderConfig& config, uint64_t seed) {
  auto g = seeded(seed);
  const auto encoder = make_image_encoder(config, 24, 24, 3, g);
  auto readout = test::randn({2, config.feature_dim}, g, at::kFloat).mul_(0.1).requires_grad_(true);
  auto parameters = encoder->parameters();
  parameters.push_back(readout);
  Adam adam(parameters, {.learning_rate = 5e-3});
  const auto train = squares(128, 6), held_out = squares(128, 7);
  const auto error = [&](const Squares& s) {
    return (at::linear(encoder->forward(s.images), readout) - s.corner).square().mean();
  };
  for (int step = 0; step < 100; ++step) adam.minimize(error(train));
  const at::NoGradGuard no_grad;
  return error(held_out).sqrt().item<double>();
}

TEST(ImageEncoder, LearnsWhereAnItemIs) {
  // The deviation of the targets is 0.6: the error of knowing nothing. A pixel is 0.1.
  for (const auto pooling : {Pooling::kFlatten, Pooling::kSpatialSoftmax}) {
    const double error = localisation_error({.feature_dim = 16, .channels = {8, 16}, .pooling = pooling}, 5);
    RecordProperty(pooling == Pooling::kFlatten ? "flatten" : "spatial_softmax", std::to_string(error));
    EXPECT_LT(error, 0.15);
  }
}

TEST(ImageEncoder, RefusesAPictureThatItWouldHalveTooOften) {
  auto g = seeded(1);
  test::expect_throws<ConfigError>(
      [&] {
        make_image_encoder({.channels = {8, 8, 8}}, 4, 4, 3, g);
      },
      "encoder.channels: 3 entries halve");
  test::expect_throws<ConfigError>([&] { make_image_encoder({.channels = {}}, 4, 4, 3, g); },
                                   "encoder.channels: want at least one");
}

TEST(ImageEncoder, NamesPicturesOfAnotherSize) {
  auto g = seeded(1);
  const auto encoder = make_image_encoder({}, 64, 64, 3, g);
  test::expect_throws<ShapeError>([&] { encoder->forward(random_images(2, 32, 1)); },
                                  "images: want uint8 [B, 64, 64, 3], got uint8 [2, 32, 32, 3]");
  test::expect_throws<ShapeError>([&] { encoder->forward(random_images(2, 64, 1).to(at::kFloat)); },
                                  "got float [2, 64, 64, 3]");
}

TEST(ScaleImages, MapsBytesToPlusMinusOneHalfInOnePassAsInThree) {
  const auto images = random_images(3, 150, 9);  // several blocks for the threads, and a rest
  const auto fused = scale_images(images), plain = scale_images(images, false);
  EXPECT_EQ(fused.sizes(), (std::vector<int64_t>{3, 3, 150, 150}));
  EXPECT_EQ(fused.strides(), plain.strides());
  expect_close(fused, plain, 1e-7);
  expect_close(fused, images.permute({0, 3, 1, 2}).to(at::kDouble) / 255.0 - 0.5, 1e-7);
}

TEST(SpatialSoftmax, PointsAtThePeakOfEachChannel) {
  auto maps = at::zeros({1, 2, 3, 5}, at::kDouble);
  maps[0][0][2][0] = 100.0;  // bottom left
  maps[0][1][1][3] = 100.0;  // middle row, a quarter from the right
  const auto points = spatial_softmax(maps, at::ones({2}, at::kDouble));
  expect_close(points, at::tensor({-1.0, 0.5, 1.0, 0.0}, at::kDouble).view({1, 4}), 1e-12);
}

TEST(SpatialSoftmax, OfAFlatMapIsTheCentreAndTheTemperatureSharpens) {
  const auto flat = spatial_softmax(at::zeros({1, 1, 4, 4}, at::kDouble), at::ones({1}, at::kDouble));
  expect_close(flat, at::zeros({1, 2}, at::kDouble), 1e-12);
  // Two columns, logits 0 and log 3: weights 1/4 and 3/4, x = 0.5; at twice the inverse temperature 1/10, 9/10, x = 0.8.
  auto maps = at::zeros({1, 1, 1, 2}, at::kDouble);
  maps[0][0][0][1] = std::log(3.0);
  EXPECT_NEAR(spatial_softmax(maps, at::ones({1}, at::kDouble))[0][0].item<double>(), 0.5, 1e-12);
  EXPECT_NEAR(spatial_softmax(maps, at::full({1}, 2.0, at::kDouble))[0][0].item<double>(), 0.8, 1e-12);
}

TEST(SpatialSoftmax, GradientsMatchFiniteDifferences) {
  auto g = seeded(8);
  const auto direction = test::randn({2, 6}, g);
  test::expect_gradients([&](const auto& t) { return (spatial_softmax(t[0], t[1]) * direction).sum(); },
                         {test::randn({2, 3, 3, 4}, g), test::randn({3}, g)});
}

}  // namespace
}  // namespace onramp
