// Episodes of a file of strangers, several at once where they are small: each reader's child costs a fork.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "onramp/data/store/guarded_read.h"

namespace onramp::detail {

class ReadAhead {
 public:
  struct Item {
    std::vector<ArrayField> fields;  ///< keys are unique in the file
    int64_t bytes = 0;               ///< in memory, about
  };
  ReadAhead(std::filesystem::path file, std::vector<Item> items) : file_(std::move(file)), items_(std::move(items)) {}

  /// The arrays of item `index`, by key. Those of the items after it may be read along, up to kBytes.
  std::map<std::string, HostArray> take(size_t index);

 private:
  static constexpr int64_t kBytes = 64 << 20;
  std::filesystem::path file_;
  std::vector<Item> items_;
  std::map<size_t, std::map<std::string, HostArray>> ready_;
};

}  // namespace onramp::detail
