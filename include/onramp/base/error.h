// Failures, by who can do something about them.
//
// Error and its children: what a user can cause. The message is one line that names the thing, what was wanted, what
// came and what to do next; programs print it and exit. ONRAMP_CHECK: what only a programmer can cause.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>

#include "onramp/base/text.h"

namespace onramp {

/// What a user can cause: one line, which programs print.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class ConfigError : public Error {
  using Error::Error;
};  ///< a config file, an override, a command line
class DataError : public Error {
  using Error::Error;
};  ///< a data set or an episode is damaged or does not fit
class CheckpointError : public Error {
  using Error::Error;
};  ///< a checkpoint or policy file is damaged or of another kind
class IoError : public Error {
  using Error::Error;
};  ///< the disk: no space, no permission, not there
class EnvironmentError : public Error {
  using Error::Error;
};  ///< an environment cannot go on
class ActionError : public Error {
  using Error::Error;
};  ///< an action with NaN or outside its bounds
class ResetFailed : public EnvironmentError {
  using EnvironmentError::EnvironmentError;
};  ///< the run pauses
class DivergenceError : public Error {
  using Error::Error;
};  ///< NaN or explosion while learning; names the term
class ShapeError : public Error {
  using Error::Error;
};  ///< a tensor's shape or dtype
class ValueError : public Error {
  using Error::Error;
};  ///< a number outside its range
class InterruptedError : public Error {
  using Error::Error;
};  ///< Ctrl-C, SIGTERM or SIGHUP, after the state was saved

/// Runs the body of a program's main() and turns what it throws into one line on stderr and an exit code:
/// ConfigError 2, InterruptedError 130, everything else 1.
int run_main(const std::function<int()>& body) noexcept;

namespace detail {
[[noreturn]] void check_failed(const char* file, int line, const char* condition, const std::string& message);
}

}  // namespace onramp

/// Throws std::logic_error with file:line unless `condition`; further arguments are streamed into the message.
#define ONRAMP_CHECK(condition, ...)                                                                 \
  do {                                                                                               \
    if (!(condition)) [[unlikely]]                                                                   \
      ::onramp::detail::check_failed(__FILE__, __LINE__, #condition, ::onramp::concat(__VA_ARGS__)); \
  } while (false)
