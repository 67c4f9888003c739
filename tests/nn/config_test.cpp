// The configs of the layer, read from YAML with every field at a second value.
#include <gtest/gtest.h>

#include "onramp/base/error.h"
#include "onramp/nn/encoders.h"
#include "onramp/nn/mlp.h"
#include "onramp/nn/optim.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

template <class Config>
Config read(const std::string& text) {
  return read_config<Config>(parse_config_text(text, "test.yaml"));
}

TEST(NnConfig, MlpReadsEveryField) {
  const auto c = read<MlpConfig>("{hidden: [8, 9], activation: silu, layer_norm: true, fused: false, precision: bf16}");
  EXPECT_EQ(c.hidden, (std::vector<int64_t>{8, 9}));
  EXPECT_EQ(c.activation, Activation::kSilu);
  EXPECT_TRUE(c.layer_norm);
  EXPECT_FALSE(c.fused);
  EXPECT_EQ(c.precision, Precision::kBf16);
  test::expect_throws<ConfigError>([] { read<MlpConfig>("{hidden: [8, 0]}"); }, "hidden");
  test::expect_throws<ConfigError>([] { read<MlpConfig>("{activation: rele}"); }, "relu");
}

TEST(NnConfig, EncoderReadsEveryField) {
  const auto c = read<EncoderConfig>(
      "{type: resnet, feature_dim: 7, channels: [4, 5], blocks_per_stage: 2, pooling: spatial_softmax, precision: "
      "bf16}");
  EXPECT_EQ(c.type, EncoderType::kResNet);
  EXPECT_EQ(c.feature_dim, 7);
  EXPECT_EQ(c.channels, (std::vector<int64_t>{4, 5}));
  EXPECT_EQ(c.blocks_per_stage, 2);
  EXPECT_EQ(c.pooling, Pooling::kSpatialSoftmax);
  EXPECT_EQ(c.precision, Precision::kBf16);
}

TEST(NnConfig, AdamReadsEveryField) {
  const auto c = read<AdamConfig>(
      "{learning_rate: 0.1, beta1: 0.5, beta2: 0.6, eps: 0.01, weight_decay: 0.2, max_grad_norm: 3, fused: false}");
  EXPECT_EQ(c.learning_rate, 0.1);
  EXPECT_EQ(c.beta1, 0.5);
  EXPECT_EQ(c.beta2, 0.6);
  EXPECT_EQ(c.eps, 0.01);
  EXPECT_EQ(c.weight_decay, 0.2);
  EXPECT_EQ(c.max_grad_norm, 3.0);
  EXPECT_FALSE(c.fused);
  test::expect_throws<ConfigError>([] { read<AdamConfig>("{eps: 0}"); }, "eps");
}

}  // namespace
}  // namespace onramp
