// Stops a run whose numbers have blown up, before it overwrites the last good checkpoint.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "onramp/base/config.h"

namespace onramp {

/// When a run counts as diverged.
struct DivergenceConfig {
  double limit = 1e8;
  template <class V>
  void fields(V& v) {
    v("limit", limit, "a metric beyond this magnitude counts as diverged", greater_than(0.0));
  }
};

/// Looks at the metrics of each logging interval. A learner lists its metrics in the order in which it computes them, so
/// the first bad one of a row is the nearest to the cause. Not thread-safe.
class DivergenceWatch {
 public:
  explicit DivergenceWatch(DivergenceConfig config = {}) : config_(config) {}

  /// @throws DivergenceError naming the first term that is NaN, infinite or beyond the limit, with phase, step, its last
  /// good value, and the other bad terms. A run catches nothing: its last checkpoint was written before.
  void check(const std::string& phase, int64_t step, std::span<const std::pair<std::string, double>> values);

 private:
  struct Seen {
    int64_t step = 0;
    double value = 0.0;
  };
  DivergenceConfig config_;
  std::map<std::string, Seen> last_;  // by phase and term
};

}  // namespace onramp
