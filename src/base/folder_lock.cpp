#include "onramp/base/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <string>

#include "onramp/base/atomic_file.h"

namespace onramp {
namespace {

/// @param how  LOCK_EX, or LOCK_SH to ask only
void lock_or_refuse(const FileDescriptor& file, int how, const std::filesystem::path& folder) {
  if (::flock(file.get(), how | LOCK_NB) == 0) return;
  if (errno != EWOULDBLOCK) throw io_error("lock", folder, errno);
  char text[32] = {};
  const ssize_t n = ::pread(file.get(), text, sizeof(text) - 1, 0);
  std::string pid(text, n > 0 ? static_cast<size_t>(n) : 0);
  pid.erase(pid.find_last_not_of(" \n") + 1);
  throw IoError(folder.string() + " is in use by another run" + (pid.empty() ? "" : " (process " + pid + ")") +
                "; wait for it, stop it, or choose another folder");
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder) {
  create_folders(folder);
  const auto path = folder / ".lock";
  file_ = FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file_.valid()) throw io_error("lock", folder, errno);
  lock_or_refuse(file_, LOCK_EX, folder);
  // Only for the message above: whether it succeeds does not matter.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file_.get(), 0) == 0) file_.write_all(std::as_bytes(std::span(pid)));
}

void FolderLock::check_free(const std::filesystem::path& folder) {
  const FileDescriptor file(::open((folder / ".lock").c_str(), O_RDONLY | O_CLOEXEC));
  if (file.valid()) lock_or_refuse(file, LOCK_SH, folder);
}

}  // namespace onramp
