// Names out of files, fit for a message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace onramp {

/// The text in one line that a terminal can be given: control characters and what is not UTF-8 become '?', and what is
/// longer than `most` bytes is cut, with "..." after it.
std::string printable(std::string_view text, size_t most = 100);

/// The same for a whole message, however long.
inline std::string one_line(std::string_view text) { return printable(text, std::string_view::npos); }

}  // namespace onramp
