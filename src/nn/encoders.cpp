#include "onramp/nn/encoders.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <fmt/format.h>

#include <numeric>
#include <stdexcept>
#include <string>

#include "onramp/base/error.h"
#include "onramp/core/parallel.h"
#include "onramp/core/shapes.h"
#include "onramp/nn/init.h"
#include "row_kernels.h"

namespace onramp {
namespace {

// 3x3 (or 1x1) convolution, padded so that stride 1 keeps the size.
struct Conv {
  at::Tensor weight, bias;
  int64_t stride = 1;
  Precision precision = Precision::kFp32;

  at::Tensor operator()(const at::Tensor& x) const {
    return at::conv2d(operand(x, precision), operand(weight, precision),
                      bias.defined() ? operand(bias, precision) : bias, stride, weight.size(2) / 2);
  }
};

struct GroupNorm {
  at::Tensor weight, bias;
  int64_t groups = 1;

  at::Tensor operator()(const at::Tensor& x) const { return at::group_norm(x, groups, weight, bias); }
};

/// The part that all encoders share: pooling, then Linear, LayerNorm, tanh.
class EncoderBase : public ImageEncoder {
 public:
  EncoderBase(const EncoderConfig& config, int64_t height, int64_t width, int64_t channels)
      : config_(config), height_(height), width_(width), channels_(channels) {
    if (config.channels.empty()) throw ConfigError("encoder.channels: want at least one entry");
    for (size_t i = 0; i < config.channels.size(); ++i) {
      if (height < 2 || width < 2) {
        throw ConfigError(
            fmt::format("encoder.channels: {} entries halve a picture of {}x{} pixels too often; want fewer",
                        config.channels.size(), height_, width_));
      }
      height = (height + 1) / 2;
      width = (width + 1) / 2;
    }
    map_height_ = height;
    map_width_ = width;
  }

  at::Tensor forward(const at::Tensor& images) final {
    check_uint8("images", images, {kB, height_, width_, channels_});
    const auto pooled = pool(maps(scale_images(images)).to(at::kFloat));  // [B, P]
    const auto x = at::linear(pooled, head_weight_, head_bias_);          // [B, F]
    return at::layer_norm(x, {config_.feature_dim}, norm_weight_, norm_bias_).tanh();
  }

  int64_t feature_dim() const final { return config_.feature_dim; }

 protected:
  virtual at::Tensor maps(const at::Tensor& x) const = 0;  // [B, C, H, W] -> [B, C', H', W']

  Conv add_conv(const std::string& name, int64_t in, int64_t out, int64_t kernel, int64_t stride, bool with_bias,
                at::Generator& generator) {
    Conv conv{.stride = stride, .precision = config_.precision};
    conv.weight =
        register_parameter(name + "_weight", normal_he({out, in, kernel, kernel}, in * kernel * kernel, generator));
    if (with_bias) conv.bias = register_parameter(name + "_bias", at::zeros({out}));
    return conv;
  }

  GroupNorm add_norm(const std::string& name, int64_t channels) {
    GroupNorm norm{.groups = std::gcd(channels, int64_t{4})};
    norm.weight = register_parameter(name + "_weight", at::ones({channels}));
    norm.bias = register_parameter(name + "_bias", at::zeros({channels}));
    return norm;
  }

  void add_head(at::Generator& generator) {
    const auto C = config_.channels.back();
    int64_t pooled = C;
    if (config_.pooling == Pooling::kFlatten) pooled = C * map_height_ * map_width_;
    if (config_.pooling == Pooling::kSpatialSoftmax) {
      pooled = 2 * C;
      inverse_temperature_ = register_parameter("softmax_inverse_temperature", at::ones({C}));
    }
    head_weight_ = register_parameter("head_weight", uniform_fan_in({config_.feature_dim, pooled}, pooled, generator));
    head_bias_ = register_parameter("head_bias", at::zeros({config_.feature_dim}));
    norm_weight_ = register_parameter("head_norm_weight", at::ones({config_.feature_dim}));
    norm_bias_ = register_parameter("head_norm_bias", at::zeros({config_.feature_dim}));
  }

  const EncoderConfig config_;

 private:
  at::Tensor pool(const at::Tensor& x) const {
    switch (config_.pooling) {
      case Pooling::kFlatten:
        return x.permute({0, 2, 3, 1}).flatten(1);  // a view: the channels are last in memory
      case Pooling::kSpatialSoftmax:
        return spatial_softmax(x, inverse_temperature_);
      case Pooling::kAverage:
        return x.mean({2, 3});
    }
    throw std::logic_error("encoder: unknown pooling");
  }

  int64_t height_, width_, channels_, map_height_ = 0, map_width_ = 0;
  at::Tensor inverse_temperature_, head_weight_, head_bias_, norm_weight_, norm_bias_;
};

/// Strided 3x3 convolutions with ReLU.
class SmallConvEncoder final : public EncoderBase {
 public:
  SmallConvEncoder(const EncoderConfig& config, int64_t height, int64_t width, int64_t channels,
                   at::Generator& generator)
      : EncoderBase(config, height, width, channels) {
    for (size_t i = 0; i < config.channels.size(); ++i) {
      convs_.push_back(add_conv(fmt::format("conv_{}", i), channels, config.channels[i], 3, 2, true, generator));
      channels = config.channels[i];
    }
    add_head(generator);
  }

 protected:
  at::Tensor maps(const at::Tensor& input) const override {
    auto x = input;
    for (const Conv& conv : convs_) x = conv(x).relu_();
    return x;
  }

 private:
  std::vector<Conv> convs_;
};

/// Residual blocks (He et al., arXiv:1512.03385) with GroupNorm (arXiv:1803.08494) in place of batch statistics, so that
/// a picture's features do not depend on its batch: stem of stride 2, then a stage for each entry of `channels`, all but the first of stride 2.
class ResNetEncoder final : public EncoderBase {
 public:
  ResNetEncoder(const EncoderConfig& config, int64_t height, int64_t width, int64_t channels, at::Generator& generator)
      : EncoderBase(config, height, width, channels) {
    stem_ = add_conv("stem", channels, config.channels[0], 3, 2, false, generator);
    stem_norm_ = add_norm("stem_norm", config.channels[0]);
    int64_t in = config.channels[0];
    for (size_t stage = 0; stage < config.channels.size(); ++stage) {
      for (int64_t i = 0; i < config.blocks_per_stage; ++i) {
        const int64_t out = config.channels[stage], stride = stage > 0 && i == 0 ? 2 : 1;
        const auto name = fmt::format("stage_{}_block_{}", stage, i);
        Block block;
        block.first = add_conv(name + "_conv_0", in, out, 3, stride, false, generator);
        block.first_norm = add_norm(name + "_norm_0", out);
        block.second = add_conv(name + "_conv_1", out, out, 3, 1, false, generator);
        block.second_norm = add_norm(name + "_norm_1", out);
        if (stride != 1 || in != out) {
          block.shortcut = add_conv(name + "_shortcut", in, out, 1, stride, false, generator);
          block.shortcut_norm = add_norm(name + "_shortcut_norm", out);
        }
        blocks_.push_back(block);
        in = out;
      }
    }
    add_head(generator);
  }

 protected:
  at::Tensor maps(const at::Tensor& input) const override {
    auto x = stem_norm_(stem_(input)).relu_();
    for (const Block& block : blocks_) {
      const auto y = block.second_norm(block.second(block.first_norm(block.first(x)).relu_()));
      x = (block.shortcut.weight.defined() ? block.shortcut_norm(block.shortcut(x)) + y : x + y).relu_();
    }
    return x;
  }

 private:
  struct Block {
    Conv first, second, shortcut;
    GroupNorm first_norm, second_norm, shortcut_norm;
  };
  Conv stem_;
  GroupNorm stem_norm_;
  std::vector<Block> blocks_;
};

}  // namespace

std::shared_ptr<ImageEncoder> make_image_encoder(const EncoderConfig& config, int64_t height, int64_t width,
                                                 int64_t channels, at::Generator& generator) {
  if (config.type == EncoderType::kResNet) {
    return std::make_shared<ResNetEncoder>(config, height, width, channels, generator);
  }
  return std::make_shared<SmallConvEncoder>(config, height, width, channels, generator);
}

at::Tensor scale_images(const at::Tensor& images, bool fused) {
  check_uint8("images", images, {kB, kAny, kAny, kAny});
  const auto bytes = images.contiguous();
  if (!fused || !bytes.device().is_cpu()) return bytes.permute({0, 3, 1, 2}).to(at::kFloat).mul_(1.0 / 255.0).sub_(0.5);
  auto scaled = at::empty(bytes.sizes(), at::kFloat);  // the largest tensor of a small encoder: passes over it show
  const auto* from = bytes.const_data_ptr<uint8_t>();
  auto* to = scaled.mutable_data_ptr<float>();
  at::parallel_for(0, bytes.numel(), 1 << 16, [&](int64_t begin, int64_t end) {
    row_kernels::bytes_to_unit(from + begin, to + begin, end - begin);
  });
  return scaled.permute({0, 3, 1, 2});
}

at::Tensor spatial_softmax(const at::Tensor& maps, const at::Tensor& inverse_temperature) {
  check_float("maps", maps, {kB, kAny, kAny, kAny});
  const auto C = maps.size(1), H = maps.size(2), W = maps.size(3);
  // Positions before channels, as the maps lie in memory.
  const auto logits = maps.permute({0, 2, 3, 1}).reshape({-1, H * W, C}) * inverse_temperature;  // [B, H W, C]
  const auto weight = logits.softmax(1);                                                         // [B, H W, C]
  const auto options = maps.options().requires_grad(false);
  const auto x = at::linspace(-1.0, 1.0, W, options).expand({H, W}).reshape({-1});               // [H W]
  const auto y = at::linspace(-1.0, 1.0, H, options).unsqueeze(1).expand({H, W}).reshape({-1});  // [H W]
  return at::matmul(at::stack({x, y}), weight).flatten(1);                                       // [B, 2 C]
}

}  // namespace onramp
