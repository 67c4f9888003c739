// metrics.csv of a run, read back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace onramp {

/// One metric in one phase, in the order of the file.
struct Series {
  std::string phase, metric;
  std::vector<double> step, value;
};

/// The series of a run's metrics.csv.
struct MetricsTable {
  std::vector<Series> series;  ///< by first appearance
  int64_t damaged = 0;         ///< lines that hold no row
  int64_t first_damaged = 0;   ///< number of the first of them, from 1
  const Series* find(const std::string& phase, const std::string& metric) const;  ///< null when there is none
};

/// Lines that hold no row are counted and left out; a last line without its end is one that a running process is about to
/// write, and is left out without being counted. @throws IoError when the file cannot be read
MetricsTable read_metrics(const std::filesystem::path& file);

/// Mean at each step of the values within the last `window` steps, which is a mean of `window` values where none was thinned
/// out. REQUIRES: window > 0, steps in ascending order. O(n).
std::vector<double> trailing_mean(const std::vector<double>& step, const std::vector<double>& value, double window);

}  // namespace onramp
