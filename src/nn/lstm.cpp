#include "onramp/nn/lstm.h"

#include <ATen/Functions.h>
#include <fmt/format.h>

#include "onramp/core/shapes.h"
#include "onramp/nn/init.h"

namespace onramp {

Lstm::Lstm(int64_t in, int64_t units, int64_t layers, at::Generator& generator)
    : in_(in), units_(units), layers_(layers) {
  const auto add = [&](const std::string& name, at::IntArrayRef sizes) {
    weights_.push_back(register_parameter(name, uniform_fan_in(sizes, units, generator)));
  };
  for (int64_t l = 0; l < layers; ++l) {
    add(fmt::format("weight_ih_l{}", l), {4 * units, l == 0 ? in : units});
    add(fmt::format("weight_hh_l{}", l), {4 * units, units});
    add(fmt::format("bias_ih_l{}", l), {4 * units});
    add(fmt::format("bias_hh_l{}", l), {4 * units});
  }
}

LstmState Lstm::initial_state(int64_t batch) const {
  const auto zeros = [&] { return at::zeros({layers_, batch, units_}, weights_.front().options()); };
  return {.h = zeros(), .c = zeros()};
}

Lstm::Output Lstm::forward(const at::Tensor& x, const LstmState& state) {
  check_float("Lstm: x", x, {kB, kT, in_});
  check_float("Lstm: h", state.h, {layers_, x.size(0), units_});
  check_float("Lstm: c", state.c, {layers_, x.size(0), units_});
  auto [out, h, c] = at::lstm(x, {state.h, state.c}, weights_, /*has_biases=*/true, layers_, /*dropout=*/0.0,
                              is_training(), /*bidirectional=*/false, /*batch_first=*/true);
  return {.out = std::move(out), .state = {.h = std::move(h), .c = std::move(c)}};
}

}  // namespace onramp
