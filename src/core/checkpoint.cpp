#include "onramp/core/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <system_error>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/hash.h"
#include "onramp/base/hostile_json.h"
#include "onramp/base/safetensors_header.h"
#include "onramp/core/device.h"
#include "onramp/core/safetensors.h"

namespace onramp {
namespace fs = std::filesystem;
using nlohmann::json;
namespace {

constexpr uint64_t kMaxManifestBytes = 64u << 20;

/// JSON knows no NaN and no infinity: the library would write null, and a resumed run would not be the same.
void check_representable(const json& value, const std::string& where) {
  if (value.is_number_float()) ONRAMP_CHECK(std::isfinite(value.get<double>()), where, " is not finite");
  if (!value.is_structured()) return;
  for (const auto& [key, child] : value.items()) check_representable(child, where + "." + key);
}

FileDigest write_json(const fs::path& path, const json& value) {
  const std::string text = value.dump() + "\n";
  write_file(path, text);
  return {text.size(), sha256_hex(text)};
}

json digest_json(const FileDigest& digest) { return {{"bytes", digest.bytes}, {"sha256", digest.sha256}}; }

/// Compares a file with what the manifest says of it.
void verify_file(const fs::path& path, const json& entry) {
  if (!fs::exists(path)) refuse_checkpoint_file(path, "the file is missing");
  const auto expected = manifest_file(entry, path.parent_path() / "manifest.json", path.filename().string());
  const auto digest = digest_file(path);
  if (digest.bytes != expected.bytes) {
    refuse_checkpoint_file(path, concat("it has ", digest.bytes, " bytes, manifest.json says ", expected.bytes));
  }
  if (digest.sha256 != expected.sha256) refuse_checkpoint_file(path, "its SHA-256 is not the one in manifest.json");
}

std::string names_of(const auto& map) {
  std::string names;
  for (const auto& [name, value] : map) names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "nothing" : names;
}

}  // namespace

void write_checkpoint(const fs::path& folder, const Parts& parts, const CheckpointInfo& info) {
  check_representable(info.extra, "extra");
  json manifest = {{"format", kCheckpointFormat},      {"format_version", kCheckpointFormatVersion},
                   {"config_hash", info.config_hash},  {"extra", info.extra},
                   {"machine", machine_description()}, {"parts", json::object()}};
  manifest["machine"]["device"] = info.device;
  for (const auto& [name, state] : parts) {
    ONRAMP_CHECK(is_part_name(name), "name of a part: '", name, "'");
    check_representable(state.host, name);
  }

  write_folder_atomic(folder, [&](const fs::path& temporary) {
    for (const auto& [name, state] : parts) {
      auto& entry = manifest["parts"][name] = json::object();
      entry["tensors"] =
          digest_json(write_safetensors(temporary / part_file_name(name, ".safetensors"), state.tensors));
      if (!state.host.is_null()) {
        // An object around it, so that host state may be any JSON.
        entry["host"] = digest_json(write_json(temporary / part_file_name(name, ".json"), {{"host", state.host}}));
      }
    }
    manifest["sha256"] = manifest_hash(manifest);
    write_file(temporary / "manifest.json", manifest.dump(2) + "\n");
  });
}

json read_manifest(const fs::path& folder) {
  const auto path = folder / "manifest.json";
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    throw CheckpointError("there is no checkpoint " + folder.string() + "; check the path");
  }
  if (!fs::exists(path, ignored)) {
    throw CheckpointError(
        folder.string() +
        " is no whole checkpoint (it has no manifest.json); use another checkpoint, or check the path");
  }
  return parse_manifest(read_file(path, kMaxManifestBytes), path);
}

Checkpoint read_checkpoint(const fs::path& folder) {
  Checkpoint checkpoint{read_manifest(folder), {}};
  for (const auto& [name, entry] : checkpoint.manifest.at("parts").items()) {
    auto& part = checkpoint.parts[name];
    const auto tensors = folder / part_file_name(name, ".safetensors");
    verify_file(tensors, entry.at("tensors"));
    part.tensors = read_safetensors(tensors);
    if (!entry.contains("host")) continue;
    const auto host = folder / part_file_name(name, ".json");
    verify_file(host, entry.at("host"));
    auto value = parse_hostile_json(read_file(host), host);
    if (!value.contains("host")) refuse_checkpoint_file(host, "no key 'host'");
    part.host = std::move(value.at("host"));
  }
  return checkpoint;
}

std::vector<fs::path> list_checkpoints(const fs::path& parent) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(parent, error)) {
    const std::string name = entry.path().filename().string();
    // Others are being written, or a person's copies.
    const bool numbered = !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
    if (numbered && entry.is_directory(error) && fs::exists(entry.path() / "manifest.json", error)) {
      folders.push_back(entry.path());
    }
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

void check_config_hash(const json& manifest, const std::string& config_hash, const fs::path& folder) {
  const auto& written = manifest.at("config_hash").get_ref<const std::string&>();
  if (written == config_hash) return;
  throw CheckpointError(folder.string() + " was written with another config (hash " + written.substr(0, 12) + ", now " +
                        config_hash.substr(0, 12) +
                        "); use the run's own config.yaml, or start anew in another folder");
}

std::vector<std::string> machine_differences(const json& manifest, const std::string& device) {
  auto now = machine_description();
  now["device"] = device;
  const auto& then = manifest.at("machine");
  std::vector<std::string> differences;
  for (const auto& [key, value] : now.items()) {
    const json before = then.contains(key) ? then.at(key) : json("unknown");
    if (before == value) continue;
    const auto text = [](const json& v) { return v.is_string() ? v.get<std::string>() : v.dump(); };
    differences.push_back(concat(key, " was ", text(before), ", is ", text(value)));
  }
  return differences;
}

const PartState& require_part(const Parts& parts, const std::string& name) {
  const auto found = parts.find(name);
  if (found != parts.end()) return found->second;
  throw CheckpointError("the checkpoint has no part '" + name + "' (it has: " + names_of(parts) +
                        "); it is of another method or an older phase: choose another checkpoint");
}

const at::Tensor& require_tensor(const std::string& part, const PartState& state, const std::string& name) {
  const auto found = state.tensors.find(name);
  if (found != state.tensors.end()) return found->second;
  throw CheckpointError("part '" + part + "' of the checkpoint has no tensor '" + name + "' (it has: " +
                        names_of(state.tensors) + "); it is of another network: choose another checkpoint or config");
}

namespace detail {

const json& host_value(const std::string& part, const PartState& state, const std::string& key) {
  if (state.host.is_object() && state.host.contains(key)) return state.host.at(key);
  throw CheckpointError("part '" + part + "' of the checkpoint has no value '" + key +
                        "'; it is of another version or method: choose another checkpoint");
}

void refuse_host_value(const std::string& part, const std::string& key, const json& value) {
  throw CheckpointError("part '" + part + "' of the checkpoint: value '" + key + "' is of another kind (" +
                        value.type_name() + "); choose another checkpoint");
}

}  // namespace detail
}  // namespace onramp
