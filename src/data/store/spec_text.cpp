#include "onramp/data/store/spec_text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "onramp/base/error.h"
#include "onramp/base/printable.h"

namespace onramp {

using nlohmann::json;

namespace {

// JSON knows no infinity: it becomes null, which as a bound means "none".
json bound_to_json(double bound) { return std::isfinite(bound) ? json(bound) : json(nullptr); }
double bound_from_json(const json& value, double none) { return value.is_null() ? none : value.get<double>(); }

}  // namespace

void check_sizes(const std::string& label, const std::string& what, const std::vector<int64_t>& sizes) {
  constexpr int64_t kMostValues = int64_t{1} << 40;
  int64_t count = 1;
  for (const int64_t size : sizes) {
    if (size < 0 || size > kMostValues / count) {
      throw DataError(concat(label, ": ", printable(what), " has an impossible size"));
    }
    count *= std::max<int64_t>(size, 1);
  }
}

std::string spec_text(const ObservationSpec& observation, const ActionSpec& action) {
  auto entries = json::array();
  for (const auto& entry : observation.entries) {
    entries.push_back({{"name", entry.name},
                       {"dtype", entry.dtype == DType::kUint8 ? "uint8" : "float32"},
                       {"shape", entry.shape},
                       {"low", bound_to_json(entry.low)},
                       {"high", bound_to_json(entry.high)},
                       {"privileged", entry.privileged},
                       {"fields", entry.fields}});
  }
  const json spec{{"observation", entries}, {"action", {{"dim", action.dim}, {"fields", action.fields}}}};
  return spec.dump(-1, ' ', false, json::error_handler_t::replace);
}

void read_spec_text(const std::string& text, const std::string& label, ObservationSpec& observation,
                    ActionSpec& action) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const json spec = json::parse(text);
  for (const auto& entry : spec.at("observation")) {
    const auto name = entry.at("name").get<std::string>();
    const auto dtype = entry.at("dtype").get<std::string>();
    if (dtype != "uint8" && dtype != "float32") {
      throw DataError(concat(label, ": entry '", printable(name), "' is neither uint8 nor float32"));
    }
    if (observation.find(name)) {
      throw DataError(concat(label, ": entry '", printable(name), "' is described twice"));
    }
    observation.entries.push_back(
        {name, dtype == "uint8" ? DType::kUint8 : DType::kFloat32, entry.at("shape").get<std::vector<int64_t>>(),
         bound_from_json(entry.at("low"), -kInfinity), bound_from_json(entry.at("high"), kInfinity),
         entry.at("privileged").get<bool>(), entry.at("fields").get<std::vector<std::string>>()});
    check_sizes(label, concat("entry '", name, "'"), observation.entries.back().shape);
  }
  action.dim = spec.at("action").at("dim").get<int64_t>();
  check_sizes(label, "the action", {action.dim});
  action.fields = spec.at("action").at("fields").get<std::vector<std::string>>();
}

}  // namespace onramp
