#include "onramp/core/safetensors.h"

#include <ATen/ops/empty.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "hostile_json.h"
#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/file_descriptor.h"
#include "onramp/base/hash.h"

namespace onramp {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kMaxHeaderBytes = 16u << 20;
constexpr size_t kMaxRank = 16;
constexpr uint64_t kPieceBytes = 1u << 20;

constexpr std::array<std::pair<std::string_view, at::ScalarType>, 10> kDtypes = {{{"F64", at::kDouble},
                                                                                  {"F32", at::kFloat},
                                                                                  {"F16", at::kHalf},
                                                                                  {"BF16", at::kBFloat16},
                                                                                  {"I64", at::kLong},
                                                                                  {"I32", at::kInt},
                                                                                  {"I16", at::kShort},
                                                                                  {"I8", at::kChar},
                                                                                  {"U8", at::kByte},
                                                                                  {"BOOL", at::kBool}}};

std::string_view dtype_name(at::ScalarType dtype) {
  for (const auto& [name, known] : kDtypes) {
    if (known == dtype) return name;
  }
  ONRAMP_CHECK(false, "a checkpoint cannot hold dtype ", c10::toString(dtype));
  return {};
}

std::span<const std::byte> bytes_of(const at::Tensor& tensor) {
  return {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()};
}

/// Where one tensor lies in the data section.
struct Entry {
  std::string name;
  at::ScalarType dtype = at::kFloat;
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;
};

[[noreturn]] void refuse(const fs::path& path, const std::string& what) {
  throw CheckpointError(path.string() + " is damaged (" + what + "); remove its folder to go on from the one before");
}

std::optional<uint64_t> unsigned_value(const nlohmann::json& value) {
  if (!value.is_number_unsigned()) return std::nullopt;
  return value.get<uint64_t>();
}

/// Number of bytes of a tensor of that shape, or nothing when it cannot exist. The strides must fit as well, which a size
/// of 0 does not make smaller.
std::optional<uint64_t> checked_bytes(const std::vector<int64_t>& shape, uint64_t item_bytes) {
  uint64_t bytes = item_bytes, strides = item_bytes;
  for (const int64_t size : shape) {
    const auto n = static_cast<uint64_t>(size);
    if (__builtin_mul_overflow(bytes, n, &bytes)) return std::nullopt;
    if (__builtin_mul_overflow(strides, std::max<uint64_t>(n, 1), &strides)) return std::nullopt;
  }
  if (strides > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  return bytes;
}

Entry parse_entry(const fs::path& path, const std::string& name, const nlohmann::json& value) {
  const std::string where = "tensor '" + name.substr(0, 100) + "': ";
  Entry entry;
  entry.name = name;
  if (!value.is_object() || !value.contains("dtype") || !value.contains("shape") || !value.contains("data_offsets")) {
    refuse(path, where + "no dtype, shape and data_offsets");
  }
  const auto& dtype = value.at("dtype");
  const auto known = std::find_if(kDtypes.begin(), kDtypes.end(), [&](const auto& candidate) {
    return dtype.is_string() && dtype.get_ref<const std::string&>() == candidate.first;
  });
  if (known == kDtypes.end()) refuse(path, where + "unknown dtype");
  entry.dtype = known->second;

  const auto& shape = value.at("shape");
  if (!shape.is_array() || shape.size() > kMaxRank) refuse(path, where + "bad shape");
  for (const auto& size : shape) {
    const auto n = unsigned_value(size);
    if (!n || *n > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) refuse(path, where + "bad shape");
    entry.shape.push_back(static_cast<int64_t>(*n));
  }

  const auto& offsets = value.at("data_offsets");
  const bool pair = offsets.is_array() && offsets.size() == 2;
  const auto begin = pair ? unsigned_value(offsets[0]) : std::nullopt;
  const auto end = pair ? unsigned_value(offsets[1]) : std::nullopt;
  const auto bytes = checked_bytes(entry.shape, c10::elementSize(entry.dtype));
  if (!begin || !end || *end < *begin) refuse(path, where + "bad data_offsets");
  if (!bytes || *bytes != *end - *begin) refuse(path, where + "its shape does not fit its data_offsets");
  entry.begin = *begin;
  entry.end = *end;
  return entry;
}

/// An open file of known size that is read in pieces.
class InputFile {
 public:
  explicit InputFile(const fs::path& path) : path_(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat info {};
    if (!file_.valid() || ::fstat(file_.get(), &info) != 0) throw io_error("read", path, errno);
    if (!S_ISREG(info.st_mode)) refuse(path, "no regular file");
    size_ = static_cast<uint64_t>(info.st_size);
  }

  uint64_t size() const { return size_; }

  /// REQUIRES: offset + out.size() <= size()
  void read(uint64_t offset, std::span<std::byte> out) const {
    while (!out.empty()) {
      const ssize_t n = ::pread(file_.get(), out.data(), out.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw io_error("read", path_, errno);
      if (n == 0) refuse(path_, "it became shorter while it was read");
      out = out.subspan(static_cast<size_t>(n));
      offset += static_cast<uint64_t>(n);
    }
  }

 private:
  fs::path path_;
  FileDescriptor file_;
  uint64_t size_ = 0;
};

/// The entries in order of their data, which they cover without gap or overlap.
std::vector<Entry> read_header(const fs::path& path, const InputFile& file, uint64_t& data_begin) {
  std::array<std::byte, 8> length_bytes{};
  if (file.size() < length_bytes.size()) refuse(path, "it is too short");
  file.read(0, length_bytes);
  uint64_t length = 0;
  for (size_t i = 8; i-- > 0;) length = length << 8 | std::to_integer<uint64_t>(length_bytes[i]);
  if (length > kMaxHeaderBytes || length > file.size() - 8) refuse(path, "the length of its header is wrong");

  std::string text(length, '\0');
  file.read(8, std::as_writable_bytes(std::span(text)));
  data_begin = 8 + length;

  std::vector<Entry> entries;
  const auto header = parse_hostile_json(text, path);
  for (const auto& [name, value] : header.items()) {
    if (name != "__metadata__") entries.push_back(parse_entry(path, name, value));
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  uint64_t covered = 0;
  for (const auto& entry : entries) {
    if (entry.begin != covered) refuse(path, "the data of its tensors overlap or leave a gap");
    covered = entry.end;
  }
  if (covered != file.size() - data_begin) refuse(path, "its length is not that of its tensors");
  return entries;
}

}  // namespace

FileDigest write_safetensors(const fs::path& path, const std::map<std::string, at::Tensor>& tensors) {
  // Wide items first, so that each tensor begins at a multiple of its item's size.
  std::vector<const std::pair<const std::string, at::Tensor>*> ordered;
  for (const auto& named : tensors) {
    const auto& tensor = named.second;
    ONRAMP_CHECK(tensor.defined() && tensor.layout() == at::kStrided, "tensor '", named.first, "' of ", path.string());
    ONRAMP_CHECK(static_cast<size_t>(tensor.dim()) <= kMaxRank, "rank of tensor '", named.first, "'");
    ordered.push_back(&named);
  }
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto* a, const auto* b) { return a->second.itemsize() > b->second.itemsize(); });

  auto header = nlohmann::json::object();
  uint64_t offset = 0;
  for (const auto* named : ordered) {
    const auto& [name, tensor] = *named;
    header[name] = {{"dtype", dtype_name(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {offset, offset + tensor.nbytes()}}};
    offset += tensor.nbytes();
  }
  std::string head = header.dump();
  head.append((8 - head.size() % 8) % 8, ' ');  // the data begin at a multiple of 8
  ONRAMP_CHECK(head.size() <= kMaxHeaderBytes, "too many tensors for one part: ", tensors.size());
  std::string length;
  for (int i = 0; i < 8; ++i) length.push_back(static_cast<char>(head.size() >> (8 * i)));
  head.insert(0, length);

  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.valid()) throw io_error("write", path, errno);
  FileDigest digest;
  Sha256 hash;
  const auto write = [&](std::span<const std::byte> bytes) {
    if (!file.write_all(bytes)) throw io_error("write", path, errno);
    hash.update(bytes);
    digest.bytes += bytes.size();
  };
  write(std::as_bytes(std::span(head)));
  for (const auto* named : ordered) write(bytes_of(named->second.detach().cpu().contiguous()));
  if (!file.close()) throw io_error("write", path, errno);
  digest.sha256 = hash.hex();
  return digest;
}

std::map<std::string, at::Tensor> read_safetensors(const fs::path& path) {
  const InputFile file(path);
  uint64_t data_begin = 0;
  std::map<std::string, at::Tensor> tensors;
  for (const auto& entry : read_header(path, file, data_begin)) {
    auto tensor = at::empty(entry.shape, entry.dtype);
    const std::span bytes(static_cast<std::byte*>(tensor.mutable_data_ptr()), tensor.nbytes());
    file.read(data_begin + entry.begin, bytes);
    // A bool that is neither 0 nor 1 is undefined behaviour for whoever reads it.
    if (entry.dtype == at::kBool &&
        std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b > std::byte{1}; })) {
      refuse(path, "tensor '" + entry.name + "': a bool is neither 0 nor 1");
    }
    tensors.emplace(entry.name, std::move(tensor));
  }
  return tensors;
}

FileDigest digest_file(const fs::path& path) {
  const InputFile file(path);
  Sha256 hash;
  std::vector<std::byte> piece(std::min(kPieceBytes, file.size()));
  for (uint64_t offset = 0; offset < file.size(); offset += piece.size()) {
    const std::span bytes(piece.data(), std::min<uint64_t>(piece.size(), file.size() - offset));
    file.read(offset, bytes);
    hash.update(bytes);
  }
  return {file.size(), hash.hex()};
}

}  // namespace onramp
