#include "onramp/training/policy_file.h"

#include <algorithm>

#include "onramp/policies/actor_policy.h"

namespace onramp {
namespace {

/// Where a path that a person gave holds its policy.
std::filesystem::path find_policy(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  if (fs::exists(path / "manifest.json")) return path;
  const auto folder = fs::is_directory(path / "policies") ? path / "policies" : path;
  if (!fs::is_directory(folder)) throw CheckpointError(concat(path.string(), ": no such policy folder or run folder"));
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (fs::exists(entry.path() / "manifest.json")) found.push_back(entry.path());
  }
  if (found.empty()) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (!fs::is_directory(entry.path() / "policies")) continue;
      throw CheckpointError(concat(path.string(), ": no run, but a folder of runs; name one: ", entry.path().string()));
    }
    throw CheckpointError(
        concat(path.string(), ": no policy in it; a run keeps one in policies/<phase> when a phase that learns ends"));
  }
  // What the run's last phase that learned left behind; times of files would not survive a copy.
  const auto position = [](const fs::path& policy) {
    const auto extra = read_manifest(policy).at("extra");
    return std::pair{extra.value("phase_index", int64_t{-1}), extra.value("step", int64_t{-1})};
  };
  return *std::max_element(found.begin(), found.end(),
                           [&](const auto& a, const auto& b) { return position(a) < position(b); });
}

}  // namespace

void write_policy_file(const std::filesystem::path& folder, const Policy& policy, const std::string& config_hash,
                       const nlohmann::json& about) {
  write_checkpoint(folder, {{"policy", save_policy(policy)}}, {.config_hash = config_hash, .extra = about});
}

PolicyFile read_policy_file(const std::filesystem::path& path, at::Device device) {
  const auto folder = find_policy(path);
  Checkpoint saved = read_checkpoint(folder);
  PolicyFile file;
  file.folder = folder;
  if (!saved.parts.contains("policy")) {
    throw CheckpointError(concat(folder.string(), " holds no policy: none was learned yet when it was written; ",
                                 "name a later checkpoint, or one of the folders under policies"));
  }
  file.policy = load_policy(saved.parts.at("policy"), device);
  file.hash = file.policy->content_hash();
  file.about = saved.manifest.at("extra");
  return file;
}

}  // namespace onramp
