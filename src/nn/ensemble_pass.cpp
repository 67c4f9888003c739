#include "ensemble_pass.h"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <stdexcept>

#include "ensemble_plan.h"
#include "row_kernels.h"

namespace onramp::ensemble_pass {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kMostWeights = 512 * 512;  // of one layer; larger ones are better multiplied with all rows at once

/// One hidden layer of a block. What `kept` does not hold lives only here. @return y [rows, H]
template <class T>
at::Tensor forward_layer(const Network& net, size_t layer, const Kept& kept, const Plan& plan, const Block& block,
                         const at::Tensor& h) {
  const auto weight = net.weight(layer)[block.e];
  const int64_t H = weight.size(1);
  const auto y = kept.y.defined() ? block.of(kept.y) : at::empty({block.rows(), H}, h.options());
  auto product = kept.product.defined() ? block.of(kept.product) : y;  // in place when nobody asks for it later
  at::mm_out(product, h, weight);
  const auto statistics = net.norm && !kept.mean.defined() ? at::empty({2, block.rows()}, h.options()) : at::Tensor();
  const auto own = [&](int64_t row) { return statistics.defined() ? at_row<T>(statistics, row, 0) : nullptr; };
  row_kernels::forward({.begin = 0,
                        .end = block.rows(),
                        .H = H,
                        .rows_per_bias = layer == 0 ? plan.rows_per_bias : plan.R,
                        .product = product.template data_ptr<T>(),
                        .bias = at_row<T>(net.bias(layer), block.e, layer == 0 ? plan.bias_row(block.begin) : 0),
                        .norm_weight = at_row<T>(net.norm_weight(layer), block.e, 0),
                        .norm_bias = at_row<T>(net.norm_bias(layer), block.e, 0),
                        .y = y.template data_ptr<T>(),
                        .mean = kept.mean.defined() ? at_row<T>(kept.mean, block.e, block.begin) : own(0),
                        .rstd = kept.rstd.defined() ? at_row<T>(kept.rstd, block.e, block.begin) : own(1),
                        .relu = net.relu});
  if (!net.relu) y.tanh_();
  return y;
}

/// @param keep all that a backward pass needs; else the last layer's y alone
template <class T>
at::Tensor forward_pass(const Network& net, bool keep, std::vector<Kept>& kept) {
  const Plan plan = net.plan();
  const auto options = net.x().options().requires_grad(false);
  kept.resize(net.hidden);
  for (size_t l = 0; l < net.hidden; ++l) {
    const std::vector<int64_t> sizes{plan.E, plan.R, net.weight(l).size(2)}, rows{plan.E, plan.R};
    if (keep || l + 1 == net.hidden) kept[l].y = at::empty(sizes, options);
    if (keep && net.norm)
      kept[l] = {at::empty(sizes, options), kept[l].y, at::empty(rows, options), at::empty(rows, options)};
  }
  auto output = at::empty({plan.E, plan.R, net.weight(net.hidden).size(2)}, options);
  plan.parallel([&](int64_t e, int64_t, int64_t lane_begin, int64_t lane_end) {
    for (int64_t begin = lane_begin; begin < lane_end; begin += plan.block_rows) {
      const Block block{e, begin, std::min(begin + plan.block_rows, lane_end)};
      at::Tensor h = block.of(net.x());
      for (size_t l = 0; l < net.hidden; ++l) h = forward_layer<T>(net, l, kept[l], plan, block, h);
      auto out = block.of(output);
      at::addmm_out(out, net.bias(net.hidden)[e], h, net.weight(net.hidden)[e]);
    }
  });
  return output;
}

/// Gradients while they are being summed: a part for each lane, since lanes run side by side.
struct Sums {
  at::Tensor weight;                  // [E, lanes, in, H]; undefined: not wanted
  at::Tensor bias;                    // [E, lanes, H], or [E, G, H] where bias rows belong to lanes
  at::Tensor norm_weight, norm_bias;  // [E, lanes, H]
};

at::Tensor over_lanes(const at::Tensor& parts) { return parts.size(1) == 1 ? parts.select(1, 0) : parts.sum(1); }

/// dW = or += input^T d, for one lane.
void add_product(const at::Tensor& sum, const Block& block, int64_t lane, const at::Tensor& input, const at::Tensor& d,
                 bool first) {
  if (!sum.defined()) return;
  auto part = sum.select(0, block.e).select(0, lane);
  at::addmm_out(part, part, input.t(), d, /*beta=*/first ? 0 : 1);
}

template <class T>
void backward_layer(const Network& net, size_t layer, const Kept& kept, const Sums& sums, const Plan& plan,
                    const Block& block, int64_t lane, const at::Tensor& dy, const at::Tensor& dx) {
  const int64_t e = block.e, bias_row = layer == 0 ? plan.bias_row(block.begin) : 0;
  const bool grouped = layer == 0 && net.bias(0).size(1) > 1;
  row_kernels::backward({.begin = 0,
                         .end = block.rows(),
                         .H = dy.size(1),
                         .rows_per_bias = layer == 0 ? plan.rows_per_bias : plan.R,
                         .product = at_row<T>(kept.product, e, block.begin),
                         .bias = at_row<T>(net.bias(layer), e, bias_row),
                         .norm_weight = at_row<T>(net.norm_weight(layer), e, 0),
                         .y = at_row<T>(kept.y, e, block.begin),
                         .dy = dy.data_ptr<T>(),
                         .mean = at_row<T>(kept.mean, e, block.begin),
                         .rstd = at_row<T>(kept.rstd, e, block.begin),
                         .dx = dx.data_ptr<T>(),
                         .d_norm_weight = at_row<T>(sums.norm_weight, e, lane),
                         .d_norm_bias = at_row<T>(sums.norm_bias, e, lane),
                         .d_bias = at_row<T>(sums.bias, e, grouped ? bias_row : lane),
                         .one_bias_row = !grouped,
                         .relu = net.relu});
}

/// @param wanted whether the gradient of the tensor of that number (Network::tensors) is
template <class T, class Wanted>
variable_list backward_pass(const Network& net, const std::vector<Kept>& kept, const at::Tensor& d_output,
                            const at::Tensor& d_features, const Wanted& wanted) {
  const Plan plan = net.plan();
  const auto options = net.x().options().requires_grad(false);
  std::vector<Sums> sums(net.hidden + 1);
  for (size_t l = 0; l <= net.hidden; ++l) {
    const auto in = net.weight(l).size(1), H = net.weight(l).size(2);
    if (wanted(net.slot(l))) sums[l].weight = at::empty({plan.E, plan.lanes, in, H}, options);
    const bool grouped = l == 0 && net.bias(0).size(1) > 1;
    sums[l].bias = at::zeros({plan.E, grouped ? net.bias(0).size(1) : plan.lanes, H}, options);
    if (!net.norm || l == net.hidden) continue;
    sums[l].norm_weight = at::zeros({plan.E, plan.lanes, H}, options);
    sums[l].norm_bias = at::zeros({plan.E, plan.lanes, H}, options);
  }
  const auto d_x = wanted(0) ? at::empty({plan.E, plan.R, net.x().size(-1)}, options) : at::Tensor();

  plan.parallel([&](int64_t e, int64_t lane, int64_t lane_begin, int64_t lane_end) {
    for (int64_t begin = lane_begin; begin < lane_end; begin += plan.block_rows) {
      const Block block{e, begin, std::min(begin + plan.block_rows, lane_end)};
      const bool first = begin == lane_begin;
      at::Tensor dh = d_features.defined() ? block.of(d_features) : at::Tensor();
      if (d_output.defined()) {
        const auto d = block.of(d_output);
        const auto through = at::mm(d, net.weight(net.hidden)[e].t());
        dh = dh.defined() ? through + dh : through;
        add_product(sums[net.hidden].weight, block, lane, block.of(kept.back().y), d, first);
        sums[net.hidden].bias[e][lane].add_(d.sum(0));
      }
      for (size_t l = net.hidden; l-- > 0;) {
        const auto dp = at::empty_like(dh);
        backward_layer<T>(net, l, kept[l], sums[l], plan, block, lane, dh, dp);
        add_product(sums[l].weight, block, lane, block.of(l > 0 ? kept[l - 1].y : net.x()), dp, first);
        if (l > 0) {
          dh = at::mm(dp, net.weight(l)[e].t());
        } else if (d_x.defined()) {
          auto to = block.of(d_x);
          at::mm_out(to, dp, net.weight(0)[e].t());
        }
      }
    }
  });

  variable_list gradients(net.tensors.size());
  if (d_x.defined()) gradients[0] = net.x().dim() == 3 ? d_x : d_x.sum(0);
  for (size_t l = 0; l <= net.hidden; ++l) {
    const bool reached = l < net.hidden || d_output.defined();
    if (!reached) continue;
    if (sums[l].weight.defined()) gradients[net.slot(l)] = over_lanes(sums[l].weight);
    const bool grouped = l == 0 && net.bias(0).size(1) > 1;
    gradients[net.slot(l) + 1] = grouped ? sums[l].bias : over_lanes(sums[l].bias).unsqueeze(1);
    if (!net.norm || l == net.hidden) continue;
    gradients[net.slot(l) + 2] = over_lanes(sums[l].norm_weight);
    gradients[net.slot(l) + 3] = over_lanes(sums[l].norm_bias);
  }
  return gradients;
}

template <class T>
struct Pass : torch::autograd::Function<Pass<T>> {
  static variable_list forward(AutogradContext* context, at::TensorList tensors, size_t hidden, bool norm, bool relu) {
    const Network net{tensors.vec(), hidden, norm, relu};
    std::vector<Kept> kept;
    const auto output = forward_pass<T>(net, /*keep=*/true, kept);
    variable_list saved = net.tensors;
    for (const auto& k : kept) saved.insert(saved.end(), {k.product, k.y, k.mean, k.rstd});
    context->save_for_backward(std::move(saved));
    context->set_materialize_grads(false);
    context->saved_data["hidden"] = static_cast<int64_t>(hidden);
    context->saved_data["norm"] = norm;
    context->saved_data["relu"] = relu;
    return {output, kept.back().y};
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    if (at::GradMode::is_enabled()) {
      throw std::logic_error("EnsembleMlp: the fused form has no second derivative; set fused: false");
    }
    auto saved = context->get_saved_variables();
    const auto hidden = static_cast<size_t>(context->saved_data["hidden"].toInt());
    std::vector<Kept> kept(hidden);
    const size_t own = saved.size() - 4 * hidden;
    for (size_t l = 0; l < hidden; ++l) {
      const auto at = own + 4 * l;
      kept[l] = {saved[at], saved[at + 1], saved[at + 2], saved[at + 3]};
    }
    saved.resize(own);
    if (!gradients[0].defined() && !gradients[1].defined()) return variable_list(own + 3);  // nothing came back
    const Network net{std::move(saved), hidden, context->saved_data["norm"].toBool(),
                      context->saved_data["relu"].toBool()};
    for (auto& gradient : gradients) {
      if (gradient.defined()) gradient = gradient.contiguous();
    }
    auto result =
        backward_pass<T>(net, kept, gradients[0], gradients[1], [&](size_t i) { return context->needs_input_grad(i); });
    result.resize(result.size() + 3);  // hidden, norm and relu have no gradient
    return result;
  }
};

template <class T>
EnsembleOutput run_as(Network net) {
  const bool differentiable =
      at::GradMode::is_enabled() &&
      std::any_of(net.tensors.begin(), net.tensors.end(), [](const at::Tensor& t) { return t.requires_grad(); });
  if (differentiable) {
    const auto results = Pass<T>::apply(at::TensorList(net.tensors), net.hidden, net.norm, net.relu);
    return {results[0], results[1]};
  }
  std::vector<Kept> kept;
  const auto output = forward_pass<T>(net, /*keep=*/false, kept);
  return {output, kept.back().y};
}

}  // namespace

bool suits(const at::Tensor& x, const std::vector<Layer>& layers, Activation activation) {
  const bool small = std::all_of(layers.begin(), layers.end(), [](const Layer& layer) {
    return layer.weight.size(1) * layer.weight.size(2) <= kMostWeights;
  });
  return small && x.device().is_cpu() && x.size(-2) > 0 &&
         (activation == Activation::kRelu || activation == Activation::kTanh);
}

EnsembleOutput run(const at::Tensor& x, const std::vector<Layer>& layers, Activation activation) {
  const bool norm = layers.front().norm_weight.defined();
  Network net{{x}, layers.size() - 1, norm, activation == Activation::kRelu};
  for (size_t l = 0; l < layers.size(); ++l) {
    net.tensors.push_back(layers[l].weight.contiguous());
    net.tensors.push_back(layers[l].bias.contiguous());
    if (!norm || l == net.hidden) continue;
    net.tensors.push_back(layers[l].norm_weight.contiguous());
    net.tensors.push_back(layers[l].norm_bias.contiguous());
  }
  return x.scalar_type() == at::kDouble ? run_as<double>(std::move(net)) : run_as<float>(std::move(net));
}

}  // namespace onramp::ensemble_pass
