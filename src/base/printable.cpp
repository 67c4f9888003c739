#include "onramp/base/printable.h"

#include <cstdint>

namespace onramp {

namespace {

/// Bytes of the character that begins `text`, or 0 when it is none that may be printed.
size_t character_bytes(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  if (byte(0) < 0x80) return byte(0) >= 0x20 && byte(0) != 0x7F ? 1 : 0;
  const size_t length = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : byte(0) >= 0xC2 ? 2 : 0;
  if (length == 0 || byte(0) > 0xF4 || length > text.size()) return 0;
  uint32_t code = byte(0) & (0x7FU >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3F);
  }
  const bool is_overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  const bool is_control = code < 0xA0 || code == 0x2028 || code == 0x2029;  // C1, and breaks of lines
  return is_overlong || is_surrogate || is_control || code > 0x10FFFF ? 0 : length;
}

}  // namespace

std::string printable(std::string_view text, size_t most) {
  std::string out;
  while (!text.empty()) {
    const size_t length = character_bytes(text);
    if (out.size() + (length == 0 ? 1 : length) > most) return out + "...";
    length == 0 ? void(out += '?') : void(out += text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace onramp
