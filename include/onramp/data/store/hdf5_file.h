// The part of HDF5 that onramp uses: named arrays of float32 and uint8, and text attributes.
//
// Thread safety: the library is not; each object here holds the process's one HDF5 lock as long as it lives, so that an
// object must not outlive its scope, and one thread must not hold two.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace onramp {

namespace detail {
class RowSelection;
}

/// Held around every use of the HDF5 library, and while a process forks.
std::mutex& hdf5_mutex();

/// Locks, and silences the library's own printing of errors.
class Hdf5Session {
 public:
  Hdf5Session();
  ~Hdf5Session();
  Hdf5Session(const Hdf5Session&) = delete;
  Hdf5Session& operator=(const Hdf5Session&) = delete;

 private:
  std::lock_guard<std::mutex> lock_;
  void* print_function_ = nullptr;
  void* print_data_ = nullptr;
};

/// Builds a file in memory.
class Hdf5Writer {
 public:
  Hdf5Writer();
  ~Hdf5Writer();
  Hdf5Writer(const Hdf5Writer&) = delete;
  Hdf5Writer& operator=(const Hdf5Writer&) = delete;

  /// @param path parents are made as needed. @param gzip level for chunks of one first index each; 0: stored as it is.
  void write(const std::string& path, std::span<const float> values, const std::vector<int64_t>& shape, int gzip = 0);
  void write(const std::string& path, std::span<const uint8_t> values, const std::vector<int64_t>& shape, int gzip = 0);
  void attribute(const std::string& name, const std::string& text);
  void attribute(const std::string& name, int64_t number);
  /// The file's bytes.
  std::vector<std::byte> image();

 private:
  void write_raw(const std::string& path, const void* values, int64_t type, size_t item, size_t count,
                 const std::vector<int64_t>& shape, int gzip);
  Hdf5Session session_;
  int64_t file_ = -1;
};

/// Rows of an array's first index.
struct Hdf5Rows {
  int64_t first = 0;
  int64_t count = -1;  ///< -1: all from there on
};

/// What a file holds, without the numbers.
struct Hdf5Listing {
  /// What the items of an array are.
  enum class Kind : uint8_t { kFloat, kInteger, kByte, kText, kRagged, kOther };
  /// One array, by its head.
  struct Array {
    Kind kind = Kind::kOther;  ///< kByte: one byte, booleans too; kRagged: rows of bytes of any length
    int64_t item_bytes = 0;
    std::vector<int64_t> shape;
    bool operator==(const Array&) const = default;
  };
  std::map<std::string, Array> arrays;  ///< by path, without a slash at its beginning
  /// By path of the object ("": the root) and name. A whole number is written out; arrays are left out.
  std::map<std::string, std::map<std::string, std::string>> attributes;
  bool operator==(const Hdf5Listing&) const = default;
};

/// Reads a file, or an image of one. Every error is a DataError that begins with `label`.
/// Links that lead out of the file, external storage and filter plug-ins are refused.
class Hdf5Reader {
 public:
  static constexpr int64_t kNoLimit = int64_t{1} << 62;
  /// @param max_bytes largest array that is read.
  Hdf5Reader(const std::filesystem::path& path, std::string label, int64_t max_bytes = kNoLimit);
  /// @param image must outlive the reader.
  Hdf5Reader(std::span<const std::byte> image, std::string label, int64_t max_bytes = kNoLimit);
  ~Hdf5Reader();
  Hdf5Reader(const Hdf5Reader&) = delete;
  Hdf5Reader& operator=(const Hdf5Reader&) = delete;

  /// Whether a data set (not a group) of that path exists.
  bool has(const std::string& path) const;
  std::vector<int64_t> shape(const std::string& path) const;
  /// Any number type, converted. @param rows only these of the first index.
  std::vector<float> read_floats(const std::string& path, const Hdf5Rows& rows = {}) const;
  /// Booleans and one-byte integers.
  std::vector<uint8_t> read_bytes(const std::string& path, const Hdf5Rows& rows = {}) const;
  /// Texts of fixed or any length, one an item.
  std::vector<std::string> read_texts(const std::string& path, const Hdf5Rows& rows = {}) const;
  /// Rows of bytes that need not be equally long: those of a variable-length type, or of a matrix of bytes.
  std::vector<std::vector<uint8_t>> read_ragged(const std::string& path, const Hdf5Rows& rows = {}) const;
  /// All arrays, and the attributes of all objects. Links that lead out of the file are left out.
  /// @throws DataError also for a file of more than a million objects
  Hdf5Listing list() const;
  bool has_attribute(const std::string& name) const;
  std::string text_attribute(const std::string& name) const;
  int64_t number_attribute(const std::string& name) const;
  /// Names at the root, in order of name.
  std::vector<std::string> root_names() const;

 private:
  [[noreturn]] void fail(const std::string& what) const;
  int64_t open_dataset(const std::string& path) const;
  int64_t open_local_array(const std::string& path) const;
  void check_part(const std::string& path, int64_t data, const detail::RowSelection& part, const Hdf5Rows& rows,
                  size_t item) const;
  void list_group(const std::string& path, int depth, int64_t& objects, Hdf5Listing& out) const;
  void list_attributes(int64_t object, const std::string& path, Hdf5Listing& out) const;
  void read_raw(const std::string& path, bool floats, const Hdf5Rows& rows, std::vector<float>* to_floats,
                std::vector<uint8_t>* to_bytes) const;

  Hdf5Session session_;
  std::string label_;
  int64_t max_bytes_;
  int64_t file_ = -1;
};

}  // namespace onramp
