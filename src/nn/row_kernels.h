// Vector code of the layer, compiled for several instruction sets; no tensors, no threads.
#pragma once

#include <cstdint>

namespace onramp::row_kernels {

/// bias_norm_activate of one member's rows [begin, end). Pointers are to the member's first row; norm_weight null: no LayerNorm.
template <class T>
struct Forward {
  int64_t begin, end, H;
  int64_t rows_per_bias;             // row r adds bias row r / rows_per_bias
  const T *product, *bias;           // [R, H], [G, H]
  const T *norm_weight, *norm_bias;  // [H]
  T* y;                              // [R, H]
  T *mean, *rstd;                    // [R], written with LayerNorm
  bool relu;                         // else y is left before its activation
};

template <class T>
struct Backward {
  int64_t begin, end, H;
  int64_t rows_per_bias;
  const T *product, *bias, *norm_weight;  // product and bias are read with LayerNorm only
  const T *y, *dy, *mean, *rstd;
  T* dx;                           // [R, H]
  T *d_norm_weight, *d_norm_bias;  // [H]: the block's sums are added
  T* d_bias;  // added: the sums of all rows of the block into d_bias[0] when one_bias_row, else bias row by bias row
  bool one_bias_row;
  bool relu;  // else tanh
};

/// to[i] = from[i] / 255 - 0.5
void bytes_to_unit(const uint8_t* from, float* to, int64_t count);

void forward(const Forward<float>& rows);
void forward(const Forward<double>& rows);
void backward(const Backward<float>& rows);
void backward(const Backward<double>& rows);

}  // namespace onramp::row_kernels
