// The quickstart in small: every kind of phase through the real program, in a few seconds.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "apps/program.h"
#include "onramp/core/checkpoint.h"
#include "support/run_contents.h"
#include "support/temporary_folder.h"

namespace onramp::test {

inline constexpr const char* kTinyConfig = R"(run: {seed: 5, log_every: 5, checkpoint_every_s: 1000}
compute: {threads: 1}
env: {type: vacuum_grasp, image_size: 16}
policies:
  expert: {type: vacuum_grasp_expert, noise: 0.3}
learners:
  encoder: {type: hilbert, batch_size: 8, latent_dim: 4, encoder: {channels: [4, 8], feature_dim: 8}}
  cloning: {type: bc, batch_size: 16, input: {images: frozen}, actor: {mlp: {hidden: [16]}}}
  agent:
    type: simplified_q
    batch_size: 16
    num_action_samples: 2
    critic: {mlp: {hidden: [16]}}
    actor: {mlp: {hidden: [16]}}
phases:
  - {type: collect, name: demonstrations, policy: expert, episodes: 5}
  - {type: learn, name: encoder, learner: encoder, updates: 40}
  - {type: learn, name: cloning, learner: cloning, updates: 60}
  - {type: learn, name: offline, learner: agent, updates: 40}
  - {type: interleave, name: online, learner: agent, episodes: 5, updates_per_episode: 5, successes_into: [offline]}
  - type: evaluate
    name: evaluation
    policies: [expert, cloning, online]
    settings: {episodes: 4, batch: 2}
    videos: [online]
    video_episodes: 1
)";
/// Units of work of each phase, as a checkpoint counts them.
inline const std::vector<int64_t> kTinyUnits{5, 40, 60, 40, 5, 3};

inline std::filesystem::path write_tiny_config(const std::filesystem::path& folder) {
  const auto path = folder / "tiny.yaml";
  write_file_atomic(path, std::string_view(kTinyConfig));
  return path;
}

/// Arguments of onramp-train for the tiny run in a folder.
inline std::vector<std::string> tiny_arguments(const std::filesystem::path& config, const std::filesystem::path& run,
                                               const std::vector<std::string>& settings = {}) {
  std::vector<std::string> arguments{config.string(), "--set", "run.folder=" + run.string()};
  for (const auto& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
  return arguments;
}

/// The tiny run, never stopped; made once for all tests of this process.
struct WholeRun {
  TemporaryFolder folder;
  std::filesystem::path config = write_tiny_config(folder.path());
  std::filesystem::path run = folder / "run";
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  Finished finished = run_program("onramp-train", tiny_arguments(config, run));
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::map<std::string, std::string> contents =
      finished.code == 0 ? lasting_contents(run) : std::map<std::string, std::string>();
};
inline const WholeRun& whole_run() {
  static const WholeRun whole;
  return whole;
}

/// Where a run stands by its newest checkpoint: phases before come first.
struct Position {
  int64_t phase = -1, step = 0;
  auto operator<=>(const Position&) const = default;  // NOLINT(modernize-use-nullptr): in what g++ makes of it
};
inline Position position_of(const std::filesystem::path& run) {
  const auto checkpoints = list_checkpoints(run / "checkpoints");
  if (checkpoints.empty()) return {};
  const auto extra = read_manifest(checkpoints.back()).at("extra");
  return {extra.at("phase"), extra.at("step")};
}

/// The same while the run is alive: asking is cheap as long as there is no new checkpoint, and one that is removed in the
/// same moment does not matter.
class PositionWatch {
 public:
  explicit PositionWatch(std::filesystem::path run) : run_(std::move(run)) {}
  Position operator()() {
    try {
      const auto checkpoints = list_checkpoints(run_ / "checkpoints");
      if (!checkpoints.empty() && checkpoints.back() != newest_) {
        position_ = position_of(run_);
        newest_ = checkpoints.back();
      }
    } catch (const std::exception&) {  // it will be there the next time
    }
    return position_;
  }

 private:
  std::filesystem::path run_, newest_;
  Position position_;
};

}  // namespace onramp::test
