#include "onramp/base/statistics.h"

#include <algorithm>
#include <cmath>

#include "onramp/base/error.h"

namespace onramp {

Interval wilson(std::int64_t successes, std::int64_t trials, double z) {
  if (trials < 0 || successes < 0 || successes > trials)
    throw ValueError(concat("wilson: want 0 <= successes <= trials, got ", successes, " of ", trials));
  if (!(z > 0.0)) throw ValueError(concat("wilson: want z > 0, got ", z));
  if (trials == 0) return {};
  const double n = static_cast<double>(trials);
  const double p = static_cast<double>(successes) / n;
  const double centre = p + z * z / (2 * n);
  const double half_width = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  // 0 and n successes give exactly 0 and 1, which rounding would miss.
  return {successes == 0 ? 0.0 : std::max(0.0, (centre - half_width) / scale),
          successes == trials ? 1.0 : std::min(1.0, (centre + half_width) / scale)};
}

}  // namespace onramp
