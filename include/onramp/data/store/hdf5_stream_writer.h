// Writes HDF5 files that are larger than memory, array by array or row by row.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace onramp {

/// Memory: what one call was given, and a few MB of the library's own. Holds the HDF5 lock inside each call only, so that
/// files may be read in between. Not thread-safe. Every failure of the disk is an IoError that names the path and the
/// cause; afterwards only the destructor may be called. Put it behind fill_file_atomic(), which cleans up.
class Hdf5StreamWriter {
 public:
  /// Creates the file. @param shown  the name to use in errors, when `path` is a temporary one
  explicit Hdf5StreamWriter(std::filesystem::path path, std::filesystem::path shown = {});
  ~Hdf5StreamWriter();
  Hdf5StreamWriter(const Hdf5StreamWriter&) = delete;
  Hdf5StreamWriter& operator=(const Hdf5StreamWriter&) = delete;

  // A whole array. @param gzip level for chunks of one first index each; 0: stored as it is.
  void write(const std::string& path, std::span<const float> values, const std::vector<int64_t>& shape, int gzip = 0);
  void write(const std::string& path, std::span<const uint8_t> values, const std::vector<int64_t>& shape, int gzip = 0);
  void write_bools(const std::string& path, std::span<const uint8_t> values);
  /// Texts of a fixed length, as h5py's dtype 'S' has them.
  void write_texts(const std::string& path, std::span<const std::string> values);

  // Rows at the end of an array, which the first call makes. @param row shape of one row.
  void append(const std::string& path, std::span<const float> values, const std::vector<int64_t>& row, int gzip = 0);
  void append(const std::string& path, std::span<const uint8_t> values, const std::vector<int64_t>& row, int gzip = 0);
  void append_bools(const std::string& path, std::span<const uint8_t> values);
  void append_text(const std::string& path, const std::string& value);

  /// @param object path of an array or group; "/": the root. A group that is not there is made.
  void attribute(const std::string& object, const std::string& name, const std::string& text);
  void attribute(const std::string& object, const std::string& name, int64_t number);

  /// What was written so far is on its way to the disk: finds a full one early.
  void flush();
  /// The file is complete. Without it the file is not to be used.
  void close();

 private:
  enum class Item : uint8_t { kFloat, kByte, kBool, kText };
  static int64_t type_of(Item item);
  void write_array(const std::string& path, Item item, const void* values, const std::vector<int64_t>& shape, int gzip);
  void append_rows(const std::string& path, Item item, const void* values, int64_t rows, std::vector<int64_t> row,
                   int gzip);
  void make_group(const std::string& path);
  void reserve(int64_t bytes);
  void divert();
  void let_go();
  void want(bool good);

  std::filesystem::path path_, shown_;
  int64_t file_ = -1;
  bool diverted_ = false;
  uint64_t size_limit_ = 0;                 // of files, as it was before that
  std::map<std::string, int64_t> growing_;  // open arrays by path
};

}  // namespace onramp
