#include "hdf5_internal.h"

#include "onramp/base/error.h"

namespace onramp::detail {

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

namespace {

/// Beyond all bounds: an enormous number.
uint64_t product(const std::vector<hsize_t>& dims) {
  uint64_t values = 1;
  for (const hsize_t size : dims) {
    if (__builtin_mul_overflow(values, uint64_t{size}, &values)) values = ~uint64_t{0};
  }
  return values;
}

}  // namespace

RowSelection::RowSelection(hid_t data, int64_t first, int64_t rows)
    : file_(H5Dget_space(data), H5Sclose), memory_(H5Scopy(file_), H5Sclose) {
  const int rank = H5Sget_simple_extent_ndims(file_);
  if (rank < 0) return;
  dims_.resize(static_cast<size_t>(rank));
  H5Sget_simple_extent_dims(file_, dims_.data(), nullptr);
  claimed_ = product(dims_);
  const bool all = first == 0 && rows < 0;
  const auto has = rank > 0 ? static_cast<int64_t>(dims_[0]) : 0;
  if (!all) {
    if (first < 0 || first > has || (rows >= 0 && rows > has - first)) return;
    dims_[0] = static_cast<hsize_t>(rows < 0 ? has - first : rows);
  }
  values_ = product(dims_);
  valid_ = true;
  if (all || values_ == 0) return;
  std::vector<hsize_t> start(dims_.size(), 0);
  start[0] = static_cast<hsize_t>(first);
  H5Sset_extent_simple(memory_, rank, dims_.data(), nullptr);
  H5Sselect_all(memory_);
  valid_ = H5Sselect_hyperslab(file_, H5S_SELECT_SET, start.data(), nullptr, dims_.data(), nullptr) >= 0;
}

Handle text_type() {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return {type, H5Tclose};
}

Handle bool_type() {
  const hid_t type = H5Tenum_create(H5T_STD_I8LE);
  int8_t value = 0;
  H5Tenum_insert(type, "FALSE", &value);
  value = 1;
  H5Tenum_insert(type, "TRUE", &value);
  return {type, H5Tclose};
}

void check_written(bool good, const std::string& what) {
  if (!good) throw IoError(concat("cannot build the HDF5 image: ", what, ": ", library_error()));
}

hid_t create_array(hid_t file, const std::string& path, hid_t type, const std::vector<int64_t>& shape,
                   const Layout& layout) {
  const std::vector<hsize_t> dims(shape.begin(), shape.end());
  auto most = dims;
  if (layout.growing) most[0] = H5S_UNLIMITED;
  Handle space(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), most.data()), H5Sclose);
  Handle link(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(link, 1);
  Handle plan(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(plan, false);
  bool empty = false;  // a chunk must not be
  for (size_t i = 1; i < dims.size(); ++i) empty = empty || dims[i] == 0;
  if (layout.growing || (layout.gzip > 0 && dims[0] > 0 && !empty)) {
    auto chunk = dims;
    chunk[0] = static_cast<hsize_t>(layout.chunk_rows);
    for (hsize_t& size : chunk) size = size == 0 ? 1 : size;
    H5Pset_chunk(plan, static_cast<int>(chunk.size()), chunk.data());
    if (layout.gzip > 0) H5Pset_deflate(plan, static_cast<unsigned>(layout.gzip));
  }
  return H5Dcreate2(file, path.c_str(), type, space, link, plan, H5P_DEFAULT);
}

bool write_attribute(hid_t file, const std::string& object, const std::string& name, const std::string& text) {
  Handle type = text_type();
  Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  Handle attribute(
      H5Acreate_by_name(file, object.c_str(), name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose);
  const char* value = text.c_str();
  return attribute >= 0 && H5Awrite(attribute, type, &value) >= 0;
}

bool write_attribute(hid_t file, const std::string& object, const std::string& name, int64_t number) {
  Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  Handle attribute(H5Acreate_by_name(file, object.c_str(), name.c_str(), H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT,
                                     H5P_DEFAULT),
                   H5Aclose);
  return attribute >= 0 && H5Awrite(attribute, H5T_NATIVE_INT64, &number) >= 0;
}

}  // namespace onramp::detail
