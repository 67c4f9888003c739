// What both learners of `bc` keep in checkpoints. Internal.
#pragma once

#include <torch/nn/module.h>

#include <string>
#include <utility>

#include "onramp/algorithms/cloned_policy.h"
#include "onramp/algorithms/network_inputs.h"
#include "onramp/core/checkpoint.h"
#include "onramp/core/generator.h"
#include "onramp/nn/optim.h"
#include "onramp/nn/state.h"

namespace onramp::detail {

/// @param policy  of the actor, whole: what is handed over
inline void save_cloning(Parts& parts, const torch::nn::Module& actor, PartState policy, const Adam& optimizer,
                         const TorchStream& shift, const NetworkInputs& inputs) {
  save_module(parts["actor"], actor);
  parts[kClonedPolicy] = std::move(policy);
  optimizer.save(parts["actor_optimizer"]);
  parts["learner"].host = {{"shift", shift.counter()}, {"inputs", inputs.hash()}};
}

/// @throws CheckpointError naming what is missing or another, an encoder too
inline void load_cloning(const Parts& parts, torch::nn::Module& actor, Adam& optimizer, TorchStream& shift,
                         const NetworkInputs& inputs) {
  const auto& learner = require_part(parts, "learner");
  inputs.check_hash(require_host<std::string>("learner", learner, "inputs"));
  load_module(require_part(parts, "actor"), actor);
  optimizer.load(require_part(parts, "actor_optimizer"));
  shift.set_counter(require_host<uint64_t>("learner", learner, "shift"));
}

}  // namespace onramp::detail
