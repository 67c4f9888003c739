#include "onramp/data/store/guarded_read.h"

#include <fcntl.h>
#include <hdf5.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/file_descriptor.h"
#include "onramp/data/store/hdf5_file.h"

namespace onramp {

namespace {

enum class Outcome : uint8_t { kResult, kUserError, kOtherError, kOutOfMemory };

/// What the child sends before its bytes.
struct Header {
  Outcome outcome;
  uint64_t size;
};

/// Address space of this process now: a limit counts from there, since a process with LibTorch maps much it never uses.
int64_t mapped_bytes() {
  long pages = 0;
  if (FILE* statm = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(statm, "%ld", &pages) != 1) pages = 0;
    std::fclose(statm);
  }
  return static_cast<int64_t>(pages) * sysconf(_SC_PAGESIZE);
}

/// A sound file takes a second for each 20 MB at the very most, and one of a few bytes may hold gigabytes of zeros.
int64_t enough_cpu_s(const std::string& file) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(file, error);
  return 30 + (error ? 570 : static_cast<int64_t>(bytes / 20'000'000));
}

void set_limit(decltype(RLIMIT_AS) what, int64_t value) {
  rlimit limit{};
  getrlimit(what, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, static_cast<rlim_t>(value));
  setrlimit(what, &limit);
}

/// Only the calling thread exists here; the rest of the parent's state is a copy that must not be touched.
[[noreturn]] void child_main(const FileDescriptor& to_parent, const ReadLimits& limits, int64_t mapped,
                             const std::function<std::vector<std::byte>()>& body) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU}) std::signal(number, SIG_DFL);
  // Ctrl-C and a terminal that closes are the parent's to handle; our end follows from its.
  for (const int number : {SIGINT, SIGHUP}) std::signal(number, SIG_IGN);
  if (const int null = open("/dev/null", O_WRONLY | O_CLOEXEC); null >= 0) dup2(null, STDERR_FILENO);
  setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);  // file systems without locks (NFS) would refuse to open
  set_limit(RLIMIT_CORE, 0);
  set_limit(RLIMIT_CPU, limits.cpu_s);
  set_limit(RLIMIT_AS, mapped + limits.memory_bytes);

  Header header{Outcome::kResult, 0};
  std::vector<std::byte> result;
  std::string message;
  try {
    {
      Hdf5Session session;
      H5PLset_loading_state(0);  // a file must not make us load a library
    }
    result = body();
  } catch (const Error& error) {
    header.outcome = Outcome::kUserError;
    message = error.what();
  } catch (const std::bad_alloc&) {
    header.outcome = Outcome::kOutOfMemory;
  } catch (const std::exception& error) {
    header.outcome = Outcome::kOtherError;
    message = error.what();
  }
  const auto bytes = header.outcome == Outcome::kResult ? std::span<const std::byte>(result)
                                                        : std::as_bytes(std::span(message.data(), message.size()));
  header.size = bytes.size();
  const bool sent = to_parent.write_all(std::as_bytes(std::span(&header, 1))) && to_parent.write_all(bytes);
  _exit(sent ? 0 : 1);  // no destructors: they are the parent's
}

/// @return whether all of `to` was filled before the child closed its end.
bool read_all(int fd, std::span<std::byte> to) {
  while (!to.empty()) {
    const ssize_t n = read(fd, to.data(), to.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    to = to.subspan(static_cast<size_t>(n));
  }
  return true;
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

std::vector<std::byte> run_in_child(const std::string& label, const ReadLimits& given,
                                    const std::function<std::vector<std::byte>()>& body) {
  ReadLimits limits = given;
  if (limits.cpu_s == 0) limits.cpu_s = enough_cpu_s(label);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw io_error("start a reader for", label, errno);
  FileDescriptor from_child(ends[0]);
  FileDescriptor to_parent(ends[1]);
  const int64_t mapped = mapped_bytes();
  pid_t child = -1;
  {
    // No other thread is inside the HDF5 library while the process is copied.
    const std::lock_guard lock(hdf5_mutex());
    child = fork();
  }
  if (child < 0) throw io_error("start a reader for", label, errno);
  if (child == 0) child_main(to_parent, limits, mapped, body);
  to_parent.close();

  Header header{};
  std::vector<std::byte> bytes;
  bool whole = read_all(from_child.get(), std::as_writable_bytes(std::span(&header, 1))) &&
               header.size <= static_cast<uint64_t>(limits.memory_bytes);
  if (whole) {
    bytes.resize(header.size);
    whole = read_all(from_child.get(), bytes);
  }
  from_child.close();  // a child that still writes ends here
  const int status = wait_for(child);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
    throw DataError(
        concat(label, ": reading took more than ", limits.cpu_s, " s of processor time; the file is damaged"));
  }
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
    throw DataError(
        concat(label, ": the reader was killed, as happens when memory runs out; the file is too large or damaged"));
  }
  if (!whole) {
    throw DataError(concat(label, ": the HDF5 library crashed on it",
                           WIFSIGNALED(status) ? concat(" (", strsignal(WTERMSIG(status)), ")") : "",
                           "; the file is damaged, get a whole copy"));
  }
  const std::string message(reinterpret_cast<const char*>(bytes.data()),
                            header.outcome == Outcome::kResult ? 0 : bytes.size());
  switch (header.outcome) {
    case Outcome::kResult:
      return bytes;
    case Outcome::kUserError:
      throw DataError(message);
    case Outcome::kOutOfMemory:
      throw DataError(concat(label, ": reading needs more than the limit of ",
                             format_bytes(static_cast<double>(limits.memory_bytes)), " of memory"));
    case Outcome::kOtherError:
      break;
  }
  throw DataError(concat(label, ": cannot be read: ", message));
}

}  // namespace onramp
