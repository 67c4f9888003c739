#include "onramp/data/store/hdf5_stream_writer.h"

#include <fcntl.h>
#include <hdf5.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "hdf5_internal.h"
#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/file_descriptor.h"
#include "onramp/data/store/hdf5_file.h"

namespace onramp {

using detail::Handle;

namespace {

constexpr int64_t kChunkBytes = 256 << 10;    // of a growing array without compression
constexpr int64_t kHeldBack = 1 << 20;        // of each growing array, by the library: its cache of chunks
constexpr int64_t kOwnStructures = 64 << 10;  // of the library, beyond those that grow with the data

/// The library only says it in words: "..., errno = 28, error message = 'No space left on device', ...".
int errno_of(const std::string& message) {
  const auto at = message.find("errno = ");
  const int number = at == std::string::npos ? 0 : std::atoi(message.c_str() + at + 8);
  return number > 0 ? number : EIO;
}

/// All messages of the stack: the one with the number is not always the innermost.
std::string whole_error() {
  std::string text;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
        if (error->desc) *static_cast<std::string*>(out) += std::string(error->desc) + "; ";
        return 0;
      },
      &text);
  return text;
}

/// The enumeration knows 0 and 1 only.
std::vector<uint8_t> truth_of(std::span<const uint8_t> values) {
  std::vector<uint8_t> truth(values.begin(), values.end());
  for (uint8_t& value : truth) value = value != 0;
  return truth;
}

int64_t numel(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return std::max<int64_t>(1, count);
}

/// @return 0, or why there is no room for `bytes` more behind `end`
int room_error(int file, int64_t end, int64_t bytes) {
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  if (static_cast<rlim_t>(end + bytes) > limit.rlim_cur) return EFBIG;
  if (fallocate(file, FALLOC_FL_KEEP_SIZE, end, bytes) == 0) return 0;
  return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? errno : 0;  // else: it cannot be asked here
}

}  // namespace

/// In the file and in memory alike: the machines that this runs on store little-endian numbers.
int64_t Hdf5StreamWriter::type_of(Item item) {
  switch (item) {
    case Item::kFloat:
      return H5Tcopy(H5T_IEEE_F32LE);
    case Item::kByte:
      return H5Tcopy(H5T_STD_U8LE);
    case Item::kBool:
      return H5Tcopy(detail::bool_type());
    case Item::kText:
      break;
  }
  return H5Tcopy(detail::text_type());
}

Hdf5StreamWriter::Hdf5StreamWriter(std::filesystem::path path, std::filesystem::path shown)
    : path_(std::move(path)), shown_(shown.empty() ? path_ : std::move(shown)) {
  const Hdf5Session session;
  {
    const FileDescriptor empty(open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!empty.valid()) throw io_error("write", shown_, errno);
    if (const int error = room_error(empty.get(), 0, kOwnStructures)) throw io_error("write", shown_, error);
  }
  file_ = H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  want(file_ >= 0);
  try {
    reserve(0);
  } catch (...) {
    let_go();
    throw;
  }
}

Hdf5StreamWriter::~Hdf5StreamWriter() { let_go(); }

void Hdf5StreamWriter::let_go() {
  if (file_ < 0) return;
  const Hdf5Session session;
  divert();
  for (const auto& [path, array] : growing_) H5Dclose(array);
  H5Fclose(std::exchange(file_, -1));
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = size_limit_;
  setrlimit(RLIMIT_FSIZE, &limit);
}

/// Room for `bytes` of data, and for what the library adds and holds back, before the library is asked to write: it cannot
/// let go of a file that it failed to write to. What was reserved in vain is given back by close().
void Hdf5StreamWriter::reserve(int64_t bytes) {
  void* descriptor = nullptr;
  hsize_t end = 0;
  if (H5Fget_vfd_handle(file_, H5P_DEFAULT, &descriptor) < 0 || !descriptor || H5Fget_filesize(file_, &end) < 0) return;
  const int64_t wanted = bytes + bytes / 8 + kOwnStructures + kHeldBack * static_cast<int64_t>(growing_.size());
  if (const int error = room_error(*static_cast<int*>(descriptor), static_cast<int64_t>(end), wanted)) {
    divert();
    throw io_error("write", shown_, error);
  }
}

/// What the library still holds back goes into memory instead: this file is not going to be used. Of use after a failure
/// inside the library too (a bad disk), though not of a promise.
void Hdf5StreamWriter::divert() {
  if (diverted_) return;
  diverted_ = true;
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);  // it holds for memory too; the destructor puts it back
  size_limit_ = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_FSIZE, &limit);
  void* descriptor = nullptr;
  if (H5Fget_vfd_handle(file_, H5P_DEFAULT, &descriptor) < 0 || !descriptor) return;
  const int sink = memfd_create("discarded", MFD_CLOEXEC);
  if (sink < 0) return;
  dup2(sink, *static_cast<int*>(descriptor));
  ::close(sink);
}

void Hdf5StreamWriter::want(bool good) {
  if (good) return;
  const int number = errno_of(whole_error());
  if (file_ >= 0) divert();  // before any handle closes
  throw io_error("write", shown_, number);
}

void Hdf5StreamWriter::write_array(const std::string& path, Item item, const void* values,
                                   const std::vector<int64_t>& shape, int gzip) {
  const Hdf5Session session;
  const Handle type(type_of(item), H5Tclose);
  reserve(numel(shape) * static_cast<int64_t>(H5Tget_size(type)));
  const Handle data(detail::create_array(file_, path, type, shape, {.gzip = gzip}), H5Dclose);
  const bool empty = std::find(shape.begin(), shape.end(), 0) != shape.end();
  want(data >= 0 && (empty || H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0));
  want(H5Dflush(data) >= 0);  // closing would write what is held back, and could not say that it failed
}

void Hdf5StreamWriter::append_rows(const std::string& path, Item item, const void* values, int64_t rows,
                                   std::vector<int64_t> row, int gzip) {
  const Hdf5Session session;
  const Handle type(type_of(item), H5Tclose);
  int64_t bytes = rows * numel(row) * static_cast<int64_t>(H5Tget_size(type));
  if (item == Item::kText) bytes += static_cast<int64_t>(std::strlen(*static_cast<const char* const*>(values)));
  reserve(bytes + kChunkBytes);
  row.insert(row.begin(), 0);
  auto found = growing_.find(path);
  if (found == growing_.end()) {
    int64_t row_bytes = static_cast<int64_t>(H5Tget_size(type));
    for (size_t i = 1; i < row.size(); ++i) row_bytes *= std::max<int64_t>(1, row[i]);
    const int64_t chunk_rows = gzip > 0 ? 1 : std::max<int64_t>(1, kChunkBytes / row_bytes);
    const hid_t array =
        detail::create_array(file_, path, type, row, {.gzip = gzip, .growing = true, .chunk_rows = chunk_rows});
    want(array >= 0);
    found = growing_.emplace(path, array).first;
  }
  const hid_t data = found->second;
  std::vector<hsize_t> size(row.size());
  {
    const Handle space(H5Dget_space(data), H5Sclose);
    H5Sget_simple_extent_dims(space, size.data(), nullptr);
  }
  ONRAMP_CHECK(std::equal(size.begin() + 1, size.end(), row.begin() + 1), path, ": rows of another shape");
  std::vector<hsize_t> start(size.size(), 0), count = size;
  start[0] = size[0];
  count[0] = static_cast<hsize_t>(rows);
  size[0] += count[0];
  want(H5Dset_extent(data, size.data()) >= 0);
  if (std::find(count.begin(), count.end(), hsize_t{0}) != count.end()) return;
  const Handle space(H5Dget_space(data), H5Sclose);
  const Handle part(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose);
  H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
  want(H5Dwrite(data, type, part, space, H5P_DEFAULT, values) >= 0);
}

void Hdf5StreamWriter::write(const std::string& path, std::span<const float> values, const std::vector<int64_t>& shape,
                             int gzip) {
  write_array(path, Item::kFloat, values.data(), shape, gzip);
}

void Hdf5StreamWriter::write(const std::string& path, std::span<const uint8_t> values,
                             const std::vector<int64_t>& shape, int gzip) {
  write_array(path, Item::kByte, values.data(), shape, gzip);
}

void Hdf5StreamWriter::write_bools(const std::string& path, std::span<const uint8_t> values) {
  write_array(path, Item::kBool, truth_of(values).data(), {static_cast<int64_t>(values.size())}, 0);
}

void Hdf5StreamWriter::write_texts(const std::string& path, std::span<const std::string> values) {
  const Hdf5Session session;
  size_t width = 1;
  for (const auto& value : values) width = std::max(width, value.size());
  std::string packed;
  for (const auto& value : values) packed += value + std::string(width - value.size(), '\0');
  reserve(static_cast<int64_t>(packed.size()));
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, width);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  const Handle data(detail::create_array(file_, path, type, {static_cast<int64_t>(values.size())}, {}), H5Dclose);
  want(data >= 0 && (values.empty() || H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, packed.data()) >= 0));
  want(H5Dflush(data) >= 0);
}

void Hdf5StreamWriter::append(const std::string& path, std::span<const float> values, const std::vector<int64_t>& row,
                              int gzip) {
  append_rows(path, Item::kFloat, values.data(), static_cast<int64_t>(values.size()) / numel(row), row, gzip);
}

void Hdf5StreamWriter::append(const std::string& path, std::span<const uint8_t> values, const std::vector<int64_t>& row,
                              int gzip) {
  append_rows(path, Item::kByte, values.data(), static_cast<int64_t>(values.size()) / numel(row), row, gzip);
}

void Hdf5StreamWriter::append_bools(const std::string& path, std::span<const uint8_t> values) {
  append_rows(path, Item::kBool, truth_of(values).data(), static_cast<int64_t>(values.size()), {}, 0);
}

void Hdf5StreamWriter::append_text(const std::string& path, const std::string& value) {
  const char* text = value.c_str();
  append_rows(path, Item::kText, &text, 1, {}, 0);
}

void Hdf5StreamWriter::attribute(const std::string& object, const std::string& name, const std::string& text) {
  const Hdf5Session session;
  reserve(static_cast<int64_t>(text.size()));
  make_group(object);
  want(detail::write_attribute(file_, object, name, text));
}

void Hdf5StreamWriter::attribute(const std::string& object, const std::string& name, int64_t number) {
  const Hdf5Session session;
  reserve(sizeof number);
  make_group(object);
  want(detail::write_attribute(file_, object, name, number));
}

void Hdf5StreamWriter::make_group(const std::string& path) {
  if (path == "/" || H5Oexists_by_name(file_, path.c_str(), H5P_DEFAULT) > 0) return;
  const Handle link(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(link, 1);
  const Handle group(H5Gcreate2(file_, path.c_str(), link, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  want(group >= 0);
}

void Hdf5StreamWriter::flush() {
  const Hdf5Session session;
  want(H5Fflush(file_, H5F_SCOPE_GLOBAL) >= 0);
}

void Hdf5StreamWriter::close() {
  flush();  // says what is wrong while the file can still be let go of
  const Hdf5Session session;
  for (const auto& [path, array] : growing_) H5Dclose(array);
  growing_.clear();
  const bool closed = H5Fclose(file_) >= 0;
  file_ = -1;
  want(closed);
  std::error_code unknown;  // room behind the end that was not needed; a file that keeps it is no worse
  if (const auto size = std::filesystem::file_size(path_, unknown); !unknown) {
    if (truncate(path_.c_str(), static_cast<off_t>(size)) != 0) return;
  }
}

}  // namespace onramp
