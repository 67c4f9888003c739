// What the readers and writers of HDF5 files share. The caller holds the HDF5 lock.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <string>
#include <vector>

namespace onramp::detail {

/// A handle of the library, closed at the end of its scope.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle(hid_t id, Close close) : id_(id), close_(close) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator hid_t() const { return id_; }  // NOLINT: stands for the handle in every call

 private:
  hid_t id_;
  Close close_;
};

/// The innermost message of the library's error stack, e.g. "file signature not found".
std::string library_error();

/// UTF-8 text of any length.
Handle text_type();

/// Rows `first` to `first + rows` of an array (rows -1: all from there on), as spaces for a read.
class RowSelection {
 public:
  RowSelection(hid_t data, int64_t first, int64_t rows);
  bool valid() const { return valid_; }        ///< whether the array has those rows
  uint64_t values() const { return values_; }  ///< that a read gives; of a claim beyond all bounds: an enormous number
  uint64_t claimed() const { return claimed_; }  ///< the same of the whole array
  const std::vector<hsize_t>& dims() const { return dims_; }
  hid_t file() const { return file_; }
  hid_t memory() const { return memory_; }

 private:
  bool valid_ = false;
  uint64_t values_ = 1, claimed_ = 1;
  std::vector<hsize_t> dims_;
  Handle file_, memory_;
};

/// What h5py takes for a boolean: an enumeration {FALSE, TRUE} of one byte.
Handle bool_type();

/// @throws IoError with the library's error unless `good`
void check_written(bool good, const std::string& what);

/// How a new array lies in its file.
struct Layout {
  int gzip = 0;            ///< level; chunks of one first index each
  bool growing = false;    ///< the first size has no limit
  int64_t chunk_rows = 1;  ///< of a growing or compressed array
};

/// Makes an empty array, with the groups above it. Without times, so that the same data give the same bytes.
/// @return its handle; negative: the library's error says why not
hid_t create_array(hid_t file, const std::string& path, hid_t type, const std::vector<int64_t>& shape,
                   const Layout& layout);

/// An attribute of the object at `object` ("/": the root). Replaces none. @return whether it was written
bool write_attribute(hid_t file, const std::string& object, const std::string& name, const std::string& text);
bool write_attribute(hid_t file, const std::string& object, const std::string& name, int64_t number);

}  // namespace onramp::detail
