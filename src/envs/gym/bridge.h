// One environment in a Python process: questions, the memory shared with it, and what went wrong in words.
#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>

#include "channel.h"
#include "onramp/envs/gym/gym_environment.h"
#include "python_process.h"

namespace onramp::gym {

/// The interpreter that a config means: its own, else the one that scripts/setup.sh makes for its `packages`, else, for those
/// of gym, /usr/bin/python3.
/// @throws ConfigError when there is none
std::string find_python(const GymConfig& config);

/// `imports`, `kwargs` and so on, as bridge.py reads them.
nlohmann::json to_hello(const GymConfig& config);

/// After a failure other than a refusal the process is gone; alive() says so.
class Bridge {
 public:
  /// Starts Python and makes the environment. facts() is what it says of itself.
  /// @throws ConfigError about an id, a file, a package; EnvironmentError
  explicit Bridge(const GymConfig& config);
  ~Bridge();
  Bridge(const Bridge&) = delete;
  Bridge& operator=(const Bridge&) = delete;

  const nlohmann::json& facts() const { return facts_; }
  /// Makes `layout.bytes` of shared memory. Once.
  void share(const nlohmann::json& layout);
  std::span<std::byte> memory() const { return memory_; }

  /// @return what was answered, of exactly `size` bytes unless that is empty
  /// @throws EnvironmentError naming the environment, what it was doing, and the cause
  std::span<const std::byte> ask(Ask kind, std::span<const std::byte> bytes = {}, std::optional<size_t> size = {});
  bool alive() const { return process_.has_value(); }

 private:
  [[noreturn]] void refused(const std::string& doing, std::span<const std::byte> bytes);
  /// The process is ended, and what it left to say is part of the message.
  [[noreturn]] void lost(const std::string& doing, const Answer& answer, double timeout_s);

  GymConfig config_;
  std::string python_, label_;
  FileDescriptor shared_;
  std::span<std::byte> memory_;
  std::optional<Channel> channel_;
  std::optional<PythonProcess> process_;
  nlohmann::json facts_;
};

}  // namespace onramp::gym
