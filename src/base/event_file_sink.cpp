#include "onramp/base/event_file_sink.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"

namespace onramp {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kPrefix = "events.out.tfevents.";
constexpr size_t kFrameBytes = 16;  // length, its checksum, the payload's checksum

constexpr std::array<uint32_t, 256> make_crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ (c & 1 ? 0x82F63B78u : 0u);
    table[i] = c;
  }
  return table;
}

template <class T>
void put_little_endian(std::string& out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

uint64_t get_uint64(std::string_view bytes) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | static_cast<uint8_t>(bytes[static_cast<size_t>(i)]);
  return value;
}

// Protobuf's wire format: a key (field number and type), then the value.
enum WireType : uint64_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

void put_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void put_key(std::string& out, uint64_t field, WireType type) { put_varint(out, field << 3 | type); }

void put_bytes(std::string& out, uint64_t field, std::string_view bytes) {
  put_key(out, field, kBytes);
  put_varint(out, bytes.size());
  out += bytes;
}

/// Event.wall_time = 1 (double), Event.step = 2 (int64; protobuf leaves out a 0).
std::string event_head(double wall_time_s, int64_t step) {
  std::string event;
  put_key(event, 1, kFixed64);
  put_little_endian(event, std::bit_cast<uint64_t>(wall_time_s));
  if (step != 0) {
    put_key(event, 2, kVarint);
    put_varint(event, static_cast<uint64_t>(step));
  }
  return event;
}

std::string framed(std::string_view payload) {
  std::string record;
  put_little_endian(record, static_cast<uint64_t>(payload.size()));
  put_little_endian(record, masked_crc32c(record));
  record += payload;
  put_little_endian(record, masked_crc32c(payload));
  return record;
}

/// How many bytes at the front are whole records.
uint64_t whole_records(std::string_view bytes) {
  uint64_t used = 0;
  while (bytes.size() - used >= kFrameBytes) {
    const auto header = bytes.substr(used, 8);
    const uint64_t length = get_uint64(header);
    std::string checksum;
    put_little_endian(checksum, masked_crc32c(header));
    if (bytes.substr(used + 8, 4) != checksum || length > bytes.size() - used - kFrameBytes) break;
    used += kFrameBytes + length;
  }
  return used;
}

/// The newest event file of the folder, else a new name.
fs::path event_file(const fs::path& folder, double now_s) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix)) names.push_back(std::move(name));
  }
  if (error) throw io_error("read", folder, error.value());
  if (!names.empty()) return folder / *std::max_element(names.begin(), names.end());
  char seconds[32];
  std::snprintf(seconds, sizeof(seconds), "%010lld", static_cast<long long>(now_s));
  return folder / (std::string(kPrefix) + seconds + ".onramp");
}

double system_time_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static constexpr auto kTable = make_crc_table();
  uint32_t c = 0xFFFFFFFFu;
  for (const char byte : bytes) c = kTable[(c ^ static_cast<uint8_t>(byte)) & 0xFF] ^ (c >> 8);
  return ~c;
}

uint32_t masked_crc32c(std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xA282EAD8u; }

EventFileSink::EventFileSink(const fs::path& folder, std::function<double()> wall_time_s)
    : wall_time_s_(wall_time_s ? std::move(wall_time_s) : system_time_s), file_(event_file(folder, wall_time_s_())) {
  if (file_.size() > 0) file_.truncate(whole_records(read_file(file_.path())));
  start_file();
}

void EventFileSink::start_file() {
  if (file_.size() > 0) return;
  std::string event = event_head(wall_time_s_(), 0);
  put_bytes(event, 3, "brain.Event:2");  // Event.file_version: readers want it first
  file_.append(framed(event));
  file_.flush();
}

void EventFileSink::write(const MetricRow& row) {
  std::string summary;
  for (const auto& [metric, value] : row.values) {
    std::string scalar;
    put_bytes(scalar, 1, row.phase + "/" + metric);  // Summary.Value.tag
    put_key(scalar, 2, kFixed32);                    // Summary.Value.simple_value
    put_little_endian(scalar, std::bit_cast<uint32_t>(static_cast<float>(value)));
    put_bytes(summary, 1, scalar);  // Summary.value
  }
  std::string event = event_head(wall_time_s_(), row.step);
  put_bytes(event, 5, summary);  // Event.summary
  file_.append(framed(event));
}

nlohmann::json EventFileSink::position() {
  file_.sync();
  return {{"file", file_.path().filename().string()}, {"bytes", file_.size()}};
}

void EventFileSink::truncate_to(const nlohmann::json& position) {
  const uint64_t bytes = position_bytes(position, file_.path());
  if (bytes > 0 && position.value("file", "") != file_.path().filename().string()) {
    throw IoError("the checkpoint continues the event file " + position.value("file", "?") + ", but the newest of " +
                  file_.path().parent_path().string() + " is " + file_.path().filename().string() +
                  "; move the newer one away");
  }
  file_.flush();
  if (bytes < file_.size() && whole_records(read_file(file_.path()).substr(0, bytes)) != bytes) {
    throw not_between_rows(bytes, file_.path());
  }
  file_.truncate(bytes);
  start_file();
}

}  // namespace onramp
