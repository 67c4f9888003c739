// YAML text to ConfigNode. Private to base.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "onramp/base/config_node.h"

namespace onramp::detail {

// What was accepted can be written and read again: a YAML reader takes 1024 characters before a colon, of which a byte
// may need four ("\x01"), and goes 500 levels down.
inline constexpr std::size_t kLongestKey = 200;
inline constexpr std::size_t kDeepest = 200;  // lists and maps in each other

/// @param source  where the text is from; its line is > 0 for a file (then each node gets its own line and column) and 0
///                for an override (then all nodes share it)
/// @return null for empty text
/// @throws ConfigError
ConfigNode parse_yaml(std::string_view text, const Origin& source);

}  // namespace onramp::detail
