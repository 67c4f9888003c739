#include "onramp/nn/bias_norm_activate.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "onramp/core/parallel.h"
#include "onramp/core/shapes.h"
#include "row_kernels.h"

namespace onramp {
namespace {

at::Tensor plain(const at::Tensor& product, const at::Tensor& bias, const at::Tensor& norm_weight,
                 const at::Tensor& norm_bias, Activation activation) {
  const auto E = product.size(0), R = product.size(1), H = product.size(2), G = bias.size(1);
  auto x = (product.view({E, G, R / G, H}) + bias.unsqueeze(2)).view({E, R, H});
  if (norm_weight.defined()) {
    x = at::layer_norm(x, {H}, {}, {}, kLayerNormEps) * norm_weight.unsqueeze(1) + norm_bias.unsqueeze(1);
  }
  return activate(x, activation);
}

/// Rows in blocks of about 64. A block lies within one member, and within one bias group or made of whole ones. The cut
/// does not depend on the number of threads, nor does therefore any sum over blocks.
struct Blocks {
  int64_t E, R, H, G;
  int64_t rows_per_bias = R / G;
  bool split_groups = rows_per_bias > kRows;  // several blocks share a bias row
  int64_t rows = split_groups ? kRows : rows_per_bias * (kRows / rows_per_bias);
  int64_t per_group = split_groups ? (rows_per_bias + rows - 1) / rows : 1;
  int64_t per_member = split_groups ? G * per_group : (R + rows - 1) / rows;

  static constexpr int64_t kRows = 64;

  Blocks(const at::Tensor& product, const at::Tensor& bias)
      : E(product.size(0)), R(product.size(1)), H(product.size(2)), G(bias.size(1)) {}

  /// Calls body(member, block of the member, first row, row after the last), on all threads.
  template <class Body>
  void parallel(const Body& body) const {
    const int64_t grain = std::max<int64_t>(1, 16384 / (rows * H));  // below that a thread costs more than it saves
    at::parallel_for(0, E * per_member, grain, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        const int64_t e = i / per_member, block = i % per_member;
        const int64_t group = block / per_group;
        const int64_t begin = split_groups ? group * rows_per_bias + block % per_group * rows : block * rows;
        body(e, block, begin, std::min(begin + rows, split_groups ? (group + 1) * rows_per_bias : R));
      }
    });
  }
};

template <class T>
const T* read(const at::Tensor& t, int64_t offset) {
  return t.defined() ? t.const_data_ptr<T>() + offset : nullptr;
}
template <class T>
T* write(at::Tensor& t, int64_t offset) {
  return t.defined() ? t.mutable_data_ptr<T>() + offset : nullptr;
}

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

template <class T>
struct Fused : torch::autograd::Function<Fused<T>> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& product_in, const at::Tensor& bias_in,
                            const std::optional<at::Tensor>& norm_weight_in,
                            const std::optional<at::Tensor>& norm_bias_in, bool relu) {
    const auto product = product_in.contiguous(), bias = bias_in.contiguous();
    const bool norm = norm_weight_in.has_value();
    const auto norm_weight = norm ? norm_weight_in->contiguous() : at::Tensor();
    const auto norm_bias = norm ? norm_bias_in->contiguous() : at::Tensor();
    const Blocks blocks(product, bias);
    const auto H = blocks.H;
    auto y = at::empty_like(product);
    at::Tensor mean, rstd;
    if (norm) {
      mean = at::empty({blocks.E, blocks.R}, product.options());
      rstd = at::empty_like(mean);
    }
    blocks.parallel([&](int64_t e, int64_t, int64_t begin, int64_t end) {
      row_kernels::forward({.begin = begin,
                            .end = end,
                            .H = H,
                            .rows_per_bias = blocks.rows_per_bias,
                            .product = read<T>(product, e * blocks.R * H),
                            .bias = read<T>(bias, e * blocks.G * H),
                            .norm_weight = read<T>(norm_weight, e * H),
                            .norm_bias = read<T>(norm_bias, e * H),
                            .y = write<T>(y, e * blocks.R * H),
                            .mean = write<T>(mean, e * blocks.R),
                            .rstd = write<T>(rstd, e * blocks.R),
                            .relu = relu});
    });
    if (!relu) y.tanh_();
    context->save_for_backward({norm ? product : at::Tensor(), bias, norm_weight, y, mean, rstd});
    context->saved_data["relu"] = relu;
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    if (at::GradMode::is_enabled()) {
      throw std::logic_error("bias_norm_activate: the fused form has no second derivative; set fused: false");
    }
    const auto saved = context->get_saved_variables();
    const auto &product = saved[0], &bias = saved[1], &norm_weight = saved[2], &y = saved[3], &mean = saved[4],
               &rstd = saved[5];
    const bool norm = norm_weight.defined(), relu = context->saved_data["relu"].toBool();
    const auto dy = gradients[0].contiguous();
    const Blocks blocks(y, bias);
    const auto E = blocks.E, R = blocks.R, H = blocks.H, G = blocks.G, P = blocks.per_member;
    auto dx = at::empty_like(y);
    // Sums over rows: a part for each block, added up in order afterwards.
    auto d_bias = at::zeros({E, blocks.split_groups ? P : G, H}, y.options());
    at::Tensor d_weight, d_shift;
    if (norm) {
      d_weight = at::zeros({E, P, H}, y.options());
      d_shift = at::zeros({E, P, H}, y.options());
    }
    blocks.parallel([&](int64_t e, int64_t block, int64_t begin, int64_t end) {
      const int64_t rows = e * R * H, part = (e * P + block) * H;
      row_kernels::backward({.begin = begin,
                             .end = end,
                             .H = H,
                             .rows_per_bias = blocks.rows_per_bias,
                             .product = read<T>(product, rows),
                             .bias = read<T>(bias, e * G * H),
                             .norm_weight = read<T>(norm_weight, e * H),
                             .y = read<T>(y, rows),
                             .dy = read<T>(dy, rows),
                             .mean = read<T>(mean, e * R),
                             .rstd = read<T>(rstd, e * R),
                             .dx = write<T>(dx, rows),
                             .d_norm_weight = write<T>(d_weight, part),
                             .d_norm_bias = write<T>(d_shift, part),
                             .d_bias = write<T>(d_bias, blocks.split_groups ? part : e * G * H),
                             .one_bias_row = blocks.split_groups,
                             .relu = relu});
    });
    if (blocks.split_groups) d_bias = d_bias.view({E, G, blocks.per_group, H}).sum(2);
    return {dx, d_bias, norm ? d_weight.sum(1) : at::Tensor(), norm ? d_shift.sum(1) : at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor bias_norm_activate(const at::Tensor& product, const at::Tensor& bias, const at::Tensor& norm_weight,
                              const at::Tensor& norm_bias, Activation activation, bool fused) {
  check_float("product", product, {kE, kAny, kF});
  const auto E = product.size(0), R = product.size(1), H = product.size(2);
  check_float("bias", bias, {E, kAny, H});
  if (norm_weight.defined()) {
    check_float("norm_weight", norm_weight, {E, H});
    check_float("norm_bias", norm_bias, {E, H});
  }
  if (bias.size(1) == 0 || R % bias.size(1) != 0)
    throw std::logic_error("bias_norm_activate: rows are no multiple of bias rows");
  const bool has_kernel =
      product.device().is_cpu() && (activation == Activation::kRelu || activation == Activation::kTanh);
  if (!fused || !has_kernel || R == 0) return plain(product, bias, norm_weight, norm_bias, activation);
  const bool relu = activation == Activation::kRelu;
  const auto given = [](const at::Tensor& t) { return t.defined() ? std::optional<at::Tensor>(t) : std::nullopt; };
  return product.scalar_type() == at::kDouble
             ? Fused<double>::apply(product, bias, given(norm_weight), given(norm_bias), relu)
             : Fused<float>::apply(product, bias, given(norm_weight), given(norm_bias), relu);
}

}  // namespace onramp
