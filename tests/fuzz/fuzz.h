// What the fuzz targets share. A target is one function, called with arbitrary bytes; it may refuse them, with one clear
// line, and must do nothing else that is bad. scripts/fuzz.sh runs them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "onramp/base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace onramp::fuzz {

/// Ends the process: the fuzzer keeps the input.
[[noreturn]] inline void found(const std::string& what) {
  std::fprintf(stderr, "found: %s\n", what.c_str());
  std::abort();
}

inline void expect(bool condition, const std::string& what) {
  if (!condition) found(what);
}

/// Runs `body`; an Error is fine if its message is one line that a terminal can be given. Other exceptions pass through,
/// which is a finding.
/// @return whether it went through
template <class Body>
bool may_refuse(Body&& body) {
  try {
    body();
    return true;
  } catch (const Error& error) {
    for (const char c : std::string_view(error.what())) {
      if (static_cast<uint8_t>(c) < 0x20 || c == 0x7F) found(concat("a control character in: ", error.what()));
    }
    return false;
  }
}

/// Takes an input apart. At its end it gives zeros.
class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}
  bool empty() const { return rest_.empty(); }
  std::string_view take(size_t size) {
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  template <class T>
  T number() {
    T value{};
    const auto bytes = take(sizeof(T));
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  /// Up to the next zero.
  std::string text() {
    const auto end = std::min(rest_.find('\0'), rest_.size());
    std::string text(take(end));
    take(1);
    return text;
  }
  std::string_view rest() { return take(rest_.size()); }

 private:
  std::string_view rest_;
};

}  // namespace onramp::fuzz
