#include "spaces.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "onramp/base/error.h"
#include "onramp/base/printable.h"
#include "onramp/base/text.h"
#include "onramp/core/tensor_io.h"

namespace onramp::gym {
namespace {

using nlohmann::json;

constexpr double kMostValue = 1e9;                       // EntrySpec's bounds where there are none
constexpr int64_t kMostSpaceValues = int64_t{64} << 20;  // of one entry
constexpr size_t kAlignment = 64;                        // of a cache line

/// One box of a space.
struct Box {
  std::vector<std::string> path;
  std::string name, type, dtype;
  std::vector<int64_t> shape;
  std::vector<std::optional<double>> low, high;
  bool usable = false;  ///< numbers with a shape
  int64_t count = 1;

  bool is_image() const { return usable && dtype == "uint8" && shape.size() == 3; }
};

std::vector<std::optional<double>> bounds_of(const json& list) {
  std::vector<std::optional<double>> bounds;
  for (const auto& value : list) {
    bounds.push_back(value.is_null() ? std::nullopt : std::optional(value.get<double>()));
  }
  return bounds;
}

/// @throws nlohmann's exceptions when it is not as promised
Box box_of(const json& about) {
  Box box{.path = about.at("path").get<std::vector<std::string>>(),
          .name = {},
          .type = printable(about.at("type").get<std::string>()),
          .dtype = {},
          .shape = {},
          .low = {},
          .high = {}};
  box.name = join(box.path, "/");
  if (!about.contains("shape")) return box;
  box.dtype = printable(about.at("dtype").get<std::string>());
  box.shape = about.at("shape").get<std::vector<int64_t>>();
  for (const auto size : box.shape) {
    if (size < 1 || size > kMostSpaceValues / box.count) return box;
    box.count *= size;
  }
  box.low = bounds_of(about.at("low"));
  box.high = bounds_of(about.at("high"));
  const auto fits = [&](const auto& bounds) { return bounds.size() == 1 || std::ssize(bounds) == box.count; };
  box.usable = fits(box.low) && fits(box.high);
  return box;
}

std::string described(const Box& box) {
  if (box.dtype.empty()) return box.type;
  std::vector<std::string> sizes;
  for (const auto size : box.shape) sizes.push_back(std::to_string(size));
  return concat(box.type, " ", box.dtype, " [", join(sizes), "]");
}

/// A float64 bound may be passed by the float32 next to it.
float outward(double bound, float towards) { return std::nextafter(static_cast<float>(bound), towards); }

/// The bounds of all values together.
EntrySpec vector_spec(const std::string& name, const std::vector<const Box*>& boxes) {
  EntrySpec spec{.name = name, .shape = {0}, .low = kMostValue, .high = -kMostValue};
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const Box* box : boxes) {
    spec.shape[0] += box->count;
    for (const auto& low : box->low) {
      spec.low = std::min(spec.low, low ? double{outward(std::max(*low, -kMostValue), -kInfinity)} : -kMostValue);
    }
    for (const auto& high : box->high) {
      spec.high = std::max(spec.high, high ? double{outward(std::min(*high, kMostValue), kInfinity)} : kMostValue);
    }
  }
  return spec;
}

class Spaces {
 public:
  Spaces(const GymConfig& config, const json& facts) : config_(config), facts_(facts) {
    for (const auto& about : facts.at("observation")) boxes_.push_back(box_of(about));
  }

  Agreement agree() {
    result_.spec.name = config_.id;
    result_.spec.control_period_s = facts_.at("period_s").is_number() ? facts_.at("period_s").get<double>() : 0.1;
    // Where success does not end it here, it may end by itself at success or not, which nobody knows beforehand.
    if (config_.reward != GymReward::kEnvironment && config_.ends_at_success) {
      const double success = config_.reward == GymReward::kSuccess ? 1.0 : 0.0;
      result_.spec.sparse_reward = SparseReward{.failure = success - 1.0, .success = success};
    }
    agree_on_limits();
    agree_on_action();
    agree_on_observation();
    result_.layout["bytes"] = size_;
    result_.layout["success_key"] = config_.success_key;
    return std::move(result_);
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw EnvironmentError(concat("environment '", config_.id, "': ", what));
  }

  size_t reserve(size_t bytes) {
    return std::exchange(size_, (size_ + bytes + kAlignment - 1) / kAlignment * kAlignment);
  }

  void agree_on_limits() {
    const auto own_limit = facts_.at("max_steps").get<int64_t>();
    result_.horizon = config_.horizon.value_or(facts_.at("horizon").get<int64_t>());
    auto& limit = result_.spec.max_steps;
    for (const int64_t steps : {config_.max_steps, own_limit, result_.horizon}) {
      if (steps > 0) limit = limit > 0 ? std::min(limit, steps) : steps;
    }
  }

  void agree_on_action() {
    const auto& about = facts_.at("action");
    const Box box = about.size() == 1 ? box_of(about[0]) : Box{.type = "Dict"};
    const bool fits = box.usable && box.path.empty() && (box.dtype == "float32" || box.dtype == "float64");
    if (!fits) refuse(concat("action_space is ", described(box), "; want a Box of float32 or float64"));
    auto& scale = result_.action;
    scale.is_double = box.dtype == "float64";
    for (int64_t i = 0; i < box.count; ++i) {
      const auto low = box.low[box.low.size() == 1 ? 0 : static_cast<size_t>(i)];
      const auto high = box.high[box.high.size() == 1 ? 0 : static_cast<size_t>(i)];
      if (!low || !high || !(*low < *high)) {
        refuse(concat("action_space has no finite low < high for action ", i,
                      ", so that [-1, 1] cannot be mapped to it; wrap it (gymnasium.wrappers.RescaleAction)"));
      }
      scale.low.push_back(*low);
      scale.high.push_back(*high);
    }
    result_.spec.action.dim = box.count;
    scale.offset = reserve(static_cast<size_t>(box.count) * (scale.is_double ? 8 : 4));
    result_.layout["action"] = {{"shape", box.shape}, {"dtype", box.dtype}, {"offset", scale.offset}};
  }

  /// Those that a list of keys names, in its order; without a list all that `fits`.
  std::vector<const Box*> chosen(const std::vector<std::string>& keys, const char* setting, bool image) const {
    std::vector<const Box*> found;
    std::vector<std::string> names;
    for (const auto& box : boxes_) {
      if (!box.usable || box.is_image() != image) continue;
      names.push_back(box.name);
      if (keys.empty()) found.push_back(&box);
    }
    for (const auto& key : keys) {
      const auto at = std::find_if(boxes_.begin(), boxes_.end(), [&](const Box& box) { return box.name == key; });
      if (at == boxes_.end() || !at->usable || at->is_image() != image) {
        throw ConfigError(concat("env.", setting, ": observation_space has no ", image ? "picture '" : "vector '", key,
                                 "'", did_you_mean(key, names), " (has: ", printable(join(names), 400), ")"));
      }
      found.push_back(&*at);
    }
    return found;
  }

  void add_to_layout(const Box& box, const char* dtype, size_t offset) {
    result_.layout["observation"].push_back(
        {{"path", box.path}, {"shape", box.shape}, {"dtype", dtype}, {"offset", offset}});
  }

  void agree_on_observation() {
    result_.layout["observation"] = json::array();
    const auto vectors = chosen(config_.state_keys, "state_keys", /*image=*/false);
    std::vector<const Box*> images;
    if (config_.images) images = chosen(config_.image_keys, "image_keys", /*image=*/true);
    if (vectors.empty() && images.empty()) {
      std::vector<std::string> types;
      for (const auto& box : boxes_) types.push_back(described(box));
      refuse(concat("observation_space (", printable(join(types), 400), ") holds no Box that is observed"));
    }
    if (!vectors.empty()) {
      const auto spec = vector_spec("state", vectors);
      size_t offset = reserve(static_cast<size_t>(spec.numel()) * sizeof(float));
      result_.entries.push_back({spec, offset});
      for (const Box* box : vectors) {
        add_to_layout(*box, "float32", offset);
        offset += static_cast<size_t>(box->count) * sizeof(float);
      }
    }
    for (const Box* box : images) {
      if (box->shape[2] != 1 && box->shape[2] != 3) {
        refuse(concat("picture '", printable(box->name), "' is ", described(*box), "; want [height, width, 1 or 3]"));
      }
      const auto name = box->name.empty() ? "image" : box->name;
      const EntrySpec spec{.name = name, .dtype = DType::kUint8, .shape = box->shape, .low = 0, .high = 255};
      result_.entries.push_back({spec, reserve(static_cast<size_t>(box->count))});
      add_to_layout(*box, "uint8", result_.entries.back().offset);
    }
    for (const auto& entry : result_.entries) result_.spec.observation.entries.push_back(entry.spec);
  }

  const GymConfig& config_;
  const json& facts_;
  std::vector<Box> boxes_;
  size_t size_ = 0;
  Agreement result_;
};

}  // namespace

void ActionScale::write(std::span<const float> action, std::span<std::byte> memory) const {
  std::byte* to = memory.data() + offset;
  for (size_t i = 0; i < action.size(); ++i) {
    // Of [-1, 1] each value stays what it is, to the last bit; and 1e-6 of rounding is let pass on the way here.
    const double asked = std::clamp(double{action[i]}, -1.0, 1.0);
    const bool as_it_is = low[i] == -1.0 && high[i] == 1.0;
    const double value = as_it_is ? asked : std::clamp(low[i] + (asked + 1) / 2 * (high[i] - low[i]), low[i], high[i]);
    if (is_double) {
      std::memcpy(to + i * sizeof value, &value, sizeof value);
    } else {
      const auto narrow = static_cast<float>(value);
      std::memcpy(to + i * sizeof narrow, &narrow, sizeof narrow);
    }
  }
}

Agreement agree(const GymConfig& config, const json& facts) {
  try {
    return Spaces(config, facts).agree();
  } catch (const json::exception& error) {
    throw EnvironmentError(concat("environment '", config.id, "': its description cannot be read: ", error.what()));
  }
}

Observation read_observation(const Agreement& agreement, std::span<const std::byte> memory) {
  Observation observation;
  for (const auto& [spec, offset] : agreement.entries) {
    const auto count = static_cast<size_t>(spec.numel());
    if (spec.dtype == DType::kUint8) {
      const auto* values = reinterpret_cast<const uint8_t*>(memory.data() + offset);
      observation.set(spec.name, copy_to_tensor(std::span(values, count), spec.shape));
    } else {
      const auto* values = reinterpret_cast<const float*>(memory.data() + offset);
      observation.set(spec.name, copy_to_tensor(std::span(values, count), spec.shape));
    }
  }
  return observation;
}

}  // namespace onramp::gym
