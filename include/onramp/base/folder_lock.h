// One run per folder.
#pragma once

#include <filesystem>

#include "onramp/base/file_descriptor.h"

namespace onramp {

/// Holds a folder for this process as long as the object lives: an flock on `<folder>/.lock`, which the kernel releases
/// however the process ends. The file itself stays, empty of meaning without the flock.
class FolderLock {
 public:
  /// Makes the folder when it is missing.
  /// @throws IoError when another living process holds it (naming its number), or it cannot be written
  explicit FolderLock(const std::filesystem::path& folder);

  /// Makes nothing, holds nothing.  @throws IoError when another living process holds the folder
  static void check_free(const std::filesystem::path& folder);

 private:
  FileDescriptor file_;
};

}  // namespace onramp
