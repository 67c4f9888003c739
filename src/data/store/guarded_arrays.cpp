#include <fcntl.h>

#include <cerrno>

#include "array_message.h"
#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/file_descriptor.h"
#include "onramp/data/store/guarded_read.h"

namespace onramp {

namespace {

HostArray read_field(const Hdf5Reader& reader, const ArrayField& field) {
  if (field.decode) return field.decode(reader.read_ragged(field.path, field.rows));
  HostArray array;
  array.shape = reader.shape(field.path);
  if (!array.shape.empty() && field.rows.count >= 0) {
    array.shape[0] = field.rows.count;
  } else if (!array.shape.empty()) {
    array.shape[0] -= field.rows.first;
  }
  if (field.is_text) {
    array.texts = reader.read_texts(field.path, field.rows);
  } else if (field.is_float) {
    array.floats = reader.read_floats(field.path, field.rows);
  } else {
    array.bytes = reader.read_bytes(field.path, field.rows);
  }
  return array;
}

void want_there(const std::filesystem::path& file) {
  if (FileDescriptor probe(open(file.c_str(), O_RDONLY | O_CLOEXEC)); !probe.valid())
    throw io_error("read", file, errno);
}

}  // namespace

Hdf5Listing list_guarded(const std::filesystem::path& file, const ReadLimits& limits) {
  want_there(file);
  const std::string label = file.string();
  const auto bytes = run_in_child(label, limits, [&] { return pack_listing(Hdf5Reader(file, label).list()); });
  return unpack_listing(label, bytes);
}

std::map<std::string, HostArray> read_arrays_guarded(const std::filesystem::path& file,
                                                     const std::vector<ArrayField>& fields, const ReadLimits& limits) {
  want_there(file);
  const std::string label = file.string();
  const auto bytes = run_in_child(label, limits, [&] {
    const Hdf5Reader reader(file, label, limits.memory_bytes / 2);
    std::map<std::string, HostArray> arrays;
    for (const auto& field : fields) {
      if (!field.required && !reader.has(field.path)) continue;
      arrays[field.key.empty() ? field.path : field.key] = read_field(reader, field);
    }
    return pack_arrays(arrays);
  });
  return unpack_arrays(label, bytes);
}

}  // namespace onramp
