// How ensemble_pass.cpp cuts its work: what it is about, which rows belong together, what is kept between the passes.
#pragma once

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <cstdint>

#include "onramp/core/parallel.h"

namespace onramp::ensemble_pass {

inline constexpr int64_t kBlockRows = 128;  // 128 KiB an array of 256 float32 units: a few of them fit a core's cache
inline constexpr int64_t kLeastTasks = 8;

/// The work cut into tasks: ranges of rows of one member, which a thread walks through block by block. The cut depends on
/// shapes alone, and so does the order of every sum over rows.
struct Plan {
  int64_t E, R, rows_per_bias, block_rows, lane_rows, lanes;

  Plan(int64_t members, int64_t rows, int64_t groups) : E(members), R(rows), rows_per_bias(rows / groups) {
    const int64_t unit = groups > 1 ? rows_per_bias : 1;  // what shares a bias row stays together
    block_rows = unit * std::max<int64_t>(1, kBlockRows / unit);
    const int64_t blocks = (R + block_rows - 1) / block_rows;
    const int64_t wanted = std::clamp<int64_t>((kLeastTasks + E - 1) / E, 1, blocks);
    lane_rows = (blocks + wanted - 1) / wanted * block_rows;
    lanes = (R + lane_rows - 1) / lane_rows;
  }
  int64_t bias_row(int64_t row) const { return row / rows_per_bias; }
  /// Calls body(member, lane, first row, row after the last), on all threads.
  template <class Body>
  void parallel(const Body& body) const {
    at::parallel_for(0, E * lanes, 1, [&](int64_t first, int64_t last) {
      const at::NoGradGuard no_grad;  // each thread has a mode of its own
      for (int64_t i = first; i < last; ++i) {
        const int64_t e = i / lanes, lane = i % lanes;
        body(e, lane, lane * lane_rows, std::min((lane + 1) * lane_rows, R));
      }
    });
  }
};

/// The tensors as autograd sees them: x, then of each layer weight, bias and, where it has them, norm_weight and norm_bias.
struct Network {
  torch::autograd::variable_list tensors;
  size_t hidden;
  bool norm, relu;

  size_t slot(size_t layer) const { return 1 + layer * (norm ? 4 : 2); }
  const at::Tensor& x() const { return tensors[0]; }
  const at::Tensor& weight(size_t layer) const { return tensors[slot(layer)]; }
  const at::Tensor& bias(size_t layer) const { return tensors[slot(layer) + 1]; }
  at::Tensor norm_weight(size_t layer) const { return norm ? tensors[slot(layer) + 2] : at::Tensor(); }
  at::Tensor norm_bias(size_t layer) const { return norm ? tensors[slot(layer) + 3] : at::Tensor(); }
  Plan plan() const { return {weight(0).size(0), x().size(-2), bias(0).size(1)}; }
};

/// What the forward pass leaves of a hidden layer: product before bias and norm, mean and rstd only where there is a norm.
struct Kept {
  at::Tensor product, y, mean, rstd;  // [E, R, H] x 2, [E, R] x 2
};

/// A range of rows of one member.
struct Block {
  int64_t e, begin, end;
  int64_t rows() const { return end - begin; }
  at::Tensor of(const at::Tensor& t) const { return (t.dim() == 3 ? t.select(0, e) : t).narrow(0, begin, rows()); }
};

template <class T>
T* at_row(const at::Tensor& t, int64_t e, int64_t row) {  // t [E, rows(, H)], contiguous
  return t.defined() ? t.data_ptr<T>() + e * t.stride(0) + row * t.stride(1) : nullptr;
}

}  // namespace onramp::ensemble_pass
