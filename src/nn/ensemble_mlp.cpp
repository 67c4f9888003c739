#include "onramp/nn/ensemble_mlp.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "ensemble_pass.h"
#include "onramp/base/error.h"
#include "onramp/core/shapes.h"
#include "onramp/nn/bias_norm_activate.h"
#include "onramp/nn/init.h"

namespace onramp {
namespace {

// x [R, in], the same for every member, or [E, R, in]; weight [E, in, out] -> [E, R, out]. A single member takes the plain
// product, which the libraries run better than a batch of one.
at::Tensor members_product(const at::Tensor& x, const at::Tensor& weight, Precision precision) {
  const auto E = weight.size(0);
  if (E == 1) return product(x.dim() == 3 ? x[0] : x, weight[0], precision).unsqueeze(0);
  return product(x.dim() == 3 ? x : x.unsqueeze(0).expand({E, -1, -1}), weight, precision);
}

}  // namespace

EnsembleMlp::EnsembleMlp(int64_t members, int64_t in, int64_t out, const MlpConfig& config, at::Generator& generator,
                         const std::optional<BatchRenormConfig>& renorm)
    : members_(members), in_(in), out_(out), feature_dim_(0), config_(config) {
  check_at_least("EnsembleMlp: members", static_cast<double>(members), 1.0);
  check_at_least("EnsembleMlp: hidden layers", static_cast<double>(config.hidden.size()), 1.0);
  feature_dim_ = config.hidden.back();
  const auto add_layer = [&](const std::string& name, int64_t fan_in, int64_t units, bool norm) {
    Layer layer;
    layer.weight = register_parameter("weight_" + name, uniform_fan_in({members, fan_in, units}, fan_in, generator));
    layer.bias = register_parameter("bias_" + name, uniform_fan_in({members, units}, fan_in, generator));
    if (norm) {
      layer.norm_weight = register_parameter("norm_weight_" + name, at::ones({members, units}));
      layer.norm_bias = register_parameter("norm_bias_" + name, at::zeros({members, units}));
    }
    layers_.push_back(layer);
  };
  int64_t width = in;
  for (size_t i = 0; i < config.hidden.size(); ++i) {
    add_layer(std::to_string(i), width, config.hidden[i], config.layer_norm);
    width = config.hidden[i];
  }
  add_layer("out", width, out, false);
  if (!renorm) return;
  const auto add_norm = [&](const std::string& name, int64_t units) {
    norms_.push_back(register_module("batch_norm_" + name, std::make_shared<BatchRenorm>(members, units, *renorm)));
  };
  add_norm("in", in);
  for (size_t i = 0; i < config.hidden.size(); ++i) add_norm(std::to_string(i), config.hidden[i]);
}

UnitMap EnsembleMlp::unit_map(size_t norm, const at::Tensor& x, const Pass& pass) const {
  if (pass.by) return pass.by->at(norm);
  if (pass.made) return pass.made->emplace_back(norms_[norm]->of_batch(x));
  return norms_[norm]->of_running();
}

at::Tensor EnsembleMlp::normalize(size_t norm, const at::Tensor& x, const Pass& pass) const {
  return norms_.empty() ? x : unit_map(norm, x, pass)(x);
}

EnsembleOutput EnsembleMlp::evaluate(const std::vector<Layer>& layers, const at::Tensor& x,
                                     const at::Tensor& first_weight, const at::Tensor& first_bias,
                                     const Pass& pass) const {
  if (config_.fused && config_.precision == Precision::kFp32 && norms_.empty()) {
    std::vector<ensemble_pass::Layer> fused{
        {first_weight, first_bias, layers.front().norm_weight, layers.front().norm_bias}};
    for (size_t i = 1; i < layers.size(); ++i) {
      fused.push_back({layers[i].weight, layers[i].bias.unsqueeze(1), layers[i].norm_weight, layers[i].norm_bias});
    }
    if (ensemble_pass::suits(x, fused, config_.activation)) return ensemble_pass::run(x, fused, config_.activation);
  }
  at::Tensor h = members_product(x, first_weight, config_.precision);  // [E, R, H_0]
  for (size_t i = 0; i + 1 < layers.size(); ++i) {
    const Layer& layer = layers[i];
    if (i > 0) h = members_product(h, layer.weight, config_.precision);
    h = bias_norm_activate(h, i > 0 ? layer.bias.unsqueeze(1) : first_bias, layer.norm_weight, layer.norm_bias,
                           config_.activation, config_.fused);
    h = normalize(i + 1, h, pass);
  }
  // Values in full precision: eight bits would make steps of their own in what is learned from their differences.
  return {members_product(h, layers.back().weight, Precision::kFp32) + layers.back().bias.unsqueeze(1), h};
}

EnsembleOutput EnsembleMlp::forward(const at::Tensor& x, const Pass& pass) {
  if (x.defined() && x.dim() == 3) {
    check_float("x", x, {members_, kB, in_});
  } else {
    check_float("x", x, {kB, in_});
  }
  return evaluate(layers_, normalize(0, x, pass), layers_[0].weight, layers_[0].bias.unsqueeze(1), pass);
}

EnsembleOutput EnsembleMlp::forward(const at::Tensor& x) { return forward(x, Pass{}); }

std::vector<EnsembleMlp::Layer> EnsembleMlp::layers_of(std::span<const int64_t> members) const {
  ONRAMP_CHECK(norms_.empty(), "forward_of: not with batch renormalisation");
  check_at_least("forward_of: members", static_cast<double>(members.size()), 1.0);
  for (const int64_t e : members) check_in_range("forward_of: member", double(e), 0.0, double(members_ - 1));
  const auto of = [&](const at::Tensor& t) {
    if (!t.defined()) return t;
    std::vector<at::Tensor> rows;
    for (const int64_t e : members) rows.push_back(t[e]);
    return at::stack(rows);
  };
  std::vector<Layer> layers;
  for (const auto& l : layers_) layers.push_back({of(l.weight), of(l.bias), of(l.norm_weight), of(l.norm_bias)});
  return layers;
}

EnsembleOutput EnsembleMlp::forward_of(std::span<const int64_t> members, const at::Tensor& x) {
  check_float("x", x, {kB, in_});
  const auto layers = layers_of(members);
  return evaluate(layers, x, layers[0].weight, layers[0].bias.unsqueeze(1), Pass{});
}

EnsembleOutput EnsembleMlp::forward_of(std::span<const int64_t> members, const at::Tensor& state,
                                       const at::Tensor& action) {
  if (action.defined() && action.dim() == 2) return forward_of(members, at::cat({state, action}, -1));
  check_float("action", action, {kB, kN, kA});
  check_float("state", state, {action.size(0), in_ - action.size(2)});
  return evaluate_at(layers_of(members), state, action.flatten(0, 1), action.size(1), Pass{});
}

EnsembleOutput EnsembleMlp::forward_batch(const at::Tensor& x, BatchStatistics& made) {
  made.clear();
  return forward(x, Pass{.made = &made});
}

EnsembleOutput EnsembleMlp::forward(const at::Tensor& state, const at::Tensor& action, const BatchStatistics* by) {
  const Pass pass{.by = by};
  if (action.defined() && action.dim() == 2) return forward(at::cat({state, action}, -1), pass);
  check_float("action", action, {kB, kN, kA});
  const auto A = action.size(2), S = in_ - A;
  check_float("state", state, {action.size(0), S});
  auto s = state, a = action.flatten(0, 1);  // [B, S], [B N, A]; [E, ...] once they are normalised
  if (!norms_.empty()) {
    const auto [gain, offset] = unit_map(0, state, pass);  // given or running: it does not look at rows
    s = UnitMap{gain.narrow(2, 0, S), offset.narrow(2, 0, S)}(s);
    a = UnitMap{gain.narrow(2, S, A), offset.narrow(2, S, A)}(a);
  }
  return evaluate_at(layers_, s, a, action.size(1), pass);
}

EnsembleOutput EnsembleMlp::evaluate_at(const std::vector<Layer>& layers, const at::Tensor& state,
                                        const at::Tensor& action, int64_t N, const Pass& pass) const {
  const auto B = state.size(-2), S = state.size(-1), A = action.size(-1);
  const Layer& first = layers[0];
  // (state, action) W = state W_s + action W_a: the state's part enters as a bias that N rows share.
  const auto state_part =
      members_product(state, first.weight.narrow(1, 0, S), config_.precision) + first.bias.unsqueeze(1);  // [E, B, H]
  const auto flat = evaluate(layers, action, first.weight.narrow(1, S, A), state_part, pass);  // [E, B N, ...]
  return {flat.output.view({-1, B, N, out_}), flat.features.view({-1, B, N, feature_dim_})};
}

}  // namespace onramp
