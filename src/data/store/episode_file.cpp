#include "onramp/data/store/episode_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/hash.h"
#include "onramp/base/printable.h"
#include "onramp/data/store/guarded_read.h"
#include "onramp/data/store/hdf5_file.h"
#include "onramp/data/store/spec_text.h"

namespace onramp {

using nlohmann::json;

namespace {

constexpr std::string_view kFormat = "onramp episode";
constexpr std::string_view kMagic = "onramp-episode 1\n";
constexpr size_t kUserBlock = 512;  // the smallest that HDF5 allows
constexpr int kGzip = 1;

std::vector<int64_t> with_rows(int64_t rows, std::vector<int64_t> shape) {
  shape.insert(shape.begin(), rows);
  return shape;
}

std::string text_of(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return concat("[", text, "]");
}

/// Reads a field whose shape the spec gives.
template <class Read>
auto read_shaped(const Hdf5Reader& reader, const std::string& label, const std::string& path,
                 const std::vector<int64_t>& want, Read&& read) {
  const auto got = reader.shape(path);
  if (got != want) {
    throw DataError(concat(label, ": '", printable(path), "' has shape ", text_of(got), ", want ", text_of(want)));
  }
  return read(path);
}

Episode read_image(const Hdf5Reader& reader, const std::string& label) {
  if (!reader.has_attribute("format") || reader.text_attribute("format") != kFormat) {
    throw DataError(concat(label, ": is not an onramp episode (no attribute format = \"", kFormat, "\")"));
  }
  if (const int64_t version = reader.number_attribute("format_version");
      version < 1 || version > kEpisodeFormatVersion) {
    throw DataError(concat(label, ": has format version ", version, ", this program reads up to ",
                           kEpisodeFormatVersion, "; use a newer onramp"));
  }
  Episode episode;
  read_spec_text(reader.text_attribute("spec"), label, episode.observation_spec, episode.action_spec);
  const std::string end = reader.text_attribute("end");
  const auto reason = end_reason_from_string(end);
  if (!reason) throw DataError(concat(label, ": unknown end reason '", printable(end), "'"));
  episode.end = *reason;
  episode.safety_stop_is_terminal = reader.number_attribute("safety_stop_is_terminal") != 0;
  episode.meta = json::parse(reader.text_attribute("meta")).get<std::map<std::string, std::string>>();

  const int64_t T = reader.number_attribute("length");
  const int64_t A = episode.action_spec.dim;
  check_sizes(label, concat("length ", T), {T});
  const auto floats = [&](const std::string& path, const std::vector<int64_t>& want) {
    return read_shaped(reader, label, path, want, [&](const std::string& p) { return reader.read_floats(p); });
  };
  const auto bytes = [&](const std::string& path, const std::vector<int64_t>& want) {
    return read_shaped(reader, label, path, want, [&](const std::string& p) { return reader.read_bytes(p); });
  };
  for (const auto& entry : episode.observation_spec.entries) {
    const auto path = "observations/" + entry.name;
    if (entry.dtype == DType::kUint8) {
      episode.images[entry.name] = bytes(path, with_rows(T + 1, entry.shape));
    } else {
      episode.vectors[entry.name] = floats(path, with_rows(T + 1, entry.shape));
    }
  }
  episode.action = floats("actions", {T, A});
  episode.executed_action = floats("executed_actions", {T, A});
  episode.reward = floats("rewards", {T});
  episode.success = bytes("success", {T});
  const auto widths = json::parse(reader.text_attribute("extra")).get<std::map<std::string, int64_t>>();
  for (const auto& [name, width] : widths) {
    check_sizes(label, concat("column '", name, "'"), {T, width});
    const auto shape = width == 1 ? std::vector<int64_t>{T} : std::vector<int64_t>{T, width};
    episode.extra[name] = {width, floats("extra/" + name, shape)};
  }
  check_consistent(episode, label);
  return episode;
}

Episode read_image_checked(const Hdf5Reader& reader, const std::string& label) {
  try {
    return read_image(reader, label);
  } catch (const json::exception& error) {
    throw DataError(concat(label, ": its spec is not readable (", printable(error.what(), 300), ")"));
  }
}

std::string user_block(std::span<const std::byte> image) {
  std::string block = concat(kMagic, "bytes ", image.size(), "\nsha256 ", sha256_hex(image), "\n");
  block.resize(kUserBlock, '\0');
  return block;
}

bool has_magic(std::string_view bytes) { return bytes.substr(0, kMagic.size()) == kMagic; }

bool is_path_name(const std::string& name) {
  return !name.empty() && name.front() != '/' && name.back() != '/' && name.find("//") == std::string::npos &&
         name != "." && name.find('\0') == std::string::npos;
}

}  // namespace

void check_consistent(const Episode& episode, const std::string& label) {
  const int64_t T = episode.length();
  const int64_t A = episode.action_spec.dim;
  const auto want = [&](const std::string& what, size_t got, int64_t size) {
    if (got != static_cast<size_t>(size)) {
      throw DataError(
          concat(label, ": '", printable(what), "' has ", got, " values, want ", size, " for ", T, " steps"));
    }
  };
  const auto want_name = [&](const std::string& name) {
    if (!is_path_name(name)) throw DataError(concat(label, ": '", printable(name), "' cannot be the name of an entry"));
  };
  for (const auto& entry : episode.observation_spec.entries) {
    want_name(entry.name);
    const auto vector = episode.vectors.find(entry.name);
    const auto image = episode.images.find(entry.name);
    const bool is_bytes = entry.dtype == DType::kUint8;
    const size_t got = is_bytes ? (image == episode.images.end() ? 0 : image->second.size())
                                : (vector == episode.vectors.end() ? 0 : vector->second.size());
    want(entry.name, got, (T + 1) * entry.numel());
  }
  want("actions", episode.action.size(), T * A);
  want("executed_actions", episode.executed_action.size(), T * A);
  want("success", episode.success.size(), T);
  for (const auto& [name, column] : episode.extra) {
    want_name(name);
    want(name, column.values.size(), T * column.width);
  }
}

std::vector<std::byte> encode_episode(const Episode& episode) {
  check_consistent(episode, "episode");
  const int64_t T = episode.length();
  const int64_t A = episode.action_spec.dim;
  std::vector<std::byte> image;
  {
    Hdf5Writer writer;
    writer.attribute("format", std::string(kFormat));
    writer.attribute("format_version", int64_t{kEpisodeFormatVersion});
    writer.attribute("end", std::string(to_string(episode.end)));
    writer.attribute("safety_stop_is_terminal", int64_t{episode.safety_stop_is_terminal});
    writer.attribute("length", T);
    const auto replace = json::error_handler_t::replace;  // text that is not UTF-8 must not cost an episode
    writer.attribute("spec", spec_text(episode.observation_spec, episode.action_spec));
    writer.attribute("meta", json(episode.meta).dump(-1, ' ', false, replace));
    auto widths = json::object();
    for (const auto& entry : episode.observation_spec.entries) {
      const auto path = "observations/" + entry.name;
      if (entry.dtype == DType::kUint8) {
        writer.write(path, episode.images.at(entry.name), with_rows(T + 1, entry.shape), kGzip);
      } else {
        writer.write(path, episode.vectors.at(entry.name), with_rows(T + 1, entry.shape));
      }
    }
    writer.write("actions", episode.action, {T, A});
    writer.write("executed_actions", episode.executed_action, {T, A});
    writer.write("rewards", episode.reward, {T});
    writer.write("success", episode.success, {T});
    for (const auto& [name, column] : episode.extra) {
      widths[name] = column.width;
      writer.write("extra/" + name, column.values,
                   column.width == 1 ? std::vector<int64_t>{T} : std::vector<int64_t>{T, column.width});
    }
    writer.attribute("extra", widths.dump(-1, ' ', false, replace));
    image = writer.image();
  }
  const auto block = user_block(image);
  std::vector<std::byte> bytes(kUserBlock + image.size());
  std::memcpy(bytes.data(), block.data(), kUserBlock);
  std::memcpy(bytes.data() + kUserBlock, image.data(), image.size());
  return bytes;
}

Episode decode_episode(std::span<const std::byte> bytes, const std::string& label) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!has_magic(text)) throw DataError(concat(label, ": is not an onramp episode"));
  const auto image = bytes.size() > kUserBlock ? bytes.subspan(kUserBlock) : std::span<const std::byte>{};
  if (text.substr(0, kUserBlock) != user_block(image)) {
    throw DataError(concat(label, ": is damaged or half-written (", bytes.size(),
                           " bytes, length or checksum do not agree with its head)", kDamagedEpisodeRemedy));
  }
  const Hdf5Reader reader(image, label);
  return read_image_checked(reader, label);
}

void write_episode(const std::filesystem::path& path, const Episode& episode) {
  write_file_atomic(path, encode_episode(episode));
}

Episode read_episode(const std::filesystem::path& path) {
  const std::string label = path.string();
  const std::string text = read_file(path);
  if (has_magic(text)) return decode_episode(std::as_bytes(std::span(text.data(), text.size())), label);
  if (text.empty()) throw DataError(concat(label, ": is empty", kDamagedEpisodeRemedy));
  // Another program's: what the child has understood comes back in our own form, with its checksum.
  const auto bytes = run_in_child(label, {}, [&] {
    Episode episode;
    {
      const Hdf5Reader reader(path, label, ReadLimits{}.memory_bytes / 2);
      episode = read_image_checked(reader, label);
    }
    return encode_episode(episode);
  });
  return decode_episode(bytes, label);
}

bool has_episode_head(const std::filesystem::path& path) {
  std::string head(kMagic.size(), '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file) throw io_error("read", path, errno);
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  return has_magic(head);
}

bool is_episode_file(const std::filesystem::path& path) {
  if (has_episode_head(path)) return true;
  const auto answer = run_in_child(path.string(), {}, [&] {
    const Hdf5Reader reader(path, path.string());
    return std::vector<std::byte>{
        std::byte{reader.has_attribute("format") && reader.text_attribute("format") == kFormat}};
  });
  return !answer.empty() && answer[0] != std::byte{0};
}

}  // namespace onramp
