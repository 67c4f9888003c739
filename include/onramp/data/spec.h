// What observations and actions look like. LibTorch-free: the episode store and the robot process use it too.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace onramp {

/// Of an observation entry: vectors are float32, images uint8.
enum class DType : uint8_t { kFloat32, kUint8 };

/// One named entry of an observation.
struct EntrySpec {
  std::string name;  ///< e.g. "state", "wrist"
  DType dtype = DType::kFloat32;
  std::vector<int64_t> shape;  ///< without batch: {D} for vectors, {H, W, C} for images (uint8)
  double low = -1e9;           ///< bounds of each value (0 and 255 for images)
  double high = 1e9;
  bool privileged = false;          ///< simulator state that no network may see; stored on request
  std::vector<std::string> fields;  ///< optional: name and unit of each value of a vector, e.g. "tcp_x_m"

  bool is_image() const { return dtype == DType::kUint8 && shape.size() == 3; }
  int64_t numel() const {
    int64_t n = 1;
    for (int64_t s : shape) n *= s;
    return n;
  }
  bool operator==(const EntrySpec&) const = default;
};

/// "uint8 [64, 64, 3]".
inline std::string type_text(const EntrySpec& entry) {
  std::string sizes;
  for (const auto size : entry.shape) sizes += (sizes.empty() ? "" : ", ") + std::to_string(size);
  return (entry.dtype == DType::kUint8 ? "uint8 [" : "float32 [") + sizes + "]";
}

/// What an observation holds.
struct ObservationSpec {
  std::vector<EntrySpec> entries;  ///< in a fixed order

  const EntrySpec* find(const std::string& name) const {
    for (const auto& e : entries) {
      if (e.name == name) return &e;
    }
    return nullptr;
  }
  bool operator==(const ObservationSpec&) const = default;
};

/// Actions are in [-1, 1]^A inside every learner and policy; the environment scales them.
struct ActionSpec {
  int64_t dim = 0;
  std::vector<std::string> fields;  ///< optional: what each dimension commands, with unit at full scale
  bool operator==(const ActionSpec&) const = default;
};

/// Raw rewards that tell success and nothing else.
struct SparseReward {
  double failure = 0.0, success = 1.0;  ///< of a step without it, and with it
  bool success_ends = true;             ///< the episode ends with the first step that succeeds; else it may be held
  bool operator==(const SparseReward&) const = default;
};

}  // namespace onramp
