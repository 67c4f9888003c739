// Damaged copies of a file, as disks, networks and ill will make them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "onramp/base/random.h"

namespace onramp::test {

/// Where the HDF5 library's own structures begin: most of a file is data, which may hold anything.
inline std::vector<size_t> hdf5_structures(std::span<const std::byte> file) {
  constexpr std::array<std::string_view, 14> kSignatures = {"\x89HDF", "OHDR", "OCHK", "TREE", "SNOD", "HEAP", "FRHP",
                                                            "FHDB",    "FHIB", "FSHD", "BTHD", "BTLF", "BTIN", "GCOL"};
  std::vector<size_t> places;
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  for (const auto signature : kSignatures) {
    for (size_t at = text.find(signature); at != std::string_view::npos; at = text.find(signature, at + 1)) {
      places.push_back(at);
    }
  }
  // Object headers of the older format have no signature; they lie before and between those that have.
  return places;
}

/// One of: cut short; bytes, numbers or ranges changed, anywhere or in the library's structures; a range copied, put in or
/// taken out. The same draw gives the same mutant.
inline std::vector<std::byte> mutant(std::span<const std::byte> file, std::span<const size_t> structures, Rng& rng) {
  std::vector<std::byte> bytes(file.begin(), file.end());
  const auto below = [&](size_t n) {
    return static_cast<size_t>(rng.below(static_cast<int64_t>(std::max<size_t>(n, 1))));
  };
  const auto place = [&] {  // two of three near a structure, where there are any
    if (structures.empty() || below(3) == 0) return below(bytes.size());
    return std::min(structures[below(structures.size())] + below(192), bytes.size() - 1);
  };
  const auto put = [&](size_t at, uint64_t value, size_t size) {
    size = std::min(size, bytes.size() - at);
    std::memcpy(bytes.data() + at, &value, size);
  };
  constexpr std::array<uint64_t, 8> kNumbers = {
      0, 1, 0x7F, 0xFFFFFFFF, 0x7FFFFFFF, 0xFFFFFFFFFFFFFFFF, 1ULL << 40, 0x7FFFFFFFFFFFFFFF};
  const size_t changes = 1 + below(size_t{1} << below(5));
  for (size_t k = 0; k < changes && !bytes.empty(); ++k) {
    const size_t at = place();
    const size_t length = std::min(1 + below(size_t{1} << below(10)), bytes.size() - at);
    const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(9)) {
      case 0:
        bytes[at] ^= std::byte{1} << static_cast<int>(below(8));
        break;
      case 1:
        bytes[at] = static_cast<std::byte>(rng());
        break;
      case 2:
        put(at, kNumbers[below(kNumbers.size())], size_t{1} << below(4));
        break;
      case 3: {  // a number that is off by a little
        uint64_t value = 0;
        std::memcpy(&value, bytes.data() + at, std::min<size_t>(8, bytes.size() - at));
        put(at, value + below(33) - 16, size_t{1} << below(4));
        break;
      }
      case 4:
        std::fill_n(from, length, std::byte{0});
        break;
      case 5:
        std::generate_n(from, length, [&] { return static_cast<std::byte>(rng()); });
        break;
      case 6: {  // one place's bytes at another, so that references lead into circles
        const size_t other = place();
        std::memmove(bytes.data() + at, bytes.data() + other, std::min(length, bytes.size() - std::max(at, other)));
        break;
      }
      case 7:
        below(2) == 0 ? void(bytes.erase(from, from + static_cast<std::ptrdiff_t>(length)))
                      : void(bytes.insert(from, length, std::byte{0xA5}));
        break;
      default:
        if (k == 0) bytes.resize(at);
    }
  }
  return bytes;
}

}  // namespace onramp::test
