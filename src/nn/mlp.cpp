#include "onramp/nn/mlp.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <fmt/format.h>

#include "onramp/base/error.h"
#include "onramp/core/shapes.h"
#include "onramp/nn/bias_norm_activate.h"
#include "onramp/nn/init.h"

namespace onramp {

Mlp::Mlp(int64_t in, int64_t out, const MlpConfig& config, at::Generator& generator)
    : in_(in), out_(out), feature_dim_(config.hidden.empty() ? in : config.hidden.back()), config_(config) {
  const auto add_layer = [&](const std::string& name, int64_t fan_in, int64_t units, bool norm) {
    Layer layer;
    layer.weight = register_parameter("weight_" + name, uniform_fan_in({units, fan_in}, fan_in, generator));
    layer.bias = register_parameter("bias_" + name, uniform_fan_in({units}, fan_in, generator));
    if (norm) {
      layer.norm_weight = register_parameter("norm_weight_" + name, at::ones({units}));
      layer.norm_bias = register_parameter("norm_bias_" + name, at::zeros({units}));
    }
    layers_.push_back(layer);
  };
  int64_t width = in;
  for (size_t i = 0; i < config.hidden.size(); ++i) {
    add_layer(std::to_string(i), width, config.hidden[i], config.layer_norm);
    width = config.hidden[i];
  }
  add_layer("out", width, out, false);
}

at::Tensor Mlp::hidden(const at::Tensor& x) {
  if (!x.defined() || !at::isFloatingType(x.scalar_type()) || x.dim() < 1 || x.size(-1) != in_) {
    throw ShapeError(fmt::format("Mlp: want float [..., {}], got {}", in_, describe(x)));
  }
  auto h = x.reshape({1, -1, in_});  // [1, R, in]
  for (size_t i = 0; i + 1 < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const auto row = [](const at::Tensor& t) { return t.defined() ? t.unsqueeze(0) : t; };
    h = bias_norm_activate(product(h[0], layer.weight.t(), config_.precision).unsqueeze(0), layer.bias.view({1, 1, -1}),
                           row(layer.norm_weight), row(layer.norm_bias), config_.activation, config_.fused);
  }
  auto sizes = x.sizes().vec();
  sizes.back() = feature_dim_;
  return h.view(sizes);
}

at::Tensor Mlp::forward(const at::Tensor& x) {
  return at::linear(hidden(x), layers_.back().weight, layers_.back().bias);
}

}  // namespace onramp
