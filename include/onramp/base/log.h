// Log lines: to stderr, and to a file once a run has a folder.
#pragma once

#include <filesystem>
#include <string_view>

#include "onramp/base/text.h"

namespace onramp {

/// How much a line matters, least first.
enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// Lines below `level` are dropped on stderr (a log file gets all but debug lines). Thread-safe, as all here.
void set_log_level(LogLevel level);

/// From now on lines are appended to `file` too.  @throws IoError when it cannot be opened
void add_log_file(const std::filesystem::path& file);

/// Flushes and lets go of all log files.
void close_log_files();

/// One line. On a terminal the line that a progress display redraws is cleared first.
void log_line(LogLevel level, std::string_view message);

/// For the log files alone: what the terminal shows in another form, in several lines if need be. Nothing without log files.
void log_to_files(LogLevel level, std::string_view text);

template <class... Args>
void log_debug(const Args&... args) {
  log_line(LogLevel::kDebug, concat(args...));
}
template <class... Args>
void log_info(const Args&... args) {
  log_line(LogLevel::kInfo, concat(args...));
}
template <class... Args>
void log_warning(const Args&... args) {
  log_line(LogLevel::kWarning, concat(args...));
}
template <class... Args>
void log_error(const Args&... args) {
  log_line(LogLevel::kError, concat(args...));
}

}  // namespace onramp
