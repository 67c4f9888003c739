// Host memory to tensors and back: the one place that knows at::from_blob.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/ScalarType.h>

#include <cstring>
#include <span>
#include <vector>

#include "onramp/core/shapes.h"

namespace onramp {

/// A tensor of its own memory; the dtype follows T, so that it cannot be written down wrongly.
/// @throws ShapeError when the values do not fill `sizes`
template <class T>
at::Tensor copy_to_tensor(std::span<const T> values, at::IntArrayRef sizes) {
  check_numel("copy_to_tensor", static_cast<int64_t>(values.size()), sizes);
  // from_blob wants a pointer to non-const; the clone below only reads.
  return at::from_blob(const_cast<T*>(values.data()), sizes, c10::CppTypeToScalarType<T>::value).clone();
}

template <class T>
at::Tensor copy_to_tensor(const std::vector<T>& values, at::IntArrayRef sizes) {
  return copy_to_tensor(std::span<const T>(values), sizes);
}

template <class T>
at::Tensor copy_to_tensor(const std::vector<T>& values) {
  return copy_to_tensor(std::span<const T>(values), {static_cast<int64_t>(values.size())});
}

/// All values in row-major order. Waits for the device. @throws ShapeError when the dtype is not T's
template <class T>
std::vector<T> copy_to_vector(const at::Tensor& tensor) {
  check_dtype("copy_to_vector", tensor, c10::CppTypeToScalarType<T>::value);
  const auto host = tensor.detach().cpu().contiguous();
  std::vector<T> values(static_cast<size_t>(host.numel()));
  if (!values.empty()) std::memcpy(values.data(), host.const_data_ptr(), values.size() * sizeof(T));
  return values;
}

/// Copies values into an existing contiguous CPU tensor, e.g. a row of a batch. @throws ShapeError
template <class T>
void copy_into(std::span<const T> values, const at::Tensor& tensor) {
  check_dtype("copy_into", tensor, c10::CppTypeToScalarType<T>::value);
  check_numel("copy_into", static_cast<int64_t>(values.size()), tensor.sizes());
  check_host_contiguous("copy_into", tensor);
  if (!values.empty()) std::memcpy(tensor.mutable_data_ptr(), values.data(), values.size_bytes());
}

}  // namespace onramp
