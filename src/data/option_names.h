// How an error names the option that would help: as a config has it, and as onramp-data has it.
#pragma once

#include <algorithm>
#include <string>

namespace onramp::detail {

/// "set clip_actions (onramp-data: --clip-actions)"
inline std::string how_to_set(const std::string& key) {
  std::string option = key;
  std::replace(option.begin(), option.end(), '_', '-');
  return "set " + key + " (onramp-data: --" + option + ")";
}

}  // namespace onramp::detail
