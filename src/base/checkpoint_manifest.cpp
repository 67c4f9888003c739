#include "onramp/base/checkpoint_manifest.h"

#include <algorithm>

#include "onramp/base/error.h"
#include "onramp/base/hostile_json.h"
#include "onramp/base/printable.h"
#include "onramp/base/safetensors_header.h"

namespace onramp {

using nlohmann::json;

bool is_part_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == '/';
  };
  const auto holds = [&](std::string_view text) { return name.find(text) != std::string_view::npos; };
  return !name.empty() && name.size() <= 100 && std::all_of(name.begin(), name.end(), allowed) && name != "manifest" &&
         name.front() != '.' && name.front() != '/' && name.back() != '/' && !holds("--") && !holds("//") &&
         !holds("/.");
}

std::string part_file_name(std::string_view part, std::string_view extension) {
  std::string name;
  for (const char c : part) c == '/' ? void(name += "--") : void(name += c);
  return name + std::string(extension);
}

std::string manifest_hash(json manifest) {
  manifest.erase("sha256");
  return sha256_hex(manifest.dump());
}

FileDigest manifest_file(const json& entry, const std::filesystem::path& manifest, const std::string& name) {
  const bool sound = entry.is_object() && entry.contains("bytes") && entry.at("bytes").is_number_unsigned() &&
                     entry.contains("sha256") && entry.at("sha256").is_string();
  if (!sound) refuse_checkpoint_file(manifest, "it says nothing of " + name);
  return {entry.at("bytes").get<uint64_t>(), entry.at("sha256").get<std::string>()};
}

json parse_manifest(std::string_view text, const std::filesystem::path& path) {
  auto manifest = parse_hostile_json(text, path);
  if (!manifest.contains("format") || manifest.at("format") != kCheckpointFormat ||
      !manifest.contains("format_version") || !manifest.at("format_version").is_number_unsigned()) {
    throw CheckpointError(path.string() + " is not the manifest of a checkpoint; check the path");
  }
  // Before anything else: a newer format may have moved all that follows.
  const auto version = manifest.at("format_version").get<uint64_t>();
  if (version > static_cast<uint64_t>(kCheckpointFormatVersion)) {
    throw CheckpointError(path.parent_path().string() + " was written by a newer onramp (format " +
                          std::to_string(version) + "; this program reads up to " +
                          std::to_string(kCheckpointFormatVersion) + "); update onramp, or use another checkpoint");
  }
  if (version < 1) refuse_checkpoint_file(path, "format version " + std::to_string(version));
  if (!manifest.contains("sha256") || manifest.at("sha256") != manifest_hash(manifest)) {
    refuse_checkpoint_file(path, "its SHA-256 is not the one it names");
  }
  const auto has = [&](const char* key, bool (json::*is)() const noexcept) {
    return manifest.contains(key) && (manifest.at(key).*is)();
  };
  if (!has("config_hash", &json::is_string) || !has("machine", &json::is_object) || !has("parts", &json::is_object) ||
      !manifest.contains("extra")) {
    refuse_checkpoint_file(path, "a key is missing");
  }
  for (const auto& [name, entry] : manifest.at("parts").items()) {
    if (!is_part_name(name) || !entry.is_object() || !entry.contains("tensors")) {
      refuse_checkpoint_file(path, concat("bad part '", printable(name), "'"));
    }
    manifest_file(entry.at("tensors"), path, part_file_name(name, ".safetensors"));
    if (entry.contains("host")) manifest_file(entry.at("host"), path, part_file_name(name, ".json"));
  }
  return manifest;
}

}  // namespace onramp
