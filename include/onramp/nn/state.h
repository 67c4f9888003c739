// Parameters and buffers of a module, to and from a checkpoint's part.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "onramp/core/checkpoint.h"

namespace onramp {

/// Copies every parameter and buffer into state.tensors under prefix + name (on the CPU, own memory).
void save_module(PartState& state, const torch::nn::Module& module, const std::string& prefix = "");

/// Fills every parameter and buffer in place; handles and flat buffers stay valid.
/// @throws CheckpointError naming the tensor that is missing, or has another shape or dtype (both are said).
void load_module(const PartState& state, torch::nn::Module& module, const std::string& prefix = "");

/// Fills tensors in place from state.tensors of those names; nothing is changed when one does not fit.
/// @throws CheckpointError as load_module
void load_tensors(const PartState& state, const std::vector<std::pair<std::string, at::Tensor>>& wanted);

/// Copies values of all parameters and buffers, e.g. to start a target network.
/// @throws std::logic_error when names or shapes differ.
void copy_module(torch::nn::Module& target, const torch::nn::Module& source);

/// Switches requires_grad of all parameters: off for target and frozen networks.
void set_trainable(torch::nn::Module& module, bool trainable);

/// Values, not tensors.
int64_t count_parameters(const torch::nn::Module& module);

}  // namespace onramp
