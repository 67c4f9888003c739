// The head of a safetensors file, read without any tensor: what describes data is checked before there are data.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace onramp {

/// A type of number, by its name in a file.
struct SafetensorsDtype {
  std::string_view name;
  uint64_t item_bytes;
};
inline constexpr std::array<SafetensorsDtype, 10> kSafetensorsDtypes = {{{"F64", 8},
                                                                         {"F32", 4},
                                                                         {"F16", 2},
                                                                         {"BF16", 2},
                                                                         {"I64", 8},
                                                                         {"I32", 4},
                                                                         {"I16", 2},
                                                                         {"I8", 1},
                                                                         {"U8", 1},
                                                                         {"BOOL", 1}}};
inline constexpr uint64_t kSafetensorsMaxHeaderBytes = 16u << 20;
inline constexpr size_t kSafetensorsMaxRank = 16;

/// Where one tensor lies in the data section.
struct SafetensorsEntry {
  std::string name;
  size_t dtype = 0;  ///< index into kSafetensorsDtypes
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;
};

/// Length of the header, from the file's first 8 bytes. @throws CheckpointError when the file cannot hold that much
uint64_t safetensors_header_bytes(std::span<const std::byte, 8> first, uint64_t file_bytes,
                                  const std::filesystem::path& path);

/// The entries in order of their data, which they cover without gap or overlap; each one's size follows from its shape.
/// @param header      JSON text
/// @param data_bytes  what follows it in the file
/// @throws CheckpointError naming the file and what is wrong
std::vector<SafetensorsEntry> parse_safetensors_header(std::string_view header, uint64_t data_bytes,
                                                       const std::filesystem::path& path);

/// "<path> is damaged (<what>); remove its folder to go on from the one before".
[[noreturn]] void refuse_checkpoint_file(const std::filesystem::path& path, const std::string& what);

}  // namespace onramp
