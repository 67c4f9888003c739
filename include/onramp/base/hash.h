// SHA-256 (FIPS 180-4), for checkpoints, configs and policy parts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace onramp {

/// Incremental: update() any number of times, then hex() once. Not thread-safe.
class Sha256 {
 public:
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text) { update(std::as_bytes(std::span(text.data(), text.size()))); }
  /// 64 lower-case hexadecimal digits. The object may not be used afterwards.
  std::string hex();

 private:
  void compress(const std::byte* block);

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> block_{};
  std::size_t filled_ = 0;    // bytes waiting in block_, < 64
  std::uint64_t length_ = 0;  // bytes seen
};

std::string sha256_hex(std::span<const std::byte> bytes);
std::string sha256_hex(std::string_view text);

/// Size and SHA-256 (64 hexadecimal digits) of a file.
struct FileDigest {
  uint64_t bytes = 0;
  std::string sha256;
};

}  // namespace onramp
