#include "onramp/base/safetensors_header.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "onramp/base/error.h"
#include "onramp/base/hostile_json.h"
#include "onramp/base/printable.h"

namespace onramp {

namespace fs = std::filesystem;

namespace {

std::optional<uint64_t> unsigned_value(const nlohmann::json& value) {
  if (!value.is_number_unsigned()) return std::nullopt;
  return value.get<uint64_t>();
}

/// Number of bytes of a tensor of that shape, or nothing when it cannot exist. The strides must fit as well, which a size
/// of 0 does not make smaller.
std::optional<uint64_t> checked_bytes(const std::vector<int64_t>& shape, uint64_t item_bytes) {
  uint64_t bytes = item_bytes, strides = item_bytes;
  for (const int64_t size : shape) {
    const auto n = static_cast<uint64_t>(size);
    if (__builtin_mul_overflow(bytes, n, &bytes)) return std::nullopt;
    if (__builtin_mul_overflow(strides, std::max<uint64_t>(n, 1), &strides)) return std::nullopt;
  }
  if (strides > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  return bytes;
}

SafetensorsEntry parse_entry(const fs::path& path, const std::string& name, const nlohmann::json& value) {
  const std::string where = concat("tensor '", printable(name), "': ");
  const auto refuse = [&](const char* what) { refuse_checkpoint_file(path, where + what); };
  SafetensorsEntry entry;
  entry.name = name;
  if (!value.is_object() || !value.contains("dtype") || !value.contains("shape") || !value.contains("data_offsets")) {
    refuse("no dtype, shape and data_offsets");
  }
  const auto& dtype = value.at("dtype");
  const auto known = std::find_if(kSafetensorsDtypes.begin(), kSafetensorsDtypes.end(), [&](const auto& candidate) {
    return dtype.is_string() && dtype.get_ref<const std::string&>() == candidate.name;
  });
  if (known == kSafetensorsDtypes.end()) refuse("unknown dtype");
  entry.dtype = static_cast<size_t>(known - kSafetensorsDtypes.begin());

  const auto& shape = value.at("shape");
  if (!shape.is_array() || shape.size() > kSafetensorsMaxRank) refuse("bad shape");
  for (const auto& size : shape) {
    const auto n = unsigned_value(size);
    if (!n || *n > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) refuse("bad shape");
    entry.shape.push_back(static_cast<int64_t>(*n));
  }

  const auto& offsets = value.at("data_offsets");
  const bool pair = offsets.is_array() && offsets.size() == 2;
  const auto begin = pair ? unsigned_value(offsets[0]) : std::nullopt;
  const auto end = pair ? unsigned_value(offsets[1]) : std::nullopt;
  const auto bytes = checked_bytes(entry.shape, known->item_bytes);
  if (!begin || !end || *end < *begin) refuse("bad data_offsets");
  if (!bytes || *bytes != *end - *begin) refuse("its shape does not fit its data_offsets");
  entry.begin = *begin;
  entry.end = *end;
  return entry;
}

}  // namespace

void refuse_checkpoint_file(const fs::path& path, const std::string& what) {
  throw CheckpointError(path.string() + " is damaged (" + what + "); remove its folder to go on from the one before");
}

uint64_t safetensors_header_bytes(std::span<const std::byte, 8> first, uint64_t file_bytes, const fs::path& path) {
  uint64_t length = 0;
  for (size_t i = 8; i-- > 0;) length = length << 8 | std::to_integer<uint64_t>(first[i]);
  if (file_bytes < 8 || length > kSafetensorsMaxHeaderBytes || length > file_bytes - 8) {
    refuse_checkpoint_file(path, "the length of its header is wrong");
  }
  return length;
}

std::vector<SafetensorsEntry> parse_safetensors_header(std::string_view header, uint64_t data_bytes,
                                                       const fs::path& path) {
  std::vector<SafetensorsEntry> entries;
  const auto json = parse_hostile_json(header, path);
  for (const auto& [name, value] : json.items()) {
    if (name != "__metadata__") entries.push_back(parse_entry(path, name, value));
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  uint64_t covered = 0;
  for (const auto& entry : entries) {
    if (entry.begin != covered) refuse_checkpoint_file(path, "the data of its tensors overlap or leave a gap");
    covered = entry.end;
  }
  if (covered != data_bytes) refuse_checkpoint_file(path, "its length is not that of its tensors");
  return entries;
}

}  // namespace onramp
