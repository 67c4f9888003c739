// A policy on disk, whole: weights, preprocessing, specs, and where it comes from.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "onramp/core/checkpoint.h"
#include "onramp/data/policy.h"

namespace onramp {

/// A policy that was read from disk.
struct PolicyFile {
  std::filesystem::path folder;  ///< where it was found
  std::unique_ptr<Policy> policy;
  std::string hash;      ///< of everything that decides actions
  nlohmann::json about;  ///< phase, step, episodes, env (the environment's config as YAML)
};

/// A checkpoint folder with the one part "policy". @throws Error when this kind of policy cannot be stored
void write_policy_file(const std::filesystem::path& folder, const Policy& policy, const std::string& config_hash,
                       const nlohmann::json& about);

/// @param path  a policy folder, a run's checkpoint, or a run's folder (then the last policy that a phase left behind).
/// @throws CheckpointError for what is no policy, is damaged, or lacks weights
PolicyFile read_policy_file(const std::filesystem::path& path, at::Device device);

}  // namespace onramp
