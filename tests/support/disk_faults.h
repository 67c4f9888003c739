// Disks that fail, for tests that prove that nothing half-written stays.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "support/temporary_folder.h"

namespace onramp::test {

/// While it lives, no file of this process grows beyond `bytes` (EFBIG).
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

namespace detail {
/// Mounts a small file system of its own, seen by this process alone.
inline bool mount_small_disk(const std::filesystem::path& folder, const std::string& size) {
  const auto write_file = [](const char* path, const std::string& text) {
    const int fd = ::open(path, O_WRONLY);
    const bool ok = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (fd >= 0) ::close(fd);
    return ok;
  };
  const std::string user = std::to_string(::getuid());
  if (::unshare(CLONE_NEWNS) != 0) {  // not root: in a user namespace of its own
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 || !write_file("/proc/self/uid_map", "0 " + user + " 1"))
      return false;
  }
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("none", folder.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
}
}  // namespace detail

/// Runs `body(folder)` in a child process on a disk of `size` (e.g. "64k", in pages of 4k).
/// @return what `body` returned ("" for success), or nothing where this machine does not allow it: then skip the test
inline std::optional<std::string> run_on_small_disk(
    const std::string& size, const std::function<std::string(const std::filesystem::path&)>& body) {
  constexpr int kNotAllowed = 77;
  TemporaryFolder folder;
  int channel[2];
  if (::pipe(channel) != 0) return std::nullopt;
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(channel[0]);
    if (!detail::mount_small_disk(folder.path(), size)) ::_exit(kNotAllowed);
    std::string result;
    try {
      result = body(folder.path());
    } catch (const std::exception& error) {
      result = std::string("unexpected exception: ") + error.what();
    }
    const auto written = ::write(channel[1], result.data(), result.size());
    ::_exit(written == static_cast<ssize_t>(result.size()) ? 0 : 1);
  }
  ::close(channel[1]);
  std::string result;
  char piece[256];
  for (ssize_t n = 0; (n = ::read(channel[0], piece, sizeof(piece))) > 0;) result.append(piece, static_cast<size_t>(n));
  ::close(channel[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotAllowed) return std::nullopt;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return "the child process died";
  return result;
}

}  // namespace onramp::test
