// YAML text to ConfigNode. Private to base.
#pragma once

#include <string>
#include <string_view>

#include "onramp/base/config_node.h"

namespace onramp::detail {

/// @param source  where the text is from; its line is > 0 for a file (then each node gets its own line and column) and 0
///                for an override (then all nodes share it)
/// @return null for empty text
/// @throws ConfigError
ConfigNode parse_yaml(std::string_view text, const Origin& source);

}  // namespace onramp::detail
