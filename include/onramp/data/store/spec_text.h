// Specs of observations and actions as JSON, for whatever files carry them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "onramp/data/spec.h"

namespace onramp {

/// {"observation": [{name, dtype, shape, low, high, privileged, fields}], "action": {dim, fields}}. A bound that is
/// infinite becomes null. Text that is not UTF-8 is replaced.
std::string spec_text(const ObservationSpec& observation, const ActionSpec& action);

/// @param label names the file in errors
/// @throws nlohmann::json::exception on anything else; DataError on types and sizes that cannot be, and on a name that
/// comes twice
void read_spec_text(const std::string& text, const std::string& label, ObservationSpec& observation,
                    ActionSpec& action);

/// Sizes are a file's claim: what passes here can be multiplied without overflow. @param what  has them
/// @throws DataError
void check_sizes(const std::string& label, const std::string& what, const std::vector<int64_t>& sizes);

}  // namespace onramp
