#include "onramp/base/checkpoint_manifest.h"

#include <gtest/gtest.h>

#include "onramp/base/error.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using nlohmann::json;
using test::expect_throws;

json sound() {
  const json file{{"bytes", 8u}, {"sha256", "00"}};
  return {{"format", kCheckpointFormat}, {"format_version", 1}, {"config_hash", "ab"},
          {"machine", json::object()},   {"extra", nullptr},    {"parts", {{"agent/critic", {{"tensors", file}}}}}};
}

std::string sealed(json manifest) {
  manifest["sha256"] = manifest_hash(manifest);
  return manifest.dump();
}

TEST(CheckpointManifest, IsReadWhenItIsSound) {
  EXPECT_EQ(parse_manifest(sealed(sound()), "m.json").at("config_hash"), "ab");
  EXPECT_EQ(manifest_file(sound()["parts"]["agent/critic"]["tensors"], "m.json", "x").bytes, 8u);
  EXPECT_EQ(part_file_name("agent/critic", ".json"), "agent--critic.json");
}

TEST(CheckpointManifest, IsRefusedInOneLineOtherwise) {
  const auto refuses = [](auto change, const std::string& text) {
    json manifest = sound();
    change(manifest);
    expect_throws<CheckpointError>([&] { parse_manifest(sealed(manifest), "c/m.json"); }, text);
  };
  refuses([](json& m) { m["format"] = "other"; }, "c/m.json is not the manifest of a checkpoint");
  refuses([](json& m) { m["format_version"] = 2; }, "c was written by a newer onramp (format 2");
  refuses([](json& m) { m["format_version"] = -1; }, "is not the manifest of a checkpoint");
  refuses([](json& m) { m["format_version"] = 0; }, "c/m.json is damaged (format version 0)");
  refuses([](json& m) { m.erase("extra"); }, "a key is missing");
  refuses([](json& m) { m["machine"] = 3; }, "a key is missing");
  refuses([](json& m) { m["parts"]["a\nb"] = json::object(); }, "bad part 'a?b'");
  refuses([](json& m) { m["parts"]["../up"] = m["parts"]["agent/critic"]; }, "bad part '../up'");
  refuses([](json& m) { m["parts"]["run"] = 3; }, "bad part 'run'");
  refuses([](json& m) { m["parts"]["agent/critic"]["tensors"]["bytes"] = -8; },
          "it says nothing of agent--critic.safetensors");
  refuses([](json& m) { m["parts"]["agent/critic"]["host"] = nullptr; }, "it says nothing of agent--critic.json");
  expect_throws<CheckpointError>([] { parse_manifest(sound().dump(), "m.json"); }, "its SHA-256 is not the one");
}

}  // namespace
}  // namespace onramp
