// Statistics of success rates.
#pragma once

#include <cstdint>
#include <span>

namespace onramp {

/// A range of probabilities, low <= high.
struct Interval {
  double low = 0.0;
  double high = 1.0;
};

/// Wilson's score interval of a success probability (Wilson 1927):
///   ( p + z^2/2n  +-  z sqrt( p(1-p)/n + z^2/4n^2 ) ) / ( 1 + z^2/n ),   p = successes / trials
/// @param z  quantile of the normal distribution; the default gives 95 %
/// @return [0, 1] when there are no trials
/// @throws ValueError unless 0 <= successes <= trials and z > 0
Interval wilson(std::int64_t successes, std::int64_t trials, double z = 1.959963984540054);

/// Two-sided exact sign test (McNemar's, exact): how likely a split of gained + lost pairs at least this uneven is when
/// either side is as likely as the other. 1 when there are no pairs.
/// @throws ValueError for negative counts
double sign_test(std::int64_t gained, std::int64_t lost);

/// The t that |T| stays below with probability 0.95, T of Student's distribution (Abramowitz & Stegun 26.7.3, 26.7.4).
/// @param degrees  of freedom, >= 1. @throws ValueError
double student_t_95(std::int64_t degrees);

/// 95 % interval of the mean of independent values, by Student's t: mean +- t s / sqrt(n).
/// @throws ValueError with fewer than two values
Interval mean_interval(std::span<const double> values);

}  // namespace onramp
