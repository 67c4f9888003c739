// manifest.json of a checkpoint (core/checkpoint.h), read without any tensor.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "onramp/base/hash.h"

namespace onramp {

inline constexpr std::string_view kCheckpointFormat = "onramp-checkpoint";
inline constexpr int64_t kCheckpointFormatVersion = 1;

/// Letters, digits and _ - . /, at most 100 of them; no "--", and nothing empty or hidden (".x") between slashes.
bool is_part_name(std::string_view name);

/// "agent/critic" -> "agent--critic" + extension.
std::string part_file_name(std::string_view part, std::string_view extension);

/// SHA-256 of the manifest without its key `sha256`. REQUIRES: an object.
std::string manifest_hash(nlohmann::json manifest);

/// What a manifest says of one of its files. @param entry  {bytes, sha256}. @param name  of the file
/// @throws CheckpointError naming both files
FileDigest manifest_file(const nlohmann::json& entry, const std::filesystem::path& manifest, const std::string& name);

/// The manifest, with every key that a reader asks for, of its type: format_version, config_hash, machine, extra, and
/// for each part (is_part_name) `tensors` and perhaps `host`. @throws CheckpointError naming `path`, also on a newer
/// format
nlohmann::json parse_manifest(std::string_view text, const std::filesystem::path& path);

}  // namespace onramp
