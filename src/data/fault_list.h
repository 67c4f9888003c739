// Collects what is wrong with one episode or file.
#pragma once

#include <cmath>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "onramp/base/error.h"
#include "onramp/data/check.h"

namespace onramp::detail {

inline constexpr float kActionSlack = 1e-5F;  // of writers that normalised in single precision

struct FaultList {
  std::string file;
  int64_t episode;
  std::vector<Fault> list;

  void add(const std::string& field, int64_t step, const std::string& what) {
    list.push_back({file, field, episode, step, what});
  }

  /// One fault for all values that are not `good`: where they begin and how many there are.
  void add_values(const std::string& field, std::span<const float> values, int64_t width, const std::string& what,
                  const std::function<bool(float)>& good) {
    int64_t count = 0, first = -1;
    for (size_t i = 0; i < values.size(); ++i) {
      if (good(values[i])) continue;
      if (count++ == 0) first = static_cast<int64_t>(i);
    }
    if (count == 0) return;
    add(field, first / width,
        concat("value ", first % width, " = ", values[static_cast<size_t>(first)], ", ", what,
               count > 1 ? concat(" (", count, " such values)") : ""));
  }
  void add_not_finite(const std::string& field, std::span<const float> values, int64_t width) {
    add_values(field, values, width, "not a finite number", [](float v) { return std::isfinite(v); });
  }
  void add_outside(const std::string& field, std::span<const float> values, int64_t width) {
    add_values(field, values, width, "outside [-1, 1]", [](float v) { return !(std::abs(v) > 1.0F + kActionSlack); });
  }
};

}  // namespace onramp::detail
