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

double student_t_95(std::int64_t degrees) {
  if (degrees < 1) throw ValueError(concat("student_t_95: want degrees >= 1, got ", degrees));
  // Beyond this the difference to the normal distribution is in the fourth digit, and the sum below would be long.
  const std::int64_t n = std::min<std::int64_t>(degrees, 10000);
  const auto within = [n](double t) {  // P(|T| < t)
    const double theta = std::atan(t / std::sqrt(double(n)));
    const double sine = std::sin(theta), cosine = std::cos(theta);
    double term = n % 2 == 1 ? cosine : 1.0, sum = n > 1 ? term : 0.0;
    for (std::int64_t k = n % 2 == 1 ? 3 : 2; k < n; k += 2) {
      term *= cosine * cosine * double(k - 1) / double(k);
      sum += term;
    }
    return n % 2 == 1 ? 2.0 / M_PI * (theta + sine * sum) : sine * sum;
  };
  double low = 1.9, high = 13.0;  // of infinitely many degrees, and of one
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (within(middle) < 0.95 ? low : high) = middle;
  }
  return (low + high) / 2;
}

Interval mean_interval(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  if (values.size() < 2) throw ValueError(concat("mean_interval: want at least two values, got ", values.size()));
  double mean = 0.0, squares = 0.0;
  for (const double value : values) mean += value / n;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double half_width =
      student_t_95(static_cast<std::int64_t>(values.size()) - 1) * std::sqrt(squares / (n - 1) / n);
  return {mean - half_width, mean + half_width};
}

}  // namespace onramp
