#include "onramp/base/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <mutex>

#include "onramp/base/error.h"

namespace onramp {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// The one process-wide object here: stderr is process-wide too.
struct Log {
  std::mutex mutex;  // guards the list of sinks; the sinks lock themselves
  std::shared_ptr<spdlog::sinks::sink> terminal = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  std::shared_ptr<spdlog::logger> logger = std::make_shared<spdlog::logger>("onramp", terminal);

  Log() {
    terminal->set_level(spdlog::level::info);
    terminal->set_pattern(isatty(STDERR_FILENO) ? "\r\x1b[K[%H:%M:%S] %^%L%$ %v" : "[%H:%M:%S] %L %v");
    logger->set_level(spdlog::level::debug);
    logger->flush_on(spdlog::level::info);
  }
};

Log& the_log() {
  static Log log;
  return log;
}

}  // namespace

void set_log_level(LogLevel level) { the_log().terminal->set_level(to_spdlog(level)); }

void add_log_file(const std::filesystem::path& file) {
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string());
    sink->set_level(spdlog::level::info);
    sink->set_pattern("%Y-%m-%d %H:%M:%S.%e %L %v");
    auto& log = the_log();
    const std::scoped_lock lock(log.mutex);
    log.logger->sinks().push_back(std::move(sink));
  } catch (const spdlog::spdlog_ex& error) {
    throw IoError(concat(file.string(), ": cannot write a log here: ", error.what()));
  }
}

void close_log_files() {
  auto& log = the_log();
  const std::scoped_lock lock(log.mutex);
  log.logger->flush();
  log.logger->sinks().resize(1);
}

void log_line(LogLevel level, std::string_view message) {
  auto& log = the_log();
  const std::scoped_lock lock(log.mutex);
  log.logger->log(to_spdlog(level), spdlog::string_view_t(message.data(), message.size()));
}

void log_to_files(LogLevel level, std::string_view text) {
  auto& log = the_log();
  const std::scoped_lock lock(log.mutex);
  auto& sinks = log.logger->sinks();
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    const spdlog::details::log_msg message("onramp", to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
    for (size_t i = 1; i < sinks.size(); ++i) {
      try {
        sinks[i]->log(message);
        sinks[i]->flush();
      } catch (const spdlog::spdlog_ex&) {  // a full disk; the terminal has the line, and the run's own files say why
      }
    }
  }
}

}  // namespace onramp
