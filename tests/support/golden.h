// Reference values of tests/golden.
#pragma once

#include <ATen/Functions.h>

#include <cstdint>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "test_paths.h"

namespace onramp::test {

using nlohmann::json;

/// Nested arrays of numbers or booleans -> float64 or bool.
inline at::Tensor tensor_of(const json& value) {
  std::vector<int64_t> sizes;
  for (const json* level = &value; level->is_array(); level = &level->at(0)) sizes.push_back(level->size());
  std::vector<double> flat;
  bool is_bool = false;
  const std::function<void(const json&)> collect = [&](const json& v) {
    if (v.is_array()) {
      for (const auto& element : v) collect(element);
    } else if (v.is_boolean()) {
      is_bool = true;
      flat.push_back(v.get<bool>() ? 1 : 0);
    } else {
      flat.push_back(v.get<double>());
    }
  };
  collect(value);
  const auto tensor = at::tensor(flat, at::kDouble).reshape(sizes);
  return is_bool ? tensor.to(at::kBool) : tensor;
}

inline json golden_case(const std::string& file, const std::string& name) {
  std::ifstream stream(std::string(ONRAMP_TESTS_DIR) + "/golden/" + file + ".json");
  const auto all = json::parse(stream);
  for (const auto& entry : all.at("cases")) {
    if (entry.at("name") == name) return entry;
  }
  throw std::runtime_error("no case " + name + " in " + file);
}

/// Inputs of a case at one precision, by name.
class GoldenInputs {
 public:
  GoldenInputs(const json& entry, at::ScalarType dtype) : in_(entry.at("in")), dtype_(dtype) {}
  at::Tensor operator[](const std::string& name) const {
    const auto tensor = tensor_of(in_.at(name));
    return tensor.scalar_type() == at::kBool ? tensor : tensor.to(dtype_);
  }

 private:
  json in_;
  at::ScalarType dtype_;
};

}  // namespace onramp::test
