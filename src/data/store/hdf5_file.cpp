#include "onramp/data/store/hdf5_file.h"

#include <hdf5.h>

#include <algorithm>
#include <utility>

#include "hdf5_internal.h"
#include "onramp/base/error.h"
#include "onramp/base/printable.h"

namespace onramp {

using detail::Handle;
using detail::library_error;
using detail::text_type;

std::mutex& hdf5_mutex() {
  static std::mutex mutex;
  return mutex;
}

Hdf5Session::Hdf5Session() : lock_(hdf5_mutex()) {
  H5E_auto2_t function = nullptr;
  H5Eget_auto2(H5E_DEFAULT, &function, &print_data_);
  print_function_ = reinterpret_cast<void*>(function);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Hdf5Session::~Hdf5Session() { H5Eset_auto2(H5E_DEFAULT, reinterpret_cast<H5E_auto2_t>(print_function_), print_data_); }

Hdf5Reader::Hdf5Reader(const std::filesystem::path& path, std::string label, int64_t max_bytes)
    : label_(std::move(label)), max_bytes_(max_bytes) {
  file_ = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file_ < 0) fail(concat("is not a readable HDF5 file (", library_error(), ")"));
}

Hdf5Reader::Hdf5Reader(std::span<const std::byte> image, std::string label, int64_t max_bytes)
    : label_(std::move(label)), max_bytes_(max_bytes) {
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access, /*increment=*/size_t{1} << 20, /*backing_store=*/false);
  H5Pset_file_image(access, const_cast<std::byte*>(image.data()), image.size());  // the library copies it
  file_ = H5Fopen("image", H5F_ACC_RDONLY, access);
  if (file_ < 0) fail(concat("is not a readable HDF5 file (", library_error(), ")"));
}

Hdf5Reader::~Hdf5Reader() {
  if (file_ >= 0) H5Fclose(file_);
}

void Hdf5Reader::fail(const std::string& what) const {
  throw DataError(concat(label_, ": ", printable(what, 500)));  // names in it are the file's
}

bool Hdf5Reader::has(const std::string& path) const {
  // Each part of the path in turn: the library reports a missing parent as an error. Only hard links stay in the file.
  for (size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const std::string part = path.substr(0, end);
    if (H5Lexists(file_, part.c_str(), H5P_DEFAULT) <= 0) return false;
    H5L_info_t link;
    if (H5Lget_info(file_, part.c_str(), &link, H5P_DEFAULT) < 0) fail(concat("'", part, "': ", library_error()));
    if (link.type != H5L_TYPE_HARD)
      fail(concat("'", part, "' is a link, which is not followed; copy the data into the file"));
  }
  Handle object(H5Oopen(file_, path.c_str(), H5P_DEFAULT), H5Oclose);
  return object >= 0 && H5Iget_type(object) == H5I_DATASET;
}

int64_t Hdf5Reader::open_dataset(const std::string& path) const {
  if (!has(path)) fail(concat("has no '", path, "' (has: ", join(root_names()), ")"));
  const hid_t data = H5Dopen2(file_, path.c_str(), H5P_DEFAULT);
  if (data < 0) fail(concat("'", path, "': ", library_error()));
  return data;
}

std::vector<int64_t> Hdf5Reader::shape(const std::string& path) const {
  Handle data(open_dataset(path), H5Dclose);
  Handle space(H5Dget_space(data), H5Sclose);
  const int rank = H5Sget_simple_extent_ndims(space);
  if (rank < 0) fail(concat("'", path, "': ", library_error()));
  std::vector<hsize_t> dims(static_cast<size_t>(rank));
  H5Sget_simple_extent_dims(space, dims.data(), nullptr);
  return {dims.begin(), dims.end()};
}

/// Opened, and known to lie in this file.
int64_t Hdf5Reader::open_local_array(const std::string& path) const {
  const hid_t data = open_dataset(path);
  Handle layout(H5Dget_create_plist(data), H5Pclose);
  if (H5Pget_layout(layout) == H5D_VIRTUAL || H5Pget_external_count(layout) > 0) {
    H5Dclose(data);
    fail(concat("'", path, "' is stored in another file, which is not followed; copy the data into this one"));
  }
  return data;
}

void Hdf5Reader::check_part(const std::string& path, int64_t data, const detail::RowSelection& part,
                            const Hdf5Rows& rows, size_t item) const {
  if (!part.valid()) {
    fail(concat("'", path, "' has no rows ", rows.first, " to ", rows.first + std::max<int64_t>(rows.count, 1) - 1));
  }
  if (part.values() > static_cast<uint64_t>(max_bytes_) / item) {
    fail(concat("'", path, "' claims ", part.values(), " values, more than the limit of ",
                format_bytes(static_cast<double>(max_bytes_))));
  }
  if (rows.first > 0) return;  // what follows looks at all chunks of the array: once is enough
  // Deflate makes at most 1032 bytes of one; what was never written reads as zeros, of which nobody needs many.
  const Handle type(H5Dget_type(data), H5Tclose);
  const uint64_t stored = H5Dget_storage_size(data);
  if (part.claimed() / 1032 > (stored + (16U << 10)) / std::max<uint64_t>(1, H5Tget_size(type))) {
    fail(concat("'", path, "' claims ", part.claimed(), " values in ", stored, " bytes: the file is damaged"));
  }
}

void Hdf5Reader::read_raw(const std::string& path, bool floats, const Hdf5Rows& rows, std::vector<float>* to_floats,
                          std::vector<uint8_t>* to_bytes) const {
  Handle data(open_local_array(path), H5Dclose);
  Handle type(H5Dget_type(data), H5Tclose);
  const auto type_class = H5Tget_class(type);
  const bool is_byte = (type_class == H5T_INTEGER || type_class == H5T_ENUM) && H5Tget_size(type) == 1;
  if (floats ? type_class != H5T_FLOAT && type_class != H5T_INTEGER && !is_byte : !is_byte) {
    fail(concat("'", path, "': want ", floats ? "numbers" : "booleans or bytes", ", got another type"));
  }
  const detail::RowSelection part(data, rows.first, rows.count);
  check_part(path, data, part, rows, floats ? sizeof(float) : 1);
  void* to = nullptr;
  if (floats) {
    to_floats->resize(part.values());
    to = to_floats->data();
  } else {
    to_bytes->resize(part.values());
    to = to_bytes->data();
  }
  if (part.values() > 0 &&
      H5Dread(data, floats ? H5T_NATIVE_FLOAT : H5T_NATIVE_UINT8, part.memory(), part.file(), H5P_DEFAULT, to) < 0) {
    fail(concat("'", path, "' cannot be read: the file is damaged or truncated (", library_error(), ")"));
  }
}
std::vector<float> Hdf5Reader::read_floats(const std::string& path, const Hdf5Rows& rows) const {
  std::vector<float> values;
  read_raw(path, true, rows, &values, nullptr);
  return values;
}

std::vector<uint8_t> Hdf5Reader::read_bytes(const std::string& path, const Hdf5Rows& rows) const {
  std::vector<uint8_t> values;
  read_raw(path, false, rows, nullptr, &values);
  return values;
}

bool Hdf5Reader::has_attribute(const std::string& name) const { return H5Aexists(file_, name.c_str()) > 0; }

std::string Hdf5Reader::text_attribute(const std::string& name) const {
  if (!has_attribute(name)) fail(concat("has no attribute '", name, "'"));
  Handle attribute(H5Aopen(file_, name.c_str(), H5P_DEFAULT), H5Aclose);
  Handle stored(H5Aget_type(attribute), H5Tclose);
  Handle space(H5Aget_space(attribute), H5Sclose);
  if (H5Tget_class(stored) != H5T_STRING || H5Sget_simple_extent_npoints(space) != 1) {
    fail(concat("attribute '", name, "': want one text"));
  }
  if (H5Tis_variable_str(stored) > 0) {
    Handle type = text_type();
    char* value = nullptr;
    if (H5Aread(attribute, type, &value) < 0 || !value) fail(concat("attribute '", name, "': ", library_error()));
    std::string text = value;
    H5free_memory(value);
    return text;
  }
  const size_t size = H5Tget_size(stored);
  if (size > size_t{1} << 24) fail(concat("attribute '", name, "' is too long"));
  std::string text(size, '\0');
  if (H5Aread(attribute, stored, text.data()) < 0) fail(concat("attribute '", name, "': ", library_error()));
  return text.c_str();  // up to the first zero
}

int64_t Hdf5Reader::number_attribute(const std::string& name) const {
  if (!has_attribute(name)) fail(concat("has no attribute '", name, "'"));
  Handle attribute(H5Aopen(file_, name.c_str(), H5P_DEFAULT), H5Aclose);
  Handle space(H5Aget_space(attribute), H5Sclose);
  int64_t number = 0;
  if (H5Sget_simple_extent_npoints(space) != 1 || H5Aread(attribute, H5T_NATIVE_INT64, &number) < 0) {
    fail(concat("attribute '", name, "': want one whole number"));
  }
  return number;
}

std::vector<std::string> Hdf5Reader::root_names() const {
  std::vector<std::string> names;
  hsize_t at = 0;
  H5Literate(
      file_, H5_INDEX_NAME, H5_ITER_INC, &at,
      [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
        static_cast<std::vector<std::string>*>(out)->emplace_back(name);
        return 0;
      },
      &names);
  return names;
}

}  // namespace onramp
