#include "onramp/base/append_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "onramp/base/atomic_file.h"

namespace onramp {

AppendFile::AppendFile(std::filesystem::path path) : path_(std::move(path)) {
  file_ = FileDescriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file_.valid()) throw io_error("write", path_, errno);
  struct stat info {};
  if (::fstat(file_.get(), &info) != 0) throw io_error("write", path_, errno);
  flushed_ = static_cast<uint64_t>(info.st_size);
}

AppendFile::~AppendFile() {
  if (!file_.valid() || buffer_.empty()) return;
  try {
    flush();
  } catch (const IoError&) {  // a destructor cannot report it; whoever must know calls flush()
  }
}

void AppendFile::append(std::string_view row) {
  buffer_ += row;
  if (buffer_.size() >= 65536) flush();
}

void AppendFile::flush() {
  if (!file_.write_all(std::as_bytes(std::span(buffer_)))) {
    const int error_number = errno;
    // Of a device file (/dev/full) nothing can be cut: then nothing was kept either.
    [[maybe_unused]] const int ignored = ::ftruncate(file_.get(), static_cast<off_t>(flushed_));
    throw io_error("write", path_, error_number);
  }
  flushed_ += buffer_.size();
  buffer_.clear();
}

void AppendFile::sync() {
  flush();
  if (::fsync(file_.get()) != 0 && errno != EINVAL) throw io_error("write", path_, errno);
}

void AppendFile::truncate(uint64_t bytes) {
  flush();
  if (bytes > flushed_) {
    throw IoError(path_.string() + " ends at byte " + std::to_string(flushed_) + ", but the checkpoint knows " +
                  std::to_string(bytes) + " bytes of it; put the file back, or start anew in another folder");
  }
  if (bytes == flushed_) return;
  if (::ftruncate(file_.get(), static_cast<off_t>(bytes)) != 0) throw io_error("cut", path_, errno);
  flushed_ = bytes;
}

}  // namespace onramp
