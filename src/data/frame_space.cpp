#include "onramp/data/frame_space.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/text.h"

namespace onramp {

namespace {

/// Of the machine, or of the container that this runs in.
int64_t machine_memory_bytes() {
  int64_t bytes = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  std::ifstream file("/sys/fs/cgroup/memory.max");
  if (int64_t limit = 0; file >> limit && limit > 0) bytes = std::min(bytes, limit);  // "max": no limit
  return bytes;
}

/// A file without a name. @return an invalid descriptor with errno set when there can be none
FileDescriptor open_nameless(const std::filesystem::path& folder) {
  FileDescriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.valid() || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)) return file;
  std::string name = (folder / ".frames-XXXXXX").string();  // a file system that knows no such files
  file = FileDescriptor(::mkostemp(name.data(), O_CLOEXEC));
  if (file.valid()) ::unlink(name.c_str());
  return file;
}

}  // namespace

int64_t FrameSpaceConfig::memory_bytes() const {
  if (!memory_GB) return machine_memory_bytes() / 2;
  constexpr double kMost = 9e18;
  return static_cast<int64_t>(std::min(*memory_GB * 1e9, kMost));
}

FrameSpace::FrameSpace(int64_t memory_bytes, std::filesystem::path folder)
    : memory_bytes_(memory_bytes), folder_(std::move(folder)) {
  ONRAMP_CHECK(memory_bytes >= 0, memory_bytes, " bytes");
  block_bytes_ = std::clamp<int64_t>(memory_bytes / 8, int64_t{64} << 10, block_bytes_);
}

FrameSpace::~FrameSpace() {
  for (const auto& [address, bytes] : mapped_) ::munmap(address, bytes);
}

FrameSpace::Block FrameSpace::add_block(int64_t bytes) {
  memory_is_full_ = memory_is_full_ || bytes > memory_bytes_ - used_memory_bytes_;
  if (memory_is_full_) return {map_block(bytes), false};
  in_memory_.emplace_back(new uint8_t[static_cast<size_t>(bytes)]);  // uninitialised: touched when filled
  used_memory_bytes_ += bytes;
  return {in_memory_.back().get(), true};
}

uint8_t* FrameSpace::map_block(int64_t bytes) {
  if (!file_.valid()) open_file();
  const int64_t page = sysconf(_SC_PAGESIZE);
  const int64_t length = (bytes + page - 1) / page * page;
  int error = 0;
  do {
    error = ::posix_fallocate(file_.get(), file_bytes_, length);
  } while (error == EINTR);
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    throw IoError(concat("no room in ", folder_.string(), " for frames beyond replay.memory_GB, after ",
                         format_bytes(static_cast<double>(file_bytes_)),
                         "; free some space there, or name a folder on another disk with replay.folder"));
  }
  if (error != 0) throw io_error("reserve space for frames in", folder_, error);
  void* address = ::mmap(nullptr, static_cast<size_t>(length), PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(),
                         static_cast<off_t>(file_bytes_));
  if (address == MAP_FAILED) throw io_error("map frames in", folder_, errno);
  mapped_.emplace_back(address, static_cast<size_t>(length));
  file_bytes_ += length;
  return static_cast<uint8_t*>(address);
}

void FrameSpace::open_file() {
  create_folders(folder_);
  file_ = open_nameless(folder_);
  if (!file_.valid()) throw io_error("make a file for frames in", folder_, errno);
}

}  // namespace onramp
