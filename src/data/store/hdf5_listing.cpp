#include <hdf5.h>

#include <algorithm>

#include "hdf5_internal.h"
#include "onramp/base/error.h"
#include "onramp/data/store/hdf5_file.h"

namespace onramp {

using detail::Handle;
using detail::library_error;

namespace {

constexpr int64_t kMaxObjects = 1'000'000;
constexpr int kMaxDepth = 16;  // a group may hold itself

Hdf5Listing::Kind kind_of(hid_t type) {
  using Kind = Hdf5Listing::Kind;
  switch (H5Tget_class(type)) {
    case H5T_FLOAT:
      return Kind::kFloat;
    case H5T_INTEGER:
    case H5T_ENUM:
      return H5Tget_size(type) == 1 ? Kind::kByte : Kind::kInteger;
    case H5T_STRING:
      return Kind::kText;
    case H5T_VLEN: {
      const Handle item(H5Tget_super(type), H5Tclose);
      return H5Tget_class(item) == H5T_INTEGER && H5Tget_size(item) == 1 ? Kind::kRagged : Kind::kOther;
    }
    default:
      return Kind::kOther;
  }
}

/// Children of a group that lie in this file.
std::vector<std::string> children(hid_t group) {
  std::vector<std::string> names;
  hsize_t at = 0;
  H5Literate(
      group, H5_INDEX_NAME, H5_ITER_INC, &at,
      [](hid_t, const char* name, const H5L_info_t* info, void* out) -> herr_t {
        if (info->type == H5L_TYPE_HARD) static_cast<std::vector<std::string>*>(out)->emplace_back(name);
        return 0;
      },
      &names);
  return names;
}

/// As text; nothing for what is neither one text nor one number.
bool read_attribute(hid_t attribute, std::string& text) {
  const Handle type(H5Aget_type(attribute), H5Tclose);
  const Handle space(H5Aget_space(attribute), H5Sclose);
  if (H5Sget_simple_extent_npoints(space) != 1) return false;
  const auto type_class = H5Tget_class(type);
  if (type_class == H5T_STRING && H5Tis_variable_str(type) > 0) {
    const Handle wanted = detail::text_type();
    H5Tset_cset(wanted, H5Tget_cset(type));
    char* value = nullptr;
    if (H5Aread(attribute, wanted, &value) < 0 || !value) return false;
    text = value;
    H5free_memory(value);
    return true;
  }
  if (type_class == H5T_STRING) {
    const size_t size = H5Tget_size(type);
    if (size > size_t{1} << 24) return false;
    text.assign(size, '\0');
    if (H5Aread(attribute, type, text.data()) < 0) return false;
    text.resize(std::min(text.find('\0'), text.size()));
    return true;
  }
  if (type_class == H5T_FLOAT) {
    double value = 0;
    if (H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) < 0) return false;
    text = format_number(value);
    return true;
  }
  if (type_class != H5T_INTEGER && type_class != H5T_ENUM) return false;
  if (type_class == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_NONE) {
    uint64_t value = 0;
    if (H5Aread(attribute, H5T_NATIVE_UINT64, &value) < 0) return false;
    text = std::to_string(value);
    return true;
  }
  int64_t value = 0;
  if (H5Aread(attribute, H5T_NATIVE_INT64, &value) < 0) return false;
  text = std::to_string(value);
  return true;
}

}  // namespace

void Hdf5Reader::list_attributes(int64_t object, const std::string& path, Hdf5Listing& out) const {
  std::vector<std::string> names;
  hsize_t at = 0;
  H5Aiterate2(
      object, H5_INDEX_NAME, H5_ITER_INC, &at,
      [](hid_t, const char* name, const H5A_info_t*, void* to) -> herr_t {
        static_cast<std::vector<std::string>*>(to)->emplace_back(name);
        return 0;
      },
      &names);
  for (const auto& name : names) {
    const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
    if (std::string text; attribute >= 0 && read_attribute(attribute, text)) out.attributes[path][name] = text;
  }
}

void Hdf5Reader::list_group(const std::string& path, int depth, int64_t& objects, Hdf5Listing& out) const {
  const Handle group(H5Gopen2(file_, path.empty() ? "/" : path.c_str(), H5P_DEFAULT), H5Gclose);
  if (group < 0) fail(concat("'", path, "': ", library_error()));
  list_attributes(group, path, out);
  if (depth > kMaxDepth) fail(concat("'", path, "': groups are nested more than ", kMaxDepth, " deep"));
  for (const auto& name : children(group)) {
    if (++objects > kMaxObjects) fail(concat("holds more than ", kMaxObjects, " groups and arrays"));
    const std::string child = path.empty() ? name : concat(path, "/", name);
    const Handle object(H5Oopen(group, name.c_str(), H5P_DEFAULT), H5Oclose);
    const auto kind = object < 0 ? H5I_BADID : H5Iget_type(object);
    if (kind == H5I_GROUP) {
      list_group(child, depth + 1, objects, out);
    } else if (kind == H5I_DATASET) {
      list_attributes(object, child, out);
      const Handle type(H5Dget_type(object), H5Tclose);
      const Handle space(H5Dget_space(object), H5Sclose);
      const int rank = H5Sget_simple_extent_ndims(space);
      if (rank < 0) fail(concat("'", child, "': ", library_error()));
      std::vector<hsize_t> dims(static_cast<size_t>(rank));
      H5Sget_simple_extent_dims(space, dims.data(), nullptr);
      out.arrays[child] = {kind_of(type), static_cast<int64_t>(H5Tget_size(type)),
                           std::vector<int64_t>(dims.begin(), dims.end())};
    }
  }
}

Hdf5Listing Hdf5Reader::list() const {
  Hdf5Listing listing;
  int64_t objects = 0;
  list_group("", 0, objects, listing);
  return listing;
}

std::vector<std::string> Hdf5Reader::read_texts(const std::string& path, const Hdf5Rows& rows) const {
  const Handle data(open_local_array(path), H5Dclose);
  const Handle type(H5Dget_type(data), H5Tclose);
  if (H5Tget_class(type) != H5T_STRING) fail(concat("'", path, "': want texts, got another type"));
  const detail::RowSelection part(data, rows.first, rows.count);
  const bool any_length = H5Tis_variable_str(type) > 0;
  const size_t width = any_length ? sizeof(char*) : H5Tget_size(type);
  check_part(path, data, part, rows, width);
  std::vector<std::string> texts(part.values());
  if (texts.empty()) return texts;
  const auto damaged = [&] { fail(concat("'", path, "' cannot be read (", library_error(), ")")); };
  if (!any_length) {
    std::string packed(width * texts.size(), '\0');
    if (H5Dread(data, type, part.memory(), part.file(), H5P_DEFAULT, packed.data()) < 0) damaged();
    for (size_t i = 0; i < texts.size(); ++i) {
      texts[i] = packed.substr(i * width, width);
      texts[i].resize(std::min(texts[i].find('\0'), texts[i].size()));
    }
    return texts;
  }
  const Handle wanted = detail::text_type();
  H5Tset_cset(wanted, H5Tget_cset(type));
  std::vector<char*> values(texts.size(), nullptr);
  if (H5Dread(data, wanted, part.memory(), part.file(), H5P_DEFAULT, values.data()) < 0) damaged();
  for (size_t i = 0; i < texts.size(); ++i) {
    if (values[i]) texts[i] = values[i];
    H5free_memory(values[i]);
  }
  return texts;
}

std::vector<std::vector<uint8_t>> Hdf5Reader::read_ragged(const std::string& path, const Hdf5Rows& rows) const {
  const Handle data(open_local_array(path), H5Dclose);
  const Handle type(H5Dget_type(data), H5Tclose);
  std::vector<std::vector<uint8_t>> result;
  if (kind_of(type) == Hdf5Listing::Kind::kByte) {
    const auto sizes = shape(path);
    if (sizes.size() != 2) fail(concat("'", path, "': want a row of bytes for each picture"));
    const auto bytes = read_bytes(path, rows);
    const auto width = static_cast<size_t>(sizes[1]);
    for (size_t at = 0; width > 0 && at < bytes.size(); at += width) {
      const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
      result.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(width));
    }
    return result;
  }
  if (kind_of(type) != Hdf5Listing::Kind::kRagged) fail(concat("'", path, "': want rows of bytes, got another type"));
  const detail::RowSelection part(data, rows.first, rows.count);
  check_part(path, data, part, rows, sizeof(hvl_t));
  std::vector<hvl_t> values(part.values());
  const Handle wanted(H5Tvlen_create(H5T_NATIVE_UINT8), H5Tclose);
  if (!values.empty() && H5Dread(data, wanted, part.memory(), part.file(), H5P_DEFAULT, values.data()) < 0) {
    fail(concat("'", path, "' cannot be read (", library_error(), ")"));
  }
  for (hvl_t& value : values) {
    const auto* bytes = static_cast<const uint8_t*>(value.p);
    result.emplace_back(bytes, bytes + value.len);
    H5free_memory(value.p);
  }
  return result;
}

}  // namespace onramp
