#include "onramp/base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include "onramp/base/file_descriptor.h"

namespace onramp {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kTemporaryPrefix = ".tmp.";

/// ".tmp.<name>.", how temporary names for `path` begin.
std::string temporary_prefix(const fs::path& path) {
  return std::string(kTemporaryPrefix) + path.filename().string() + ".";
}

/// ".tmp.<name>.<number>.<pid>": unique in the process by the number, among processes by the pid.
fs::path temporary_name(const fs::path& path) {
  static std::atomic<unsigned> number{0};
  return path.parent_path() /
         (temporary_prefix(path) + std::to_string(number.fetch_add(1)) + "." + std::to_string(::getpid()));
}

/// "a/b/" has an empty file name.
fs::path without_last_slash(const fs::path& path) { return path.has_filename() ? path : path.parent_path(); }

/// Whether nobody who lives writes under this temporary name. One of our own number is of a process before us, as happens in
/// containers: whoever asks holds what it is about.
bool is_stale(const std::string& name) {
  pid_t pid = 0;
  const char* end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data() + name.rfind('.') + 1, end, pid);
  if (parsed.ec != std::errc{} || parsed.ptr != end || pid <= 0) return false;
  const bool alive = ::kill(pid, 0) == 0 || errno == EPERM;
  return !alive || pid == ::getpid();
}

int remove_stale(const fs::path& folder, const std::function<bool(const std::string&)>& is_meant) {
  int removed = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kTemporaryPrefix) || !is_meant(name) || !is_stale(name)) continue;
    fs::remove_all(entry.path(), ignored);
    ++removed;
  }
  return removed;
}

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

void sync_path(const fs::path& path, int flags) {
  const FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC));
  if (!file.valid()) throw io_error("open", path, errno);
  // Some file systems know no fsync of a folder.
  if (::fsync(file.get()) != 0 && errno != EINVAL && errno != ENOTSUP) throw io_error("write", path, errno);
}

void sync_folder(const fs::path& path) { sync_path(path, O_RDONLY | O_DIRECTORY); }

void sync_tree(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_symlink()) continue;
    if (entry.is_directory()) {
      sync_tree(entry.path());
    } else {
      sync_path(entry.path(), O_RDONLY);
    }
  }
  sync_folder(folder);
}

/// Removes a file or a tree at the end of a scope, unless it has got its final name.
class Temporary {
 public:
  explicit Temporary(fs::path path) : path_(std::move(path)) {}
  ~Temporary() {
    std::error_code ignored;  // the error that brought us here is the one to report
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  const fs::path& path() const { return path_; }
  void keep() { path_.clear(); }

 private:
  fs::path path_;
};

/// Puts `from` in the place of `to`, which may be a folder with files. Afterwards `from` may hold what was there before.
void replace_folder(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return;
  if (errno != EEXIST && errno != ENOTEMPTY) throw io_error("create", to, errno);
#ifdef RENAME_EXCHANGE
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) return;
#endif
  Temporary aside(temporary_name(to));
  if (::rename(to.c_str(), aside.path().c_str()) != 0) throw io_error("replace", to, errno);
  if (::rename(from.c_str(), to.c_str()) != 0) {
    const int error_number = errno;
    if (::rename(aside.path().c_str(), to.c_str()) == 0) aside.keep();
    throw io_error("replace", to, error_number);
  }
}

}  // namespace

IoError io_error(std::string_view doing, const fs::path& path, int error_number) {
  std::string cause;
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      cause = "no space left on the device; free some space and run the same command again";
      break;
    case EFBIG:
      cause =
          "the file would pass the size limit (ulimit -f, or the file system's); raise it and run the same command "
          "again";
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      cause = std::string(std::strerror(error_number)) + "; check the permissions of the folder or choose another one";
      break;
    case ENOENT:
      cause = "no such file or folder; check the path";
      break;
    case ENOTDIR:
      cause = "a part of the path is a file, not a folder; check the path";
      break;
    case EMFILE:
    case ENFILE:
      cause = "too many open files; raise `ulimit -n` and run the same command again";
      break;
    default:
      cause = std::string(std::strerror(error_number)) + "; check the disk and run the same command again";
  }
  return IoError("cannot " + std::string(doing) + " " + path.string() + ": " + cause);
}

void write_file_atomic(const fs::path& path, std::span<const std::byte> bytes) {
  Temporary temporary(temporary_name(path));
  {
    FileDescriptor file(::open(temporary.path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!file.valid()) {
      const int error_number = errno;
      temporary.keep();  // it is not ours, or not there
      throw io_error("write", path, error_number);
    }
    if (!file.write_all(bytes) || ::fsync(file.get()) != 0 || !file.close()) throw io_error("write", path, errno);
  }
  if (::rename(temporary.path().c_str(), path.c_str()) != 0) throw io_error("write", path, errno);
  temporary.keep();
  sync_folder(folder_of(path));
}

void fill_file_atomic(const fs::path& path, const std::function<void(const fs::path&)>& fill) {
  Temporary temporary(temporary_name(path));
  fill(temporary.path());
  sync_path(temporary.path(), O_RDONLY);
  if (::rename(temporary.path().c_str(), path.c_str()) != 0) throw io_error("write", path, errno);
  temporary.keep();
  sync_folder(folder_of(path));
}

void write_file_atomic(const fs::path& path, std::string_view text) {
  write_file_atomic(path, std::as_bytes(std::span(text.data(), text.size())));
}

void write_file(const fs::path& path, std::string_view text) {
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  if (!file.valid() || !file.write_all(bytes) || !file.close()) throw io_error("write", path, errno);
}

void write_folder_atomic(const fs::path& path_as_given, const std::function<void(const fs::path&)>& fill) {
  const fs::path path = without_last_slash(path_as_given);  // else the folder would be made inside itself
  Temporary temporary(temporary_name(path));
  if (::mkdir(temporary.path().c_str(), 0755) != 0) {
    const int error_number = errno;
    temporary.keep();
    throw io_error("create", path, error_number);
  }
  fill(temporary.path());
  sync_tree(temporary.path());
  replace_folder(temporary.path(), path);
  // No keep(): after an exchange the older folder has the temporary name, and goes.
  sync_folder(folder_of(path));
}

std::string read_file(const fs::path& path, uint64_t max_bytes) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) throw io_error("read", path, errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) throw io_error("read", path, errno);
  if (S_ISDIR(info.st_mode)) throw IoError("cannot read " + path.string() + ": it is a folder; name a file");
  const auto too_long = [&] {
    return IoError("cannot read " + path.string() + ": it is longer than the " + std::to_string(max_bytes) +
                   " bytes expected of such a file; check that it is the right one");
  };
  const auto expected = S_ISREG(info.st_mode) ? static_cast<uint64_t>(info.st_size) : 0;
  if (expected > max_bytes) throw too_long();
  std::string text(expected, '\0');
  uint64_t used = 0;
  while (true) {  // also past the size that fstat told: files of /proc have none
    if (used == text.size()) {
      char more = 0;
      const ssize_t n = ::read(file.get(), &more, 1);
      if (n == 0) break;
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw io_error("read", path, errno);
      if (used + 1 > max_bytes) throw too_long();
      text.push_back(more);
      ++used;
      text.resize(std::min<uint64_t>(max_bytes, used + 65536));
      continue;
    }
    const ssize_t n = ::read(file.get(), text.data() + used, text.size() - used);
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw io_error("read", path, errno);
    used += static_cast<uint64_t>(n);
  }
  text.resize(used);
  return text;
}

void create_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw io_error("create", path, error.value());
  if (!fs::is_directory(path)) throw io_error("create", path, ENOTDIR);
}

void check_can_write_in(const fs::path& folder) {
  std::error_code error;
  fs::path there = fs::absolute(folder);
  while (!fs::exists(there, error) && !error && there.has_relative_path()) there = there.parent_path();
  if (error) throw io_error("write in", folder, error.value());
  if (!fs::is_directory(there, error)) throw io_error("write in", folder, ENOTDIR);
  // A file without a name, where the file system knows such. Asking access(2) would not tell of /proc and its like.
  if (FileDescriptor(::open(there.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600)).valid()) return;
  const Temporary probe(temporary_name(there / "probe"));
  const FileDescriptor file(::open(probe.path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.valid()) throw io_error("write in", folder, errno);
}

void check_can_write(const fs::path& path) {
  std::error_code ignored;  // what cannot be looked at cannot be written either, which the folder's check says
  if (fs::is_directory(path, ignored))
    throw IoError(concat("cannot write ", path.string(), ": it is a folder; name a file"));
  check_can_write_in(folder_of(path));
}

int remove_stale_temporaries(const fs::path& folder) {
  return remove_stale(folder, [](const std::string&) { return true; });
}

int remove_stale_temporaries_of(const fs::path& path_as_given) {
  const fs::path path = without_last_slash(path_as_given);
  const std::string prefix = temporary_prefix(path);
  return remove_stale(folder_of(path), [&](const std::string& name) {
    // Behind the prefix stand number and pid alone: ".tmp.a.b.0.7" is of "a.b", not of "a".
    if (!name.starts_with(prefix)) return false;
    const auto rest = std::string_view(name).substr(prefix.size());
    return rest.find_first_not_of("0123456789.") == std::string_view::npos && rest.find('.') == rest.rfind('.') &&
           rest.find('.') != std::string_view::npos;
  });
}

}  // namespace onramp
