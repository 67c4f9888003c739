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

double sign_test(std::int64_t gained, std::int64_t lost) {
  if (gained < 0 || lost < 0) throw ValueError(concat("sign_test: want counts >= 0, got ", gained, " and ", lost));
  const double n = static_cast<double>(gained + lost);
  double tail = 0.0;  // sum of the binomial's terms, from logarithms: n may be large
  for (std::int64_t k = 0; k <= std::min(gained, lost); ++k) {
    const double choose = std::lgamma(n + 1) - std::lgamma(double(k) + 1) - std::lgamma(n - double(k) + 1);
    tail += std::exp(choose - n * std::log(2.0));
  }
  return std::min(1.0, 2 * tail);
}

}  // namespace onramp
