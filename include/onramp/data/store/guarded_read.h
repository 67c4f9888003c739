// Reading files of strangers: in a child process with limits, which hands over plain arrays.
//
// The HDF5 library itself crashes on some damaged files, and on others never comes to an end. Here that costs a child, and
// the caller gets one DataError that names the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "onramp/data/store/hdf5_file.h"

namespace onramp {

/// What the child process may use.
struct ReadLimits {
  int64_t memory_bytes = int64_t{8} << 30;  ///< that the child may use beyond what this process has mapped, > 0
  int64_t cpu_s = 0;  ///< processor time, seconds; 0: what a sound file of that size needs on a slow machine, and more
};

/// Runs `body` in a forked child and returns what it returned. Crash, limits and exceptions of the child become one
/// DataError that begins with `label`; an Error thrown by `body` keeps its message.
/// @param label  the file that is read
/// @throws DataError, IoError when no child can be started. Safe beside other threads, as long as `body` keeps to
/// memory, files and HDF5.
std::vector<std::byte> run_in_child(const std::string& label, const ReadLimits& limits,
                                    const std::function<std::vector<std::byte>()>& body);

/// One array as it was read; either `floats` or `bytes` is filled.
struct HostArray {
  std::vector<int64_t> shape;
  std::vector<float> floats;       // of a float field
  std::vector<uint8_t> bytes;      // of a byte field, or what a decoder gave
  std::vector<std::string> texts;  // of a text field
};

/// One array to read.
struct ArrayField {
  std::string path;      ///< in the file
  bool is_float = true;  ///< else bytes (booleans, images)
  bool required = true;
  bool is_text = false;  ///< texts, whatever is_float says
  Hdf5Rows rows = {};    ///< these of the first index
  std::string key = {};  ///< name in the result; empty: the path
  /// Called in the child with rows of bytes (compressed pictures): gives `shape` and `bytes`.
  std::function<HostArray(const std::vector<std::vector<uint8_t>>&)> decode = {};
};

/// What the file holds, without the numbers. @throws as read_arrays_guarded
Hdf5Listing list_guarded(const std::filesystem::path& file, const ReadLimits& limits = {});

/// Arrays by path; a field that is not required and not there is absent. Sizes follow the shapes.
/// @throws DataError naming the file, IoError when it is not there
std::map<std::string, HostArray> read_arrays_guarded(const std::filesystem::path& file,
                                                     const std::vector<ArrayField>& fields,
                                                     const ReadLimits& limits = {});

}  // namespace onramp
