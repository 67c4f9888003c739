// What a run must repeat exactly, whenever it was stopped on its way.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "onramp/base/atomic_file.h"
#include "onramp/core/checkpoint.h"

namespace onramp::test {

/// Bytes by name; the last checkpoint goes by the name "checkpoint". Left out is what wall time is part of: logs, event
/// files, manifests (but for where the run stands), films.
inline std::map<std::string, std::string> lasting_contents(const std::filesystem::path& run) {
  namespace fs = std::filesystem;
  std::map<std::string, std::string> contents;
  const auto add = [&](const fs::path& file, const std::string& name) {
    if (fs::is_regular_file(file) && file.filename() != "manifest.json") contents[name] = read_file(file);
  };
  const auto add_folder = [&](const fs::path& folder, const std::string& name) {
    std::error_code none;  // a run that recorded nothing has no episodes/
    for (const auto& file : fs::directory_iterator(folder, none))
      add(file.path(), name + "/" + file.path().filename().string());
  };
  add(run / "metrics.csv", "metrics.csv");
  add(run / "report" / "results.json", "results.json");
  add_folder(run / "episodes", "episodes");
  for (const auto& policy : fs::directory_iterator(run / "policies")) {
    add_folder(policy.path(), "policies/" + policy.path().filename().string());
  }
  for (const auto& critic : fs::directory_iterator(run / "critics")) {
    add_folder(critic.path(), "critics/" + critic.path().filename().string());
  }
  const auto checkpoints = list_checkpoints(run / "checkpoints");
  if (checkpoints.empty()) return contents;
  add_folder(checkpoints.back(), "checkpoint");
  const auto extra = read_manifest(checkpoints.back()).at("extra");
  for (const char* key : {"phase", "step", "episodes"}) contents[std::string("manifest/") + key] = extra.at(key).dump();
  contents["manifest/metrics.csv"] = extra.at("metrics").at("csv").dump();
  return contents;
}

/// What differs, one line each, without the bytes; "" when nothing does.
inline std::string difference(const std::map<std::string, std::string>& want,
                              const std::map<std::string, std::string>& got) {
  std::string text;
  for (const auto& [name, bytes] : want) {
    const auto found = got.find(name);
    if (found == got.end()) {
      text += name + " is missing\n";
    } else if (found->second != bytes) {
      text += name + " differs (" + std::to_string(bytes.size()) + " and " + std::to_string(found->second.size()) +
              " bytes)\n";
    }
  }
  for (const auto& [name, bytes] : got) text += want.contains(name) ? "" : name + " should not be there\n";
  return text;
}

}  // namespace onramp::test
