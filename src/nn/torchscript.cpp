#include "onramp/nn/torchscript.h"

#include <ATen/Functions.h>
#include <fmt/format.h>

#include <numeric>
#include <stdexcept>
#include <utility>

#include "onramp/nn/bias_norm_activate.h"

namespace onramp {
namespace {

std::string activation(Activation kind, const std::string& x) {
  switch (kind) {
    case Activation::kRelu:
      return "torch.relu(" + x + ")";
    case Activation::kTanh:
      return "torch.tanh(" + x + ")";
    case Activation::kGelu:
      return "torch.gelu(" + x + ")";
    case Activation::kSilu:
      return "torch.silu(" + x + ")";
    case Activation::kElu:
      return "torch.elu(" + x + ")";
  }
  throw std::logic_error("TorchScript: unknown activation");
}

// LayerNorm over the last axis, with the affine parameters of that name.
std::string layer_norm(const std::string& x, int64_t size, const std::string& weight, const std::string& bias) {
  return fmt::format("torch.layer_norm({}, [{}], self.{}, self.{}, {})", x, size, weight, bias, kLayerNormEps);
}

/// Writes the code of one image encoder, reading what its layers are from the names and shapes of its parameters.
class EncoderCode {
 public:
  EncoderCode(const ImageEncoder& encoder, const EncoderConfig& config)
      : parameters_(encoder.named_parameters(/*recurse=*/false)), config_(config) {}

  std::string small_conv() const {
    std::string code;
    for (size_t i = 0; i < config_.channels.size(); ++i) {
      code += line("x", "torch.relu(" + conv("x", fmt::format("conv_{}", i), 2) + ")");
    }
    return code;
  }

  std::string resnet() const {
    auto code = line("x", "torch.relu(" + norm(conv("x", "stem", 2), "stem_norm") + ")");
    for (size_t stage = 0; stage < config_.channels.size(); ++stage) {
      for (int64_t i = 0; i < config_.blocks_per_stage; ++i) {
        const auto name = fmt::format("stage_{}_block_{}_", stage, i);
        const int64_t stride = stage > 0 && i == 0 ? 2 : 1;
        code += line("y", "torch.relu(" + norm(conv("x", name + "conv_0", stride), name + "norm_0") + ")");
        code += line("y", norm(conv("y", name + "conv_1", 1), name + "norm_1"));
        const bool changes_shape = parameters_.contains(name + "shortcut_weight");
        const auto shortcut =
            changes_shape ? norm(conv("x", name + "shortcut", stride), name + "shortcut_norm") : std::string("x");
        code += line("x", "torch.relu(" + shortcut + " + y)");
      }
    }
    return code;
  }

  std::string pool() const {
    switch (config_.pooling) {
      case Pooling::kFlatten:
        return line("x", "torch.flatten(torch.permute(x, [0, 2, 3, 1]), 1)");
      case Pooling::kSpatialSoftmax:
        return line("x", "torch.flatten(torch.permute(x, [0, 2, 3, 1]), 1, 2) * self.softmax_inverse_temperature") +
               line("x", "torch.flatten(torch.matmul(self.positions, torch.softmax(x, 1)), 1)");
      case Pooling::kAverage:
        return line("x", "torch.mean(x, [2, 3])");
    }
    throw std::logic_error("TorchScript: unknown pooling");
  }

  std::string head() const {
    return line("x", "torch.linear(x, self.head_weight, self.head_bias)") + "    return torch.tanh(" +
           layer_norm("x", config_.feature_dim, "head_norm_weight", "head_norm_bias") + ")\n";
  }

 private:
  static std::string line(const std::string& target, const std::string& value) {
    return "    " + target + " = " + value + "\n";
  }
  std::string conv(const std::string& x, const std::string& name, int64_t stride) const {
    const auto bias = parameters_.contains(name + "_bias") ? "self." + name + "_bias" : std::string("None");
    const auto padding = parameters_[name + "_weight"].size(2) / 2;
    return fmt::format("torch.conv2d({}, self.{}_weight, {}, [{}, {}], [{}, {}])", x, name, bias, stride, stride,
                       padding, padding);
  }
  std::string norm(const std::string& x, const std::string& name) const {
    const auto groups = std::gcd(parameters_[name + "_weight"].size(0), int64_t{4});
    return fmt::format("torch.group_norm({}, {}, self.{}_weight, self.{}_bias)", x, groups, name, name);
  }

  torch::OrderedDict<std::string, at::Tensor> parameters_;
  const EncoderConfig& config_;
};

// Where the softmax's weights stand in the picture: x of every position, then y, float [2, H' W'].
at::Tensor positions(int64_t height, int64_t width) {
  const auto x = at::linspace(-1.0, 1.0, width).expand({height, width}).reshape({-1});
  const auto y = at::linspace(-1.0, 1.0, height).unsqueeze(1).expand({height, width}).reshape({-1});
  return at::stack({x, y});
}

}  // namespace

torch::jit::Module make_script(const std::string& name) { return torch::jit::Module("__torch__.onramp." + name); }

void add_tensors(torch::jit::Module& script, const torch::nn::Module& module) {
  const auto own = [](const at::Tensor& t) { return t.detach().to(at::kCPU, t.scalar_type(), false, /*copy=*/true); };
  for (const auto& item : module.named_parameters(/*recurse=*/false)) {
    script.register_parameter(item.key(), own(item.value()), /*is_buffer=*/false);
  }
  for (const auto& item : module.named_buffers(/*recurse=*/false))
    script.register_buffer(item.key(), own(item.value()));
}

torch::jit::Module script_mlp(const Mlp& mlp, const MlpConfig& config) {
  auto script = make_script("Mlp");
  add_tensors(script, mlp);
  std::string code = "def forward(self, x):\n";
  for (size_t i = 0; i < config.hidden.size(); ++i) {
    auto y = fmt::format("torch.linear(x, self.weight_{}, self.bias_{})", i, i);
    if (config.layer_norm) {
      y = layer_norm(y, config.hidden[i], fmt::format("norm_weight_{}", i), fmt::format("norm_bias_{}", i));
    }
    code += "    x = " + activation(config.activation, y) + "\n";
  }
  script.define(code + "    return torch.linear(x, self.weight_out, self.bias_out)\n");
  return script;
}

torch::jit::Module script_lstm(const Lstm& lstm) {
  auto script = make_script("Lstm");
  add_tensors(script, lstm);
  std::string weights;
  for (const auto& item : lstm.named_parameters(/*recurse=*/false)) {
    weights += (weights.empty() ? "self." : ", self.") + item.key();
  }
  // Biases, dropout, training, two directions, the batch first.
  script.define(
      fmt::format("def forward(self, x: Tensor, h: Tensor, c: Tensor) -> Tuple[Tensor, Tensor, Tensor]:\n"
                  "    return torch.lstm(x, [h, c], [{}], True, {}, 0.0, False, False, True)\n",
                  weights, lstm.layers()));
  return script;
}

torch::jit::Module script_image_encoder(const ImageEncoder& encoder, const EncoderConfig& config, int64_t height,
                                        int64_t width, int64_t channels) {
  auto script = make_script("ImageEncoder");
  add_tensors(script, encoder);
  int64_t map_height = height, map_width = width;
  for (size_t i = 0; i < config.channels.size(); ++i) {
    map_height = (map_height + 1) / 2;
    map_width = (map_width + 1) / 2;
  }
  if (config.pooling == Pooling::kSpatialSoftmax) script.register_buffer("positions", positions(map_height, map_width));
  // 0 is uint8: a picture already scaled to [0, 1] would be read as almost black.
  auto code = fmt::format(
      "def forward(self, images):\n"
      "    assert images.dtype == 0 and images.dim() == 4, \"images: want uint8 [B, {0}, {1}, {2}]\"\n"
      "    assert images.size(1) == {0} and images.size(2) == {1} and images.size(3) == {2}, "
      "\"images: want uint8 [B, {0}, {1}, {2}]\"\n"
      "    x = torch.permute(images, [0, 3, 1, 2]).to(self.head_weight) * {3} - 0.5\n",
      height, width, channels, 1.0 / 255.0);
  const EncoderCode layers(encoder, config);
  code += (config.type == EncoderType::kResNet ? layers.resnet() : layers.small_conv()) + layers.pool() + layers.head();
  script.define(code);
  return script;
}

}  // namespace onramp
