#include "onramp/core/shapes.h"

#include <string>

#include "onramp/base/error.h"

namespace onramp {
namespace {

std::string size_text(int64_t size) {
  constexpr std::string_view kLetters = "EBTNOAF";  // kE is -2, kB is -3, ...
  if (size >= 0) return std::to_string(size);
  const auto index = static_cast<size_t>(-2 - size);
  return index < kLetters.size() ? std::string(1, kLetters[index]) : "?";
}

std::string sizes_text(at::IntArrayRef sizes) {
  std::string text = "[";
  for (const int64_t size : sizes) text += (text.size() > 1 ? ", " : "") + size_text(size);
  return text + "]";
}

std::string dtype_text(at::ScalarType dtype) {
  switch (dtype) {
    case at::kFloat:
      return "float";
    case at::kDouble:
      return "double";
    case at::kHalf:
      return "float16";
    case at::kBFloat16:
      return "bfloat16";
    case at::kLong:
      return "int64";
    case at::kInt:
      return "int32";
    case at::kByte:
      return "uint8";
    case at::kBool:
      return "bool";
    default:
      return c10::toString(dtype);
  }
}

bool fits(at::IntArrayRef sizes, at::IntArrayRef want) {
  if (sizes.size() != want.size()) return false;
  for (size_t i = 0; i < want.size(); ++i) {
    if (want[i] >= 0 && sizes[i] != want[i]) return false;
  }
  return true;
}

[[noreturn, gnu::cold, gnu::noinline]] void refuse(std::string_view name, const at::Tensor& tensor,
                                                   std::string_view dtype, at::IntArrayRef want) {
  throw ShapeError(
      concat(name, ": want ", dtype, dtype.empty() ? "" : " ", sizes_text(want), ", got ", describe(tensor)));
}

[[noreturn, gnu::cold, gnu::noinline]] void refuse_value(std::string_view name, const std::string& want, double value) {
  throw ValueError(concat(name, ": want ", want, ", got ", value));
}

void check(std::string_view name, const at::Tensor& tensor, at::ScalarType dtype, at::IntArrayRef want) {
  if (!tensor.defined() || tensor.scalar_type() != dtype || !fits(tensor.sizes(), want)) {
    refuse(name, tensor, dtype_text(dtype), want);
  }
}

}  // namespace

std::string describe(const at::Tensor& tensor) {
  if (!tensor.defined()) return "an undefined tensor";
  return dtype_text(tensor.scalar_type()) + " " + sizes_text(tensor.sizes());
}

void check_float(std::string_view name, const at::Tensor& tensor, at::IntArrayRef want) {
  if (!tensor.defined() || (tensor.scalar_type() != at::kFloat && tensor.scalar_type() != at::kDouble) ||
      !fits(tensor.sizes(), want)) {
    refuse(name, tensor, "float", want);
  }
}

void check_int64(std::string_view name, const at::Tensor& tensor, at::IntArrayRef want) {
  check(name, tensor, at::kLong, want);
}

void check_uint8(std::string_view name, const at::Tensor& tensor, at::IntArrayRef want) {
  check(name, tensor, at::kByte, want);
}

void check_bool(std::string_view name, const at::Tensor& tensor, at::IntArrayRef want) {
  check(name, tensor, at::kBool, want);
}

void check_shape(std::string_view name, const at::Tensor& tensor, at::IntArrayRef want) {
  if (!tensor.defined() || !fits(tensor.sizes(), want)) refuse(name, tensor, "", want);
}

void check_same_dtype(std::string_view name, const at::Tensor& tensor, std::string_view other_name,
                      const at::Tensor& other) {
  if (tensor.scalar_type() == other.scalar_type()) return;
  throw ShapeError(concat(name, ": want the dtype of ", other_name, ", ", dtype_text(other.scalar_type()), ", got ",
                          dtype_text(tensor.scalar_type())));
}

void check_dtype(std::string_view name, const at::Tensor& tensor, at::ScalarType want) {
  if (!tensor.defined() || tensor.scalar_type() != want) {
    throw ShapeError(concat(name, ": want dtype ", dtype_text(want), ", got ",
                            tensor.defined() ? dtype_text(tensor.scalar_type()) : "an undefined tensor"));
  }
}

void check_numel(std::string_view name, int64_t count, at::IntArrayRef sizes) {
  int64_t numel = 1;
  for (const int64_t size : sizes) numel *= size;
  if (count != numel)
    throw ShapeError(concat(name, ": want ", numel, " values for ", sizes_text(sizes), ", got ", count));
}

void check_host_contiguous(std::string_view name, const at::Tensor& tensor) {
  if (!tensor.device().is_cpu() || !tensor.is_contiguous()) {
    throw ShapeError(concat(name, ": want a contiguous tensor on the CPU, got ", sizes_text(tensor.sizes()), " on ",
                            tensor.device().str()));
  }
}

// Each condition is written so that NaN fails it.
void check_positive(std::string_view name, double value) {
  if (!(value > 0.0)) refuse_value(name, "> 0", value);
}

void check_non_negative(std::string_view name, double value) {
  if (!(value >= 0.0)) refuse_value(name, ">= 0", value);
}

void check_at_least(std::string_view name, double value, double low) {
  if (!(value >= low)) refuse_value(name, concat(">= ", low), value);
}

void check_in_range(std::string_view name, double value, double low, double high) {
  if (!(value >= low && value <= high)) refuse_value(name, concat("in [", low, ", ", high, "]"), value);
}

}  // namespace onramp
