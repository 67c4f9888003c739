// A thing that is wrong with recorded data.
#pragma once

#include <cstdint>
#include <string>

namespace onramp {

/// One thing that is wrong, where it begins.
struct Fault {
  std::string file;
  std::string field;     ///< "" when it concerns the file
  int64_t episode = -1;  ///< number in the file or of the file; -1: not of one episode
  int64_t step = -1;     ///< in the episode; -1: not of one step
  std::string what;
  std::string text() const;  ///< "FILE: actions: episode 3, step 17: ...", one line
};

}  // namespace onramp
