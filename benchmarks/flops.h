// Floating-point operations of a piece of work, counted while it runs.
#pragma once

#include <functional>

namespace onramp::bench {

/// 2 m n k for each matrix product [m, k] x [k, n] that `work` runs, also in its backward pass; for a convolution
/// 2 B H' W' C' C k_h k_w (output B x C' x H' x W', kernel C' x C x k_h x k_w), and as much again for each of the gradients
/// of its input and of its weight. Nothing else is counted: what elementwise operations, optimisers, sampling and copies
/// cost lowers the share of the peak that a row reaches.
double count_flops(const std::function<void()>& work);

}  // namespace onramp::bench
