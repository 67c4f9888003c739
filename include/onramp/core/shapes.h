// The library's one alphabet of axes, and the checks that open every loss.
//
//   E  critics of an ensemble      B  batch rows           T  time steps        N  sampled actions (or any count)
//   O  size of an observation      A  size of an action    F  features    M  components of a mixture    L  layers of an LSTM
//
// In this order where several meet: q_sampled  float [E, B, N]. A new letter is added here first.
// `float` means float32 or float64. On success a check costs some comparisons and allocates nothing.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace onramp {

/// Sizes that a check leaves open; the letter is what an error message prints.
inline constexpr int64_t kE = -2, kB = -3, kT = -4, kN = -5, kO = -6, kA = -7, kF = -8;
inline constexpr int64_t kAny = kN;

/// @param want  wanted sizes; a negative one of those above: any size
/// @throws ShapeError "q_policy: want float [3, N], got float [2, 3]", on another dtype, rank or size, or undefined
void check_float(std::string_view name, const at::Tensor& tensor, at::IntArrayRef want);
void check_int64(std::string_view name, const at::Tensor& tensor, at::IntArrayRef want);
void check_uint8(std::string_view name, const at::Tensor& tensor, at::IntArrayRef want);
void check_bool(std::string_view name, const at::Tensor& tensor, at::IntArrayRef want);
/// Any dtype.
void check_shape(std::string_view name, const at::Tensor& tensor, at::IntArrayRef want);
/// @throws ShapeError when the dtypes differ.
void check_same_dtype(std::string_view name, const at::Tensor& tensor, std::string_view other_name,
                      const at::Tensor& other);
void check_dtype(std::string_view name, const at::Tensor& tensor, at::ScalarType want);
/// @throws ShapeError unless `count` values fill `sizes`.
void check_numel(std::string_view name, int64_t count, at::IntArrayRef sizes);
/// @throws ShapeError unless the tensor lies in host memory without gaps.
void check_host_contiguous(std::string_view name, const at::Tensor& tensor);

/// How messages name a tensor: "float [2, 3]", "an undefined tensor".
std::string describe(const at::Tensor& tensor);

/// Scalars. NaN passes none of them. @throws ValueError "beta: want > 0, got -1"
void check_positive(std::string_view name, double value);
void check_non_negative(std::string_view name, double value);
void check_at_least(std::string_view name, double value, double low);
void check_in_range(std::string_view name, double value, double low, double high);  ///< both ends allowed

}  // namespace onramp
