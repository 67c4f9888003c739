// Numbers with what they count, for text that people read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace onramp {

/// "1 episode", "2 episodes", "0 episodes".
inline std::string counted(int64_t number, std::string_view noun) {
  return std::to_string(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

}  // namespace onramp
