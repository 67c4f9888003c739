#include "read_ahead.h"

#include <utility>

#include "onramp/base/error.h"

namespace onramp::detail {

std::map<std::string, HostArray> ReadAhead::take(size_t index) {
  if (const auto found = ready_.find(index); found != ready_.end()) {
    auto arrays = std::move(found->second);
    ready_.erase(found);
    return arrays;
  }
  ready_.clear();
  size_t last = index + 1;
  for (int64_t bytes = items_[index].bytes; last < items_.size() && bytes + items_[last].bytes <= kBytes; ++last) {
    bytes += items_[last].bytes;
  }
  std::vector<ArrayField> fields;
  for (size_t i = index; i < last; ++i) {
    fields.insert(fields.end(), items_[i].fields.begin(), items_[i].fields.end());
  }
  std::map<std::string, HostArray> all;
  try {
    all = read_arrays_guarded(file_, fields);
  } catch (const DataError&) {
    if (last == index + 1) throw;
    return read_arrays_guarded(file_, items_[index].fields);  // the fault may be in one of the others
  }
  for (size_t i = index; i < last; ++i) {
    for (const auto& field : items_[i].fields) {
      const auto found = all.find(field.key.empty() ? field.path : field.key);
      if (found != all.end()) ready_[i][found->first] = std::move(found->second);
    }
  }
  auto arrays = std::move(ready_[index]);
  ready_.erase(index);
  return arrays;
}

}  // namespace onramp::detail
