// A checkpoint is a folder:
//   manifest.json          format version, parts with sizes and SHA-256, config hash, thread count, instruction set, ...
//   <part>.safetensors     tensors of one part ('/' of a part's name becomes "--")
//   <part>.json            host state of that part (counters, positions), where it has any
// It is written beside its place, fsynced and renamed, so a folder of that name is whole or not there. Readers treat
// every byte as hostile, and accept every older format version.
#pragma once

#include <ATen/core/Tensor.h>

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onramp/base/checkpoint_manifest.h"

namespace onramp {

/// What one component keeps: named tensors, and anything else as JSON.
struct PartState {
  std::map<std::string, at::Tensor> tensors;
  nlohmann::json host;
};

/// By name, e.g. "agent/critic", "agent/critic_optimizer", "sampler".
/// Names: as is_part_name() says.
using Parts = std::map<std::string, PartState>;

/// What the manifest records beside the parts.
struct CheckpointInfo {
  std::string config_hash;
  nlohmann::json extra = nlohmann::json::object();  ///< the run's own: phase, step, last episode, metric positions
  std::string device = "cpu";                       ///< what computed, e.g. "cuda:0"
};

/// What read_checkpoint() found, verified.
struct Checkpoint {
  nlohmann::json manifest;  ///< keys: format_version, config_hash, extra, machine, parts, ...
  Parts parts;              ///< tensors on the CPU, in memory of their own
};

/// Writes `folder`, replacing one that is there in one step. Tensors may be on any device.
/// @throws IoError (no space, no permission): then nothing new remains and an older `folder` is untouched
/// @throws std::logic_error for an undefined tensor, a forbidden part name, a number that JSON cannot hold (NaN, inf)
void write_checkpoint(const std::filesystem::path& folder, const Parts& parts, const CheckpointInfo& info);

/// Reads and verifies everything.
/// @throws CheckpointError, one line that names the file and what to do: missing, half-written, damaged, newer format
Checkpoint read_checkpoint(const std::filesystem::path& folder);

/// The manifest alone (fast; the parts are not verified). @throws CheckpointError
nlohmann::json read_manifest(const std::filesystem::path& folder);

/// Whole checkpoints in a folder of checkpoints, in order of their names (number them with leading zeros).
std::vector<std::filesystem::path> list_checkpoints(const std::filesystem::path& parent);

/// Refuses a checkpoint that another config wrote. @throws CheckpointError naming both hashes and what to do
void check_config_hash(const nlohmann::json& manifest, const std::string& config_hash,
                       const std::filesystem::path& folder);

/// Why a run that continues from this manifest on this machine would not be bit-identical: one phrase for each of thread
/// count, instruction set, LibTorch version, device that differs. Empty: nothing stands against it.
std::vector<std::string> machine_differences(const nlohmann::json& manifest, const std::string& device = "cpu");

namespace detail {
const nlohmann::json& host_value(const std::string& part, const PartState& state, const std::string& key);
[[noreturn]] void refuse_host_value(const std::string& part, const std::string& key, const nlohmann::json& value);
}  // namespace detail

/// @throws CheckpointError naming the missing part and those that exist.
const PartState& require_part(const Parts& parts, const std::string& name);

/// A value of a part's host state, e.g. require_host<uint64_t>("sampler", state, "counter").
/// @throws CheckpointError naming part and key when it is missing or of another type.
template <class T>
T require_host(const std::string& part, const PartState& state, const std::string& key) {
  const auto& value = detail::host_value(part, state, key);
  // The library would convert 1.5 to 1 and -1 to 2^64 - 1 without a word.
  if constexpr (std::integral<T> && !std::same_as<T, bool>) {
    const bool fits = value.is_number_unsigned()  ? std::in_range<T>(value.template get<uint64_t>())
                      : value.is_number_integer() ? std::in_range<T>(value.template get<int64_t>())
                                                  : false;
    if (!fits) detail::refuse_host_value(part, key, value);
  }
  try {
    return value.template get<T>();
  } catch (const nlohmann::json::exception&) {
    detail::refuse_host_value(part, key, value);
  }
}

/// @throws CheckpointError naming part and tensor when it is missing.
const at::Tensor& require_tensor(const std::string& part, const PartState& state, const std::string& name);

}  // namespace onramp
