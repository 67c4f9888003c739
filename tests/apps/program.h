// Starts the real programs as child processes.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "onramp/base/atomic_file.h"
#include "support/temporary_folder.h"
#include "test_paths.h"

extern char** environ;  // POSIX declares it nowhere

namespace onramp::test {

struct Finished {
  int code = 0;  ///< exit code; 128 + number of the signal that killed it
  std::string out, err;
};

/// A running program. Its output goes to files, so that nobody waits for a pipe. Killed when this is destroyed.
class Program {
 public:
  /// @param name         in the build's bin folder
  /// @param environment  added to that of this process: "KEY=value"
  explicit Program(const std::string& name, const std::vector<std::string>& arguments,
                   const std::filesystem::path& working_folder = {}, const std::vector<std::string>& environment = {}) {
    const std::string file = (std::filesystem::path(ONRAMP_BIN_DIR) / name).string();
    std::vector<std::string> words{file};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> settings = environment;
    for (char** setting = environ; *setting; ++setting) settings.emplace_back(*setting);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    const auto into = [&](int descriptor, const std::filesystem::path& path) {
      posix_spawn_file_actions_addopen(&actions, descriptor, path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    };
    into(STDOUT_FILENO, files_ / "out");
    into(STDERR_FILENO, files_ / "err");
    const auto folder = working_folder.empty() ? files_.path() : working_folder;
    posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
    const int error =
        ::posix_spawn(&pid_, file.c_str(), &actions, nullptr, pointers(words).data(), pointers(settings).data());
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::runtime_error("cannot start " + file + ": " + std::strerror(error));
  }
  ~Program() {
    if (!running()) return;
    signal(SIGKILL);
    wait();
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const {
    if (!ended_) ::kill(pid_, number);
  }
  bool running() {
    if (!ended_ && ::waitpid(pid_, &status_, WNOHANG) == pid_) ended_ = true;
    return !ended_;
  }
  Finished wait() {
    while (!ended_ && (::waitpid(pid_, &status_, 0) == pid_ || errno != EINTR)) ended_ = true;
    return {WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_), read_file(files_ / "out"),
            read_file(files_ / "err")};
  }
  /// What it has written to stderr so far.
  std::string err() const { return read_file(files_ / "err"); }
  /// And to stdout.
  std::string out() const { return read_file(files_ / "out"); }
  /// Whether it answers Ctrl-C itself by now.
  bool catches_interrupt() const {
    const auto status = read_file("/proc/" + std::to_string(pid_) + "/status");
    const auto at = status.find("SigCgt:");
    return at != std::string::npos && (std::stoull(status.substr(at + 7), nullptr, 16) & (1ull << (SIGINT - 1))) != 0;
  }
  /// Looks every millisecond. @return false when the program ended first
  bool wait_until(const std::function<bool()>& happened) {
    while (!happened()) {
      if (!running()) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> result;
    result.reserve(words.size() + 1);
    for (auto& word : words) result.push_back(word.data());
    result.push_back(nullptr);
    return result;
  }
  TemporaryFolder files_;
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

inline Finished run_program(const std::string& name, const std::vector<std::string>& arguments,
                            const std::filesystem::path& working_folder = {},
                            const std::vector<std::string>& environment = {}) {
  return Program(name, arguments, working_folder, environment).wait();
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

/// Expects that the program refused to start: that exit code, nothing on stdout, one line on stderr, which holds `text`.
inline void expect_refused(const Finished& finished, int code, const std::string& text) {
  EXPECT_EQ(finished.code, code) << finished.err;
  EXPECT_EQ(finished.out, "");
  EXPECT_EQ(lines_of(finished.err).size(), 1u) << finished.err;
  EXPECT_NE(finished.err.find(text), std::string::npos) << finished.err << "should hold: " << text;
}

/// Expects that it stopped on its way, with one line that says why; lines of the log stand before it.
inline void expect_stopped(const Finished& finished, int code, const std::string& text) {
  EXPECT_EQ(finished.code, code) << finished.err;
  const auto lines = lines_of(finished.err);
  ASSERT_FALSE(lines.empty());
  EXPECT_NE(lines.back().find(text), std::string::npos) << finished.err << "the last line should hold: " << text;
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(), [](const auto& line) { return line.starts_with("error: "); }),
            code == 130 ? 0 : 1)
      << finished.err;
}

}  // namespace onramp::test
