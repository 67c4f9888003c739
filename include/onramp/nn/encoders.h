// Image encoders: uint8 pictures to feature vectors. Channels-last inside, whatever the convolution's backend.
#pragma once

#include <torch/nn/module.h>

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "onramp/base/config.h"
#include "onramp/nn/precision.h"

namespace onramp {

/// The convolutions of an encoder.
enum class EncoderType : uint8_t { kSmallConv, kResNet };
constexpr auto enum_names(EncoderType*) {
  return std::array{std::pair{EncoderType::kSmallConv, "small_conv"}, std::pair{EncoderType::kResNet, "resnet"}};
}

/// How the last feature maps [B, C, H', W'] become a vector.
enum class Pooling : uint8_t {
  kFlatten,         ///< all C H' W' values: keeps position, most parameters
  kSpatialSoftmax,  ///< expected (x, y) of each channel's softmax over positions (Levine et al., arXiv:1504.00702): 2 C values
  kAverage,         ///< mean over positions: C values, loses position
};
constexpr auto enum_names(Pooling*) {
  return std::array{std::pair{Pooling::kFlatten, "flatten"}, std::pair{Pooling::kSpatialSoftmax, "spatial_softmax"},
                    std::pair{Pooling::kAverage, "average"}};
}

/// Layers of an image encoder.
struct EncoderConfig {
  EncoderType type = EncoderType::kSmallConv;
  int64_t feature_dim = 64;
  std::vector<int64_t> channels = {16, 32, 32};
  int64_t blocks_per_stage = 1;
  Pooling pooling = Pooling::kFlatten;
  Precision precision = Precision::kFp32;
  template <class V>
  void fields(V& v) {
    v("type", type, "small_conv: strided convolutions with ReLU; resnet: residual blocks with GroupNorm");
    v("feature_dim", feature_dim, "features of one image, after Linear, LayerNorm and tanh", at_least(1));
    v("channels", channels, "channels of each convolution (small_conv) or stage (resnet); each halves the picture",
      at_least(1));
    v("blocks_per_stage", blocks_per_stage, "residual blocks of each stage (resnet)", at_least(1));
    v("pooling", pooling, "how feature maps become a vector; flatten and spatial_softmax keep where things are");
    v("precision", precision,
      "of convolutions and feature maps: bf16 is faster where the processor has it; parameters and features stay fp32");
  }
};

/// Maps pictures to features in (-1, 1): convolutions, pooling, then Linear, LayerNorm, tanh.
class ImageEncoder : public torch::nn::Module {
 public:
  /// @param images uint8 [B, H, W, C], the H, W, C of construction. @return float32 [B, feature_dim]. @throws ShapeError
  virtual at::Tensor forward(const at::Tensor& images) = 0;
  virtual int64_t feature_dim() const = 0;
};

/// @throws ConfigError when the picture is too small for the number of halvings.
std::shared_ptr<ImageEncoder> make_image_encoder(const EncoderConfig& config, int64_t height, int64_t width,
                                                 int64_t channels, at::Generator& generator);

/// What encoders see of a picture: x / 255 - 0.5. @param images uint8 [B, H, W, C]. @param fused one pass where the images are
/// on the CPU. @return float32 [B, C, H, W], channels last in memory
at::Tensor scale_images(const at::Tensor& images, bool fused = true);

/// Expected position of each channel's softmax. @param maps float [B, C, H, W], any memory format.
/// @param inverse_temperature float [] or [C]. @return [B, 2 C]: the x of every channel (-1 left, 1 right), then the y
/// (-1 top, 1 bottom).
at::Tensor spatial_softmax(const at::Tensor& maps, const at::Tensor& inverse_temperature);

}  // namespace onramp
