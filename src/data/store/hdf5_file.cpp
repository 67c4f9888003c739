#include "onramp/data/store/hdf5_file.h"

#include <hdf5.h>

#include <algorithm>
#include <utility>

#include "onramp/base/error.h"

namespace onramp {

namespace {

using Close = herr_t (*)(hid_t);

/// A handle of the library, closed at the end of its scope.
class Handle {
 public:
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
std::string library_error() {
  std::string message;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_DOWNWARD,
      [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
        if (error->desc && *error->desc) *static_cast<std::string*>(out) = error->desc;
        return 0;
      },
      &message);
  return message.empty() ? "unknown HDF5 error" : message;
}

std::vector<hsize_t> to_dims(const std::vector<int64_t>& shape) { return {shape.begin(), shape.end()}; }

Handle text_type() {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return {type, H5Tclose};
}

void check_written(bool good, const std::string& what) {
  if (!good) throw IoError(concat("cannot build the HDF5 image: ", what, ": ", library_error()));
}

}  // namespace

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

// ---- writer ----

Hdf5Writer::Hdf5Writer() {
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access, /*increment=*/size_t{1} << 20, /*backing_store=*/false);
  file_ = H5Fcreate("image", H5F_ACC_TRUNC, H5P_DEFAULT, access);
  check_written(file_ >= 0, "create");
}

Hdf5Writer::~Hdf5Writer() {
  if (file_ >= 0) H5Fclose(file_);
}

void Hdf5Writer::write_raw(const std::string& path, const void* values, int64_t type, size_t item, size_t count,
                           const std::vector<int64_t>& shape, int gzip) {
  auto dims = to_dims(shape);
  size_t numel = 1;
  for (const hsize_t size : dims) numel *= size;
  ONRAMP_CHECK(numel == count, path, ": ", count, " values for a shape of ", numel);
  Handle space(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), H5Sclose);
  Handle link(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(link, 1);
  Handle layout(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(layout, false);  // the same episode gives the same bytes
  if (gzip > 0 && numel > 0) {
    auto chunk = dims;
    chunk[0] = 1;
    H5Pset_chunk(layout, static_cast<int>(chunk.size()), chunk.data());
    H5Pset_deflate(layout, static_cast<unsigned>(gzip));
  }
  Handle data(H5Dcreate2(file_, path.c_str(), type, space, link, layout, H5P_DEFAULT), H5Dclose);
  check_written(data >= 0, path);
  const hid_t memory = item == sizeof(float) ? H5T_NATIVE_FLOAT : H5T_NATIVE_UINT8;
  check_written(numel == 0 || H5Dwrite(data, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0, path);
}

void Hdf5Writer::write(const std::string& path, std::span<const float> values, const std::vector<int64_t>& shape,
                       int gzip) {
  write_raw(path, values.data(), H5T_IEEE_F32LE, sizeof(float), values.size(), shape, gzip);
}

void Hdf5Writer::write(const std::string& path, std::span<const uint8_t> values, const std::vector<int64_t>& shape,
                       int gzip) {
  write_raw(path, values.data(), H5T_STD_U8LE, sizeof(uint8_t), values.size(), shape, gzip);
}

void Hdf5Writer::attribute(const std::string& name, const std::string& text) {
  Handle type = text_type();
  Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  Handle attribute(H5Acreate2(file_, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  const char* value = text.c_str();
  check_written(attribute >= 0 && H5Awrite(attribute, type, &value) >= 0, name);
}

void Hdf5Writer::attribute(const std::string& name, int64_t number) {
  Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  Handle attribute(H5Acreate2(file_, name.c_str(), H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  check_written(attribute >= 0 && H5Awrite(attribute, H5T_NATIVE_INT64, &number) >= 0, name);
}

std::vector<std::byte> Hdf5Writer::image() {
  check_written(H5Fflush(file_, H5F_SCOPE_GLOBAL) >= 0, "flush");
  const ssize_t size = H5Fget_file_image(file_, nullptr, 0);
  check_written(size > 0, "image");
  std::vector<std::byte> bytes(static_cast<size_t>(size));
  check_written(H5Fget_file_image(file_, bytes.data(), bytes.size()) == size, "image");
  return bytes;
}

// ---- reader ----

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

void Hdf5Reader::fail(const std::string& what) const { throw DataError(concat(label_, ": ", what)); }

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

void Hdf5Reader::read_raw(const std::string& path, bool floats, std::vector<float>* to_floats,
                          std::vector<uint8_t>* to_bytes) const {
  const auto sizes = shape(path);
  Handle data(open_dataset(path), H5Dclose);
  Handle layout(H5Dget_create_plist(data), H5Pclose);
  const auto kind = H5Pget_layout(layout);
  if (kind == H5D_VIRTUAL || H5Pget_external_count(layout) > 0) {
    fail(concat("'", path, "' is stored in another file, which is not followed; copy the data into this one"));
  }
  Handle type(H5Dget_type(data), H5Tclose);
  const auto type_class = H5Tget_class(type);
  const bool is_byte = (type_class == H5T_INTEGER || type_class == H5T_ENUM) && H5Tget_size(type) == 1;
  if (floats ? type_class != H5T_FLOAT && type_class != H5T_INTEGER : !is_byte) {
    fail(concat("'", path, "': want ", floats ? "numbers" : "booleans or bytes", ", got another type"));
  }
  uint64_t count = 1;
  for (const int64_t size : sizes) {
    if (__builtin_mul_overflow(count, static_cast<uint64_t>(size), &count)) count = ~uint64_t{0} / 8;
  }
  if (count * (floats ? 4 : 1) > static_cast<uint64_t>(max_bytes_)) {
    fail(concat("'", path, "' claims ", count, " values, more than the limit of ",
                format_bytes(static_cast<double>(max_bytes_))));
  }
  void* to = nullptr;
  if (floats) {
    to_floats->resize(count);
    to = to_floats->data();
  } else {
    to_bytes->resize(count);
    to = to_bytes->data();
  }
  if (count > 0 && H5Dread(data, floats ? H5T_NATIVE_FLOAT : H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, to) < 0) {
    fail(concat("'", path, "' cannot be read: the file is damaged or truncated (", library_error(), ")"));
  }
}

std::vector<float> Hdf5Reader::read_floats(const std::string& path) const {
  std::vector<float> values;
  read_raw(path, true, &values, nullptr);
  return values;
}

std::vector<uint8_t> Hdf5Reader::read_bytes(const std::string& path) const {
  std::vector<uint8_t> values;
  read_raw(path, false, nullptr, &values);
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
