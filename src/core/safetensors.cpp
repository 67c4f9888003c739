#include "onramp/core/safetensors.h"

#include <ATen/ops/empty.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/file_descriptor.h"
#include "onramp/base/hash.h"
#include "onramp/base/printable.h"
#include "onramp/base/safetensors_header.h"

namespace onramp {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kPieceBytes = 1u << 20;

/// Of each of kSafetensorsDtypes.
constexpr std::array<at::ScalarType, kSafetensorsDtypes.size()> kScalarTypes = {
    at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong,
    at::kInt,    at::kShort, at::kChar, at::kByte,     at::kBool};

std::string_view dtype_name(at::ScalarType dtype) {
  const auto known = std::find(kScalarTypes.begin(), kScalarTypes.end(), dtype);
  ONRAMP_CHECK(known != kScalarTypes.end(), "a checkpoint cannot hold dtype ", c10::toString(dtype));
  return kSafetensorsDtypes[static_cast<size_t>(known - kScalarTypes.begin())].name;
}

std::span<const std::byte> bytes_of(const at::Tensor& tensor) {
  return {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()};
}

/// An open file of known size that is read in pieces.
class InputFile {
 public:
  explicit InputFile(const fs::path& path) : path_(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat info {};
    if (!file_.valid() || ::fstat(file_.get(), &info) != 0) throw io_error("read", path, errno);
    if (!S_ISREG(info.st_mode)) refuse_checkpoint_file(path, "no regular file");
    size_ = static_cast<uint64_t>(info.st_size);
  }

  uint64_t size() const { return size_; }

  /// REQUIRES: offset + out.size() <= size()
  void read(uint64_t offset, std::span<std::byte> out) const {
    while (!out.empty()) {
      const ssize_t n = ::pread(file_.get(), out.data(), out.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw io_error("read", path_, errno);
      if (n == 0) refuse_checkpoint_file(path_, "it became shorter while it was read");
      out = out.subspan(static_cast<size_t>(n));
      offset += static_cast<uint64_t>(n);
    }
  }

 private:
  fs::path path_;
  FileDescriptor file_;
  uint64_t size_ = 0;
};

std::vector<SafetensorsEntry> read_header(const fs::path& path, const InputFile& file, uint64_t& data_begin) {
  std::array<std::byte, 8> first{};
  if (file.size() < first.size()) refuse_checkpoint_file(path, "it is too short");
  file.read(0, first);
  std::string text(safetensors_header_bytes(first, file.size(), path), '\0');
  file.read(first.size(), std::as_writable_bytes(std::span(text)));
  data_begin = first.size() + text.size();
  return parse_safetensors_header(text, file.size() - data_begin, path);
}

}  // namespace

FileDigest write_safetensors(const fs::path& path, const std::map<std::string, at::Tensor>& tensors) {
  // Wide items first, so that each tensor begins at a multiple of its item's size.
  std::vector<const std::pair<const std::string, at::Tensor>*> ordered;
  for (const auto& named : tensors) {
    const auto& tensor = named.second;
    ONRAMP_CHECK(tensor.defined() && tensor.layout() == at::kStrided, "tensor '", named.first, "' of ", path.string());
    ONRAMP_CHECK(static_cast<size_t>(tensor.dim()) <= kSafetensorsMaxRank, "rank of tensor '", named.first, "'");
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
  ONRAMP_CHECK(head.size() <= kSafetensorsMaxHeaderBytes, "too many tensors for one part: ", tensors.size());
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
    const auto dtype = kScalarTypes[entry.dtype];
    auto tensor = at::empty(entry.shape, dtype);
    const std::span bytes(static_cast<std::byte*>(tensor.mutable_data_ptr()), tensor.nbytes());
    file.read(data_begin + entry.begin, bytes);
    // A bool that is neither 0 nor 1 is undefined behaviour for whoever reads it.
    if (dtype == at::kBool && std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b > std::byte{1}; })) {
      refuse_checkpoint_file(path, "tensor '" + printable(entry.name) + "': a bool is neither 0 nor 1");
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
