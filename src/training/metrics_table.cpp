#include "onramp/training/metrics_table.h"

#include <cstdlib>
#include <map>
#include <string_view>
#include <utility>

#include "onramp/base/atomic_file.h"

namespace onramp {
namespace {

constexpr std::string_view kHeader = "phase,step,metric,value";

struct Row {
  std::string_view phase, metric;
  double step = 0.0, value = 0.0;
};

bool parse_number(std::string_view text, double& value) {
  const std::string word(text);
  char* end = nullptr;
  value = std::strtod(word.c_str(), &end);
  return !word.empty() && end == word.c_str() + word.size();
}

bool parse(std::string_view line, Row& row) {
  std::string_view fields[4];
  for (int i = 0; i < 3; ++i) {
    const auto comma = line.find(',');
    if (comma == std::string_view::npos) return false;
    fields[i] = line.substr(0, comma);
    line.remove_prefix(comma + 1);
  }
  fields[3] = line;
  row.phase = fields[0];
  row.metric = fields[2];
  return !row.phase.empty() && !row.metric.empty() && parse_number(fields[1], row.step) &&
         parse_number(fields[3], row.value);
}

}  // namespace

const Series* MetricsTable::find(const std::string& phase, const std::string& metric) const {
  for (const auto& one : series) {
    if (one.phase == phase && one.metric == metric) return &one;
  }
  return nullptr;
}

MetricsTable read_metrics(const std::filesystem::path& file) {
  const std::string text = read_file(file);
  MetricsTable table;
  std::map<std::pair<std::string, std::string>, size_t> places;
  int64_t number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const auto end = text.find('\n', begin);
    if (end == std::string::npos) break;
    const auto line = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    if (++number == 1 && line == kHeader) continue;
    Row row;
    if (!parse(line, row)) {
      if (table.damaged++ == 0) table.first_damaged = number;
      continue;
    }
    const auto key = std::pair{std::string(row.phase), std::string(row.metric)};
    const auto [place, is_new] = places.emplace(key, table.series.size());
    if (is_new) table.series.push_back({.phase = key.first, .metric = key.second});
    auto& series = table.series[place->second];
    series.step.push_back(row.step);
    series.value.push_back(row.value);
  }
  return table;
}

std::vector<double> trailing_mean(const std::vector<double>& step, const std::vector<double>& value, double window) {
  std::vector<double> mean;
  double total = 0.0;
  size_t first = 0;
  for (size_t i = 0; i < value.size(); ++i) {
    total += value[i];
    for (; step[first] <= step[i] - window; ++first) total -= value[first];
    mean.push_back(total / static_cast<double>(i - first + 1));
  }
  return mean;
}

}  // namespace onramp
