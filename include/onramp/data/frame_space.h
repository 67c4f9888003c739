// Where frames lie: in main memory up to a limit, beyond it in a memory-mapped file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "onramp/base/config_constraint.h"
#include "onramp/base/file_descriptor.h"

namespace onramp {

/// Of a run: see docs/configuration.md, "Images beyond memory".
struct FrameSpaceConfig {
  std::optional<double> memory_GB;
  std::filesystem::path folder;
  template <class V>
  void fields(V& v) {
    v("memory_GB", memory_GB,
      "images kept in main memory; those beyond it lie in a memory-mapped file. null: half of what the machine has",
      at_least(0.0));
    v("folder", folder, "of that file, on a fast disk; it goes when the run ends. Empty: the run's own folder");
  }
  int64_t memory_bytes() const;  ///< the limit
};

/// Hands out blocks that stay at their address as long as it lives. Once a block had to go to the file, all later ones
/// do. The file has no name, so no other process can open it, and it is gone when this one ends, however that happens.
/// Its space is reserved with each block: a full disk is an error here and not a crash when a frame is written.
/// Thread safety: none.
class FrameSpace {
 public:
  /// Main memory without a limit.
  FrameSpace() = default;
  /// @param memory_bytes  that blocks in main memory may take, >= 0
  /// @param folder        of the file; made, like the file, with the first block beyond the limit
  FrameSpace(int64_t memory_bytes, std::filesystem::path folder);
  ~FrameSpace();
  FrameSpace(const FrameSpace&) = delete;
  FrameSpace& operator=(const FrameSpace&) = delete;

  /// Memory that was handed out.
  struct Block {
    uint8_t* data = nullptr;
    bool in_memory = true;
  };
  /// Not initialised. A part that is never written costs no main memory.
  /// @throws IoError naming the folder, when the disk has no room for it
  Block add_block(int64_t bytes);
  /// Whether blocks of so many bytes in all would lie in main memory.
  bool has_memory(int64_t bytes) const { return !memory_is_full_ && bytes <= memory_bytes_ - used_memory_bytes_; }
  /// Size that a store should ask for, about: small against the limit, so that this is used up.
  int64_t block_bytes() const { return block_bytes_; }
  int64_t file_bytes() const { return file_bytes_; }

 private:
  uint8_t* map_block(int64_t bytes);
  void open_file();

  int64_t memory_bytes_ = std::numeric_limits<int64_t>::max();
  std::filesystem::path folder_;
  int64_t block_bytes_ = int64_t{64} << 20;
  int64_t used_memory_bytes_ = 0;
  bool memory_is_full_ = false;
  std::vector<std::unique_ptr<uint8_t[]>> in_memory_;
  FileDescriptor file_;
  int64_t file_bytes_ = 0;
  std::vector<std::pair<void*, size_t>> mapped_;
};

}  // namespace onramp
