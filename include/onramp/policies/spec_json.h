// Observation and action specs as JSON, for policy files.
#pragma once

#include <nlohmann/json.hpp>

#include "onramp/data/spec.h"

namespace onramp {

nlohmann::json to_json_value(const ObservationSpec& spec);
nlohmann::json to_json_value(const ActionSpec& spec);
/// @throws CheckpointError, nlohmann::json::exception for what is no spec
ObservationSpec observation_spec_from_json(const nlohmann::json& json);
ActionSpec action_spec_from_json(const nlohmann::json& json);

}  // namespace onramp
