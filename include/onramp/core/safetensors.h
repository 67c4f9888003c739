// Named tensors in one file, in the safetensors format (huggingface.co/docs/safetensors), readable from Python:
//   uint64 length of the header (little endian) | header: JSON {name: {dtype, shape, data_offsets}} | the tensors' bytes
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "onramp/base/hash.h"

namespace onramp {

/// Writes a new file (not atomic by itself: write into a temporary folder, see atomic_file.h). Equal tensors give equal
/// bytes. Tensors may be on any device and in any memory layout; they are stored row-major.
/// Dtypes: float64, float32, float16, bfloat16, int64, int32, int16, int8, uint8, bool.
/// @throws IoError; std::logic_error for an undefined or sparse tensor, or another dtype
FileDigest write_safetensors(const std::filesystem::path& path, const std::map<std::string, at::Tensor>& tensors);

/// Tensors on the CPU. Nothing in the file is believed before it is checked: lengths, overflow, dtypes, overlapping or
/// missing ranges. Memory used is at most a little over the size of the file.
/// @throws CheckpointError naming the file and what is wrong with it; IoError when it cannot be read
std::map<std::string, at::Tensor> read_safetensors(const std::filesystem::path& path);

/// Reads the file once, in pieces. @throws IoError
FileDigest digest_file(const std::filesystem::path& path);

}  // namespace onramp
