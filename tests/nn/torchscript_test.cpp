#include "onramp/nn/torchscript.h"

#include <gmock/gmock.h>
#include <torch/csrc/jit/serialization/import.h>

#include <sstream>

#include "nn_test_support.h"

namespace onramp {
namespace {

using test::expect_close;
using test::randn;
using test::seeded;

constexpr double kRounding = 1e-5;  // values are of the order of 1; a layer left out shows at 1e-1

// Every weight random: norms start at one and zero, where one that was forgotten would not show.
void randomize(torch::nn::Module& module, uint64_t seed) {
  const at::NoGradGuard no_gradient;
  auto g = seeded(seed);
  for (auto& parameter : module.parameters()) parameter.normal_(0.0, 0.4, g);
}

at::Tensor run_saved(const torch::jit::Module& script, const at::Tensor& x) {
  std::stringstream file;
  script.save(file);
  return torch::jit::load(file).forward({x}).toTensor();
}

TEST(ScriptMlp, ComputesWhatTheMlpComputes) {
  for (const auto activation :
       {Activation::kRelu, Activation::kTanh, Activation::kGelu, Activation::kSilu, Activation::kElu}) {
    for (const bool layer_norm : {false, true}) {
      for (const auto& hidden : {std::vector<int64_t>{}, {7}, {9, 5, 6}}) {
        const MlpConfig config{.hidden = hidden, .activation = activation, .layer_norm = layer_norm};
        auto g = seeded(1);
        Mlp mlp(4, 3, config, g);
        randomize(mlp, 2);
        const auto x = randn({6, 4}, g, at::kFloat);
        expect_close(run_saved(script_mlp(mlp, config), x), mlp.forward(x), kRounding);
      }
    }
  }
}

TEST(ScriptMlp, DoesNotFollowTheMlpsLaterUpdates) {
  const MlpConfig config{.hidden = {5}};
  auto g = seeded(1);
  Mlp mlp(4, 3, config, g);
  const auto x = randn({6, 4}, g, at::kFloat);
  const auto before = mlp.forward(x).detach();
  auto script = script_mlp(mlp, config);
  randomize(mlp, 2);
  expect_close(script.forward({x}).toTensor(), before, kRounding);
}

TEST(ScriptLstm, ComputesWhatTheLstmComputes) {
  for (const int64_t layers : {1, 3}) {
    auto g = seeded(1);
    Lstm lstm(4, 5, layers, g);
    randomize(lstm, 2);
    const auto x = randn({6, 7, 4}, g, at::kFloat);
    const LstmState state{.h = randn({layers, 6, 5}, g, at::kFloat), .c = randn({layers, 6, 5}, g, at::kFloat)};
    std::stringstream file;
    script_lstm(lstm).save(file);
    const auto got = torch::jit::load(file).forward({x, state.h, state.c}).toTuple()->elements();
    const auto want = lstm.forward(x, state);
    expect_close(got[0].toTensor(), want.out, kRounding);
    expect_close(got[1].toTensor(), want.state.h, kRounding);
    expect_close(got[2].toTensor(), want.state.c, kRounding);
  }
}

struct Pictures {
  int64_t height, width, channels;
};

TEST(ScriptImageEncoder, ComputesWhatTheEncoderComputes) {
  for (const auto type : {EncoderType::kSmallConv, EncoderType::kResNet}) {
    for (const auto pooling : {Pooling::kFlatten, Pooling::kSpatialSoftmax, Pooling::kAverage}) {
      for (const auto& [H, W, C] : {Pictures{16, 16, 3}, Pictures{17, 22, 1}}) {
        const EncoderConfig config{
            .type = type, .feature_dim = 6, .channels = {4, 6, 8}, .blocks_per_stage = 2, .pooling = pooling};
        auto g = seeded(1);
        const auto encoder = make_image_encoder(config, H, W, C, g);
        randomize(*encoder, 2);
        const auto images = at::randint(0, 256, {3, H, W, C}, g, at::TensorOptions(at::kByte));
        expect_close(run_saved(script_image_encoder(*encoder, config, H, W, C), images), encoder->forward(images),
                     kRounding);
      }
    }
  }
}

TEST(ScriptImageEncoder, RefusesPicturesOfAnotherKind) {
  const EncoderConfig config{.feature_dim = 6, .channels = {4}};
  auto g = seeded(1);
  auto script = script_image_encoder(*make_image_encoder(config, 8, 8, 3, g), config, 8, 8, 3);
  const auto bytes = at::TensorOptions(at::kByte);
  for (const auto& wrong : {at::zeros({2, 8, 8, 3}), at::zeros({2, 3, 8, 8}, bytes), at::zeros({8, 8, 3}, bytes)}) {
    EXPECT_THAT([&] { script.forward({wrong}); },
                ::testing::ThrowsMessage<std::exception>(::testing::HasSubstr("images: want uint8 [B, 8, 8, 3]")));
  }
}

}  // namespace
}  // namespace onramp
