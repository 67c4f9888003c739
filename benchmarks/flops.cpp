#include "flops.h"

#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>

#include <atomic>
#include <string_view>

namespace onramp::bench {
namespace {

std::atomic<double> counted = 0;  // products also run on other threads

double product(const at::Tensor& left, const at::Tensor& right) {  // [..., m, k] x [..., k, n]
  return 2.0 * static_cast<double>(left.numel()) * static_cast<double>(right.size(-1));
}

// weight [C', C / groups, k_h, k_w], output [B, C', H', W']
double convolution(const at::Tensor& weight, int64_t output_positions) {
  return 2.0 * static_cast<double>(weight.numel()) * static_cast<double>(output_positions);
}

int64_t positions(const at::Tensor& output) { return output.size(0) * output.size(2) * output.size(3); }

int64_t output_size(int64_t input, int64_t kernel, int64_t stride, int64_t padding) {
  return (input + 2 * padding - kernel) / stride + 1;
}

std::unique_ptr<at::ObserverContext> count(const at::RecordFunction& function) {
  const std::string_view name = function.name();
  const auto inputs = function.inputs();
  if (name == "aten::mm" || name == "aten::bmm") {
    counted += product(inputs[0].toTensor(), inputs[1].toTensor());
  } else if (name == "aten::addmm" || name == "aten::baddbmm") {
    counted += product(inputs[1].toTensor(), inputs[2].toTensor());
  } else if (name == "aten::convolution") {
    const auto &input = inputs[0].toTensor(), &weight = inputs[1].toTensor();
    const auto stride = inputs[3].toIntVector(), padding = inputs[4].toIntVector();
    // One number stands for both directions.
    const auto height = output_size(input.size(2), weight.size(2), stride.front(), padding.front());
    const auto width = output_size(input.size(3), weight.size(3), stride.back(), padding.back());
    counted += convolution(weight, input.size(0) * height * width);
  } else if (name == "aten::convolution_backward") {
    const auto wanted = inputs[10].toBoolList();  // gradients of input, weight, bias
    counted += (int(wanted[0]) + int(wanted[1])) * convolution(inputs[2].toTensor(), positions(inputs[0].toTensor()));
  }
  return nullptr;
}

}  // namespace

double count_flops(const std::function<void()>& work) {
  counted = 0;
  const auto handle = at::addGlobalCallback(at::RecordFunctionCallback(count).needsInputs(true));
  work();
  at::removeCallback(handle);
  return counted;
}

}  // namespace onramp::bench
