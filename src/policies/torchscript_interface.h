// What a file of TorchScript must offer to act as a policy: its methods and its spec.
#pragma once

#include <c10/core/Device.h>
#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "onramp/data/policy.h"

namespace onramp::detail {

/// What spec() says.
struct ScriptSpec {
  ObservationSpec observation;
  ActionSpec action;
  int64_t noise_dim = 0;
  std::string density;  ///< "" where it says nothing
};

/// @throws ConfigError for bytes that are no TorchScript
torch::jit::Module load_script(const std::string& bytes, at::Device device);

/// @throws ConfigError naming every method that is missing, or the first that takes or gives something else.
/// log_prob_entropy() may be missing.
void check_methods(const torch::jit::Module& script);

/// @throws ConfigError for what is no JSON or lacks something
ScriptSpec parse_script_spec(const std::string& json);

/// The one line of an exception of TorchScript that says what happened; others are traces of its interpreter.
std::string script_error(const std::exception& error);

}  // namespace onramp::detail
