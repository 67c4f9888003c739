// The header of a safetensors file, which says where tensors lie and what they are.
#include "fuzz.h"
#include "onramp/base/safetensors_header.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace onramp;
  if (size < 8) return 0;
  const auto bytes = std::as_bytes(std::span(data, size));
  uint64_t header_bytes = 0;
  if (!fuzz::may_refuse([&] { header_bytes = safetensors_header_bytes(bytes.first<8>(), size, "fuzz.safetensors"); })) {
    // Its length is the one number that a mutation seldom gets right.
    header_bytes = size - 8;
  }
  const std::string_view text(reinterpret_cast<const char*>(data) + 8, header_bytes);
  const uint64_t data_bytes = size - 8 - header_bytes;
  for (const uint64_t claimed : {data_bytes, uint64_t{8}, uint64_t{1} << 62}) {
    std::vector<SafetensorsEntry> entries;
    fuzz::may_refuse([&] { entries = parse_safetensors_header(text, claimed, "fuzz.safetensors"); });
    uint64_t covered = 0;
    for (const auto& entry : entries) {
      uint64_t count = kSafetensorsDtypes.at(entry.dtype).item_bytes;
      for (const int64_t n : entry.shape) {
        fuzz::expect(n >= 0, "a negative size");
        count *= static_cast<uint64_t>(n);
      }
      fuzz::expect(entry.begin == covered && entry.end - entry.begin == count, "an entry that does not fit its place");
      covered = entry.end;
    }
    fuzz::expect(entries.empty() || covered == claimed, "entries beyond the data");
  }
  return 0;
}
