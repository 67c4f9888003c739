// A file that grows at its end, row by row, and can be cut back to a known length.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "onramp/base/file_descriptor.h"

namespace onramp {

/// Invariant: flushed() bytes at the front of the file are whole rows; a write that fails is cut away again, so no half
/// row stays. Rows wait in memory until 64 KiB are there or flush() is called. Not thread-safe.
class AppendFile {
 public:
  /// Opens or creates. @throws IoError
  explicit AppendFile(std::filesystem::path path);
  ~AppendFile();
  AppendFile(AppendFile&&) = default;
  AppendFile& operator=(AppendFile&&) = default;

  void append(std::string_view row);  ///< @throws IoError, as flush()
  void flush();                       ///< to the operating system. @throws IoError; the rows stay in memory
  void sync();                        ///< to the disk. @throws IoError
  void truncate(uint64_t bytes);      ///< @throws IoError when the file is shorter
  uint64_t size() const { return flushed_ + buffer_.size(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  FileDescriptor file_;
  std::string buffer_;
  uint64_t flushed_ = 0;
};

}  // namespace onramp
