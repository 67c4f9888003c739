#include "onramp/policies/spec_json.h"

#include "onramp/base/error.h"

namespace onramp {

nlohmann::json to_json_value(const ObservationSpec& spec) {
  auto entries = nlohmann::json::array();
  for (const auto& e : spec.entries) {
    entries.push_back({{"name", e.name},
                       {"dtype", e.dtype == DType::kUint8 ? "uint8" : "float32"},
                       {"shape", e.shape},
                       {"low", e.low},
                       {"high", e.high},
                       {"privileged", e.privileged},
                       {"fields", e.fields}});
  }
  return entries;
}

nlohmann::json to_json_value(const ActionSpec& spec) { return {{"dim", spec.dim}, {"fields", spec.fields}}; }

ObservationSpec observation_spec_from_json(const nlohmann::json& json) {
  ObservationSpec spec;
  for (const auto& e : json) {
    const auto dtype = e.at("dtype").get<std::string>();
    if (dtype != "uint8" && dtype != "float32") {
      throw CheckpointError(concat("observation spec: unknown dtype '", dtype, "'; the file is damaged or newer"));
    }
    spec.entries.push_back({.name = e.at("name"),
                            .dtype = dtype == "uint8" ? DType::kUint8 : DType::kFloat32,
                            .shape = e.at("shape").get<std::vector<int64_t>>(),
                            .low = e.at("low"),
                            .high = e.at("high"),
                            .privileged = e.at("privileged"),
                            .fields = e.at("fields").get<std::vector<std::string>>()});
    for (int64_t size : spec.entries.back().shape) {
      if (size < 1) throw CheckpointError("observation spec: a size below 1; the file is damaged");
    }
  }
  return spec;
}

ActionSpec action_spec_from_json(const nlohmann::json& json) {
  ActionSpec spec{.dim = json.at("dim"), .fields = json.at("fields").get<std::vector<std::string>>()};
  if (spec.dim < 1) throw CheckpointError("action spec: dimension below 1; the file is damaged");
  return spec;
}

}  // namespace onramp
