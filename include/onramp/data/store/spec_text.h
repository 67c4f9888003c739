// Specs of observations and actions as JSON, for whatever files carry them.
#pragma once

#include <string>

#include "onramp/data/spec.h"

namespace onramp {

/// {"observation": [{name, dtype, shape, low, high, privileged, fields}], "action": {dim, fields}}. A bound that is
/// infinite becomes null. Text that is not UTF-8 is replaced.
std::string spec_text(const ObservationSpec& observation, const ActionSpec& action);

/// @throws nlohmann::json::exception on anything else; DataError, without a label, on types and sizes that cannot be
void read_spec_text(const std::string& text, ObservationSpec& observation, ActionSpec& action);

}  // namespace onramp
