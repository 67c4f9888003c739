#include <hdf5.h>

#include "hdf5_internal.h"
#include "onramp/base/error.h"
#include "onramp/data/store/hdf5_file.h"

namespace onramp {

using detail::check_written;
using detail::Handle;

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
  size_t numel = 1;
  for (const int64_t size : shape) numel *= static_cast<size_t>(size);
  ONRAMP_CHECK(numel == count, path, ": ", count, " values for a shape of ", numel);
  Handle data(detail::create_array(file_, path, type, shape, {.gzip = gzip}), H5Dclose);
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
  check_written(detail::write_attribute(file_, "/", name, text), name);
}

void Hdf5Writer::attribute(const std::string& name, int64_t number) {
  check_written(detail::write_attribute(file_, "/", name, number), name);
}

std::vector<std::byte> Hdf5Writer::image() {
  check_written(H5Fflush(file_, H5F_SCOPE_GLOBAL) >= 0, "flush");
  const ssize_t size = H5Fget_file_image(file_, nullptr, 0);
  check_written(size > 0, "image");
  std::vector<std::byte> bytes(static_cast<size_t>(size));
  check_written(H5Fget_file_image(file_, bytes.data(), bytes.size()) == size, "image");
  return bytes;
}

}  // namespace onramp
