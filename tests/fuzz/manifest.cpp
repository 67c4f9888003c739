// The manifest of a checkpoint: as it comes, and with the SHA-256 over itself put right, so that what follows is reached.
#include <nlohmann/json.hpp>

#include "fuzz.h"
#include "onramp/base/checkpoint_manifest.h"
#include "onramp/base/hostile_json.h"

namespace {

/// Whoever has read a manifest takes these for granted.
void use(const nlohmann::json& manifest) {
  using onramp::fuzz::expect;
  expect(manifest.at("config_hash").is_string() && manifest.at("machine").is_object(), "a key of another type");
  (void)manifest.at("extra");
  for (const auto& [name, entry] : manifest.at("parts").items()) {
    expect(onramp::is_part_name(name), "a part's name");
    const auto file = onramp::part_file_name(name, ".safetensors");
    expect(file.find('/') == std::string::npos && file.front() != '.', "a file outside the checkpoint: " + file);
    onramp::manifest_file(entry.at("tensors"), "manifest.json", file);
    if (entry.contains("host")) onramp::manifest_file(entry.at("host"), "manifest.json", file);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace onramp;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::may_refuse([&] { use(parse_manifest(text, "fuzz/manifest.json")); });
  nlohmann::json json;
  if (!fuzz::may_refuse([&] { json = parse_hostile_json(text, "fuzz/manifest.json"); })) return 0;
  json["sha256"] = manifest_hash(json);
  fuzz::may_refuse([&] { use(parse_manifest(json.dump(), "fuzz/manifest.json")); });
  return 0;
}
