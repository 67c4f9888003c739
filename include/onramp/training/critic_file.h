// An agent as it stood when a phase ended, so that its critic can be looked at when the run has gone on.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "onramp/algorithms/critic_view.h"
#include "onramp/algorithms/learnable.h"
#include "onramp/algorithms/learner_factory.h"
#include "onramp/base/catalog.h"

namespace onramp {

/// Writes a checkpoint folder with the learner's parts and those that it was built from (context.given). Parts whose name
/// ends in "optimizer" are left out: they are two thirds of the bytes and say nothing about values.
/// @param about  holds "learner": its settings as YAML; specs are added. @throws IoError
void write_critic_file(const std::filesystem::path& folder, const Learnable& learner, const LearnerContext& context,
                       const std::string& config_hash, nlohmann::json about);

/// A kept critic, read back.
struct CriticFile {
  std::unique_ptr<Learnable> learner;  ///< its optimisers are new: to look at, not to train on
  Agent* agent = nullptr;              ///< the same
  CriticView* critic = nullptr;        ///< the same
  ObservationSpec observation;         ///< what learners may see
  ActionSpec action;
  nlohmann::json about;  ///< phase, step, episodes, learner (YAML)
};

/// @param learners  what the program knows. @throws CheckpointError for what is none, is damaged, or has no critic
CriticFile read_critic_file(const std::filesystem::path& folder, const Registry<LearnerFactory>& learners,
                            at::Device device);

}  // namespace onramp
