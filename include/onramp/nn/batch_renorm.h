// Batch renormalisation of the units of E networks side by side.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <vector>

#include "onramp/base/config.h"

namespace onramp {

inline constexpr double kBatchRenormEps = 1e-3;

/// Defaults: those that CrossQ was published with (Bhatt et al., arXiv:1902.05605; code: github.com/adityab/CrossQ).
struct BatchRenormConfig {
  double decay = 0.99;
  int64_t warmup_updates = 100000;
  double max_scale = 3.0;
  double max_shift = 5.0;
  template <class V>
  void fields(V& v) {
    v("decay", decay, "of the running mean and variance, each update", in_range(0.0, 1.0));
    v("warmup_updates", warmup_updates, "plain batch normalisation at first, until the running statistics have settled",
      at_least(0));
    v("max_scale", max_scale, "a batch's deviation is corrected towards the running one by at most this factor",
      at_least(1.0));
    v("max_shift", max_shift, "its mean is corrected by at most so many running deviations", at_least(0.0));
  }
};

/// y = x gain + offset, unit by unit; float [E, 1, H] each.
struct UnitMap {
  at::Tensor gain, offset;
  /// @param x float [E, R, H] or [R, H]. @return [E, R, H]
  at::Tensor operator()(const at::Tensor& x) const;
};

/// What the rows of one batch are normalised by: one map a norm, in the order of a network's norms; empty where it has none.
/// A training pass makes it, and other rows can follow through the same maps without entering the statistics.
using BatchStatistics = std::vector<UnitMap>;

/// Batch renormalisation (Ioffe, arXiv:1702.03275, eq. 3 to 5) with affine parameters, an own one for each member:
///   y = weight ((x - mean_B) / std_B r + d) + bias,   r = std_B / std_running and d = (mean_B - mean_running) / std_running,
/// both clipped and constants; r = 1 and d = 0 during the warm-up. std = sqrt(variance + 1e-3), the variance over m rows
/// divided by m.
///
/// Which statistics count is said call by call; there is no training mode to be in. Parameters: weight, bias [E, H];
/// buffers: running_mean, running_variance [E, H], updates []. Not thread-safe.
class BatchRenorm : public torch::nn::Module {
 public:
  BatchRenorm(int64_t members, int64_t units, const BatchRenormConfig& config);

  /// By the statistics of these rows, through which the gradient flows. Moves the running ones.
  /// @param x float [E, R, H], or [R, H]: the same rows for every member. @throws ShapeError
  UnitMap of_batch(const at::Tensor& x);
  /// By the running statistics, which stay as they are.
  UnitMap of_running() const;

 private:
  BatchRenormConfig config_;
  int64_t members_, units_;
  at::Tensor weight_, bias_, running_mean_, running_variance_, updates_;
};

}  // namespace onramp
