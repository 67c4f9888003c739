// JSON from a file that may be damaged or made to harm.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

namespace onramp {

/// @throws CheckpointError naming `path`, when it is no JSON, no object, or nested deeper than 32
nlohmann::json parse_hostile_json(std::string_view text, const std::filesystem::path& path);

}  // namespace onramp
