#include "row_kernels.h"

#include <cmath>
#include <cstring>

#include "onramp/nn/bias_norm_activate.h"

// Each entry point is compiled for several instruction sets and the best is taken when the program starts: one binary for
// every machine, and no loss against -march=native. Not under the sanitizers: what chooses is then compiled with calls into their
// libraries, and runs before those are loaded.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define ONRAMP_EACH_INSTRUCTION_SET __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ONRAMP_EACH_INSTRUCTION_SET
#endif
// All that they call is inlined, or it would be compiled once, for the oldest processor.
#define ONRAMP_ALWAYS_INLINE __attribute__((always_inline))
#define ONRAMP_INLINE inline ONRAMP_ALWAYS_INLINE

// The functions below that return vectors are all inlined, so what their calls would look like does not matter.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace onramp::row_kernels {
namespace {

template <class T>
struct VectorOf {
  typedef T type __attribute__((vector_size(64)));
};

template <class V, class T>
ONRAMP_INLINE V load(const T* from) {
  V value;
  std::memcpy(&value, from, sizeof(V));
  return value;
}

template <class V, class T>
ONRAMP_INLINE void store(T* to, const V& value) {
  std::memcpy(to, &value, sizeof(V));
}

template <class V, class T>
ONRAMP_INLINE void add_to(T* to, const V& value) {
  store(to, load<V>(to) + value);
}

/// A sum over a row: whole vectors in lanes, the rest of the row beside them.
template <class T>
struct Sum {
  using V = typename VectorOf<T>::type;
  V lanes = {};
  T rest = 0;

  ONRAMP_INLINE void add(const V& value) { lanes += value; }
  ONRAMP_INLINE void add(T value) { rest += value; }
  ONRAMP_INLINE T total() const {
    constexpr int kLanes = sizeof(V) / sizeof(T);
    T part[kLanes];
    std::memcpy(part, &lanes, sizeof(V));
    for (int width = kLanes / 2; width > 0; width /= 2) {
      for (int i = 0; i < width; ++i) part[i] += part[i + width];
    }
    return part[0] + rest;
  }
};

/// Calls body(zero, j) for each place of a row: zero is a vector for whole vectors, then a scalar for the rest.
template <class T, class Body>
ONRAMP_INLINE void for_row(int64_t H, const Body& body) {
  using V = typename VectorOf<T>::type;
  constexpr int64_t kLanes = sizeof(V) / sizeof(T);
  int64_t j = 0;
  for (; j + kLanes <= H; j += kLanes) body(V{}, j);
  for (; j < H; ++j) body(T{0}, j);
}

template <class T>
ONRAMP_INLINE void forward_rows(const Forward<T>& a) {
  const int64_t H = a.H;
  for (int64_t r = a.begin; r < a.end; ++r) {
    const T* product = a.product + r * H;
    const T* bias = a.bias + r / a.rows_per_bias * H;
    T* y = a.y + r * H;
    if (a.norm_weight == nullptr) {
      for_row<T>(H, [&](auto zero, int64_t j) ONRAMP_ALWAYS_INLINE {
        using V = decltype(zero);
        const V x = load<V>(product + j) + load<V>(bias + j);
        store(y + j, a.relu ? (x < zero ? zero : x) : x);  // keeps NaN, as at::relu does
      });
      continue;
    }
    Sum<T> sum;
    for_row<T>(H, [&](auto zero, int64_t j) ONRAMP_ALWAYS_INLINE {
      using V = decltype(zero);
      const V x = load<V>(product + j) + load<V>(bias + j);
      store(y + j, x);
      sum.add(x);
    });
    const T mean = sum.total() / static_cast<T>(H);
    Sum<T> squares;
    for_row<T>(H, [&](auto zero, int64_t j) ONRAMP_ALWAYS_INLINE {
      using V = decltype(zero);
      const V centred = load<V>(y + j) - mean;
      squares.add(centred * centred);
    });
    const T rstd = T{1} / std::sqrt(squares.total() / static_cast<T>(H) + static_cast<T>(kLayerNormEps));
    for_row<T>(H, [&](auto zero, int64_t j) ONRAMP_ALWAYS_INLINE {
      using V = decltype(zero);
      const V x = (load<V>(y + j) - mean) * rstd * load<V>(a.norm_weight + j) + load<V>(a.norm_bias + j);
      store(y + j, a.relu ? (x < zero ? zero : x) : x);
    });
    a.mean[r] = mean;
    a.rstd[r] = rstd;
  }
}

// dy -> gradient before the activation.
template <class V>
ONRAMP_INLINE V through_activation(const V& dy, const V& y, const V& zero, bool relu) {
  return relu ? (y <= zero ? zero : dy) : dy * (1 - y * y);
}

template <class T>
ONRAMP_INLINE void backward_rows(const Backward<T>& a) {
  const int64_t H = a.H;
  for (int64_t r = a.begin; r < a.end; ++r) {
    const int64_t bias_row = r / a.rows_per_bias;
    const T *y = a.y + r * H, *dy = a.dy + r * H;
    T* dx = a.dx + r * H;
    T* d_bias = a.d_bias + (a.one_bias_row ? 0 : bias_row * H);
    if (a.norm_weight == nullptr) {
      for_row<T>(H, [&](auto zero, int64_t j) ONRAMP_ALWAYS_INLINE {
        using V = decltype(zero);
        const V g = through_activation<V>(load<V>(dy + j), load<V>(y + j), zero, a.relu);
        store(dx + j, g);
        add_to(d_bias + j, g);
      });
      continue;
    }
    // With n = (x - mean) rstd, g the gradient of n w + b and h = g w:  dx = rstd (h - mean(h) - n mean(h n)).
    const T *product = a.product + r * H, *bias = a.bias + bias_row * H;
    const T mean = a.mean[r], rstd = a.rstd[r];
    Sum<T> sum_h, sum_hn;
    for_row<T>(H, [&](auto zero, int64_t j) ONRAMP_ALWAYS_INLINE {
      using V = decltype(zero);
      const V g = through_activation<V>(load<V>(dy + j), load<V>(y + j), zero, a.relu);
      const V n = (load<V>(product + j) + load<V>(bias + j) - mean) * rstd;
      const V h = g * load<V>(a.norm_weight + j);
      store(dx + j, h);
      add_to(a.d_norm_weight + j, V(g * n));
      add_to(a.d_norm_bias + j, g);
      sum_h.add(h);
      sum_hn.add(h * n);
    });
    const T mean_h = sum_h.total() / static_cast<T>(H), mean_hn = sum_hn.total() / static_cast<T>(H);
    for_row<T>(H, [&](auto zero, int64_t j) ONRAMP_ALWAYS_INLINE {
      using V = decltype(zero);
      const V n = (load<V>(product + j) + load<V>(bias + j) - mean) * rstd;
      const V d = rstd * (load<V>(dx + j) - mean_h - n * mean_hn);
      store(dx + j, d);
      add_to(d_bias + j, d);
    });
  }
}

}  // namespace

ONRAMP_EACH_INSTRUCTION_SET void bytes_to_unit(const uint8_t* from, float* to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = static_cast<float>(from[i]) * (1.0f / 255.0f) - 0.5f;
}

ONRAMP_EACH_INSTRUCTION_SET void forward(const Forward<float>& rows) { forward_rows(rows); }
ONRAMP_EACH_INSTRUCTION_SET void forward(const Forward<double>& rows) { forward_rows(rows); }
ONRAMP_EACH_INSTRUCTION_SET void backward(const Backward<float>& rows) { backward_rows(rows); }
ONRAMP_EACH_INSTRUCTION_SET void backward(const Backward<double>& rows) { backward_rows(rows); }

}  // namespace onramp::row_kernels
