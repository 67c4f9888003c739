// How an error names the option that would help: as a config or as onramp-data has it.
#pragma once

#include <algorithm>
#include <string>

namespace onramp::detail {

/// "clip_actions", or "--clip-actions"
inline std::string option_name(std::string key, bool for_program) {
  if (!for_program) return key;
  std::replace(key.begin(), key.end(), '_', '-');
  return "--" + key;
}
/// "set clip_actions", or "give --clip-actions"
inline std::string how_to_set(const std::string& key, bool for_program) {
  return (for_program ? "give " : "set ") + option_name(key, for_program);
}

}  // namespace onramp::detail
