#include "array_message.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "onramp/base/error.h"

namespace onramp {

namespace {

class Packer {
 public:
  void raw(const void* from, size_t size) {
    const size_t at = bytes_.size();
    bytes_.resize(at + size);
    if (size > 0) std::memcpy(bytes_.data() + at, from, size);
  }
  void number(int64_t value) { raw(&value, sizeof value); }
  void text(const std::string& value) {
    number(static_cast<int64_t>(value.size()));
    raw(value.data(), value.size());
  }
  template <class T>
  void list(const std::vector<T>& values) {
    number(static_cast<int64_t>(values.size()));
    raw(values.data(), values.size() * sizeof(T));
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

/// The child may have been led astray by the file: nothing of what it says is taken on trust.
class Unpacker {
 public:
  Unpacker(std::string label, std::span<const std::byte> bytes) : label_(std::move(label)), bytes_(bytes) {}
  [[noreturn]] void fail() const {
    throw DataError(concat(label_, ": the reader's answer makes no sense; the file is damaged"));
  }
  void raw(void* to, size_t size) {
    if (size > bytes_.size()) fail();
    if (size > 0) std::memcpy(to, bytes_.data(), size);
    bytes_ = bytes_.subspan(size);
  }
  int64_t number() {
    int64_t value = 0;
    raw(&value, sizeof value);
    return value;
  }
  /// Of items that take at least `item` bytes each.
  size_t count(size_t item) {
    const int64_t value = number();
    if (value < 0 || static_cast<uint64_t>(value) > bytes_.size() / item) fail();
    return static_cast<size_t>(value);
  }
  std::string text() {
    std::string value(count(1), '\0');
    raw(value.data(), value.size());
    return value;
  }
  template <class T>
  std::vector<T> list() {
    std::vector<T> values(count(sizeof(T)));
    raw(values.data(), values.size() * sizeof(T));
    return values;
  }

 private:
  std::string label_;
  std::span<const std::byte> bytes_;
};

}  // namespace

std::vector<std::byte> pack_arrays(const std::map<std::string, HostArray>& arrays) {
  Packer out;
  out.number(static_cast<int64_t>(arrays.size()));
  for (const auto& [path, array] : arrays) {
    out.text(path);
    out.list(array.shape);
    out.list(array.floats);
    out.list(array.bytes);
    out.number(static_cast<int64_t>(array.texts.size()));
    for (const auto& text : array.texts) out.text(text);
  }
  return out.take();
}

std::map<std::string, HostArray> unpack_arrays(const std::string& label, std::span<const std::byte> bytes) {
  Unpacker in(label, bytes);
  std::map<std::string, HostArray> arrays;
  for (size_t left = in.count(5 * sizeof(int64_t)); left > 0; --left) {
    auto& array = arrays[in.text()];
    array.shape = in.list<int64_t>();
    array.floats = in.list<float>();
    array.bytes = in.list<uint8_t>();
    for (size_t texts = in.count(sizeof(int64_t)); texts > 0; --texts) array.texts.push_back(in.text());
    size_t count = 1;
    for (const int64_t size : array.shape) {
      if (size < 0 || __builtin_mul_overflow(count, static_cast<size_t>(size), &count)) in.fail();
    }
    if (array.floats.size() + array.bytes.size() + array.texts.size() != count) {
      throw DataError(concat(label, ": an array's shape and size differ; the file is damaged"));
    }
  }
  return arrays;
}

std::vector<std::byte> pack_listing(const Hdf5Listing& listing) {
  Packer out;
  out.number(static_cast<int64_t>(listing.arrays.size()));
  for (const auto& [path, array] : listing.arrays) {
    out.text(path);
    out.number(static_cast<int64_t>(array.kind));
    out.number(array.item_bytes);
    out.list(array.shape);
  }
  out.number(static_cast<int64_t>(listing.attributes.size()));
  for (const auto& [path, attributes] : listing.attributes) {
    out.text(path);
    out.number(static_cast<int64_t>(attributes.size()));
    for (const auto& [name, value] : attributes) {
      out.text(name);
      out.text(value);
    }
  }
  return out.take();
}

Hdf5Listing unpack_listing(const std::string& label, std::span<const std::byte> bytes) {
  Unpacker in(label, bytes);
  Hdf5Listing listing;
  for (size_t left = in.count(4 * sizeof(int64_t)); left > 0; --left) {
    auto& array = listing.arrays[in.text()];
    const int64_t kind = in.number();
    if (kind < 0 || kind > static_cast<int64_t>(Hdf5Listing::Kind::kOther)) in.fail();
    array.kind = static_cast<Hdf5Listing::Kind>(kind);
    array.item_bytes = in.number();
    array.shape = in.list<int64_t>();
    if (std::any_of(array.shape.begin(), array.shape.end(), [](int64_t size) { return size < 0; })) in.fail();
  }
  for (size_t left = in.count(2 * sizeof(int64_t)); left > 0; --left) {
    auto& attributes = listing.attributes[in.text()];
    for (size_t names = in.count(2 * sizeof(int64_t)); names > 0; --names) {
      const std::string name = in.text();
      attributes[name] = in.text();
    }
  }
  return listing;
}

}  // namespace onramp
