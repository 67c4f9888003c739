#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "data_writer.h"
#include "episode_head.h"
#include "minari_layout.h"
#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/data/store/hdf5_stream_writer.h"

namespace onramp::detail {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int kGzip = 1;                           // of pictures
constexpr const char* kVersion = "0.5.4";          // of Minari, whose layout this is
constexpr const char* kInfinity = "\"Infinity\"";  // as Python's json reads it, once the quotes are gone

json nested(const std::vector<int64_t>& shape, size_t at, const json& value) {
  if (at == shape.size()) return value;
  return json(static_cast<size_t>(shape[at]), nested(shape, at + 1, value));
}

json box(const std::vector<int64_t>& shape, const char* dtype, const json& low, const json& high) {
  return {{"type", "Box"},
          {"dtype", dtype},
          {"shape", shape},
          {"low", nested(shape, 0, low)},
          {"high", nested(shape, 0, high)}};
}

/// A Dict of Boxes; an entry's slashes are levels, as in the file.
json space_of(const ObservationSpec& spec) {
  json root{{"type", "Dict"}, {"subspaces", json::object()}};
  for (const auto& entry : spec.entries) {
    json* at = &root;
    size_t begin = 0;
    for (size_t slash = entry.name.find('/'); slash != std::string::npos; slash = entry.name.find('/', begin)) {
      json& sub = (*at)["subspaces"][entry.name.substr(begin, slash - begin)];
      if (sub.is_null()) sub = {{"type", "Dict"}, {"subspaces", json::object()}};
      at = &sub;
      begin = slash + 1;
    }
    (*at)["subspaces"][entry.name.substr(begin)] = entry.dtype == DType::kUint8
                                                       ? box(entry.shape, "uint8", 0, 255)
                                                       : box(entry.shape, "float32", "-Infinity", "Infinity");
  }
  return root;
}

/// Python's json knows infinities as bare words.
std::string python_json(const json& value) {
  std::string text = value.dump();
  for (const std::string word : {"\"-Infinity\"", kInfinity}) {
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at)) {
      text.replace(at, word.size(), word.substr(1, word.size() - 2));
    }
  }
  return text;
}

class MinariWriter final : public DataWriter {
 public:
  MinariWriter(const fs::path& folder, const fs::path& shown)
      : data_((create_folders(folder / "data"), folder / "data")),
        file_(data_ / kMinariFile, shown / "data" / kMinariFile),
        shown_(shown) {}

  void add(const Episode& episode, int64_t number) override {
    if (episodes_ == 0) {
      first_.observation_spec = episode.observation_spec;
      first_.action_spec = episode.action_spec;
      first_.meta = episode.meta;
    } else if (!(episode.observation_spec == first_.observation_spec && episode.action_spec == first_.action_spec)) {
      throw DataError(concat(shown_.string(), ": episode ", number,
                             " has other observations or actions than those before it; a Minari set holds one kind"));
    }
    const std::string group = concat("episode_", episodes_);  // Minari wants them without a gap
    const int64_t T = episode.length();
    file_.attribute(group, "id", episodes_);
    file_.attribute(group, "total_steps", T);
    if (const auto seed = episode.meta.find("seed"); seed != episode.meta.end()) {
      file_.attribute(group, "seed", seed->second);  // as text: it may have 64 bits without a sign
    }
    file_.attribute(group, kHead, head_text(episode));
    for (const auto& entry : episode.observation_spec.entries) {
      auto shape = entry.shape;
      shape.insert(shape.begin(), T + 1);
      const std::string path = concat(group, "/observations/", entry.name);
      if (entry.dtype == DType::kUint8) {
        file_.write(path, episode.images.at(entry.name), shape, kGzip);
      } else {
        file_.write(path, episode.vectors.at(entry.name), shape);
      }
    }
    const int64_t A = episode.action_spec.dim;
    file_.write(group + "/actions", episode.action, {T, A});
    file_.write(group + "/rewards", episode.reward, {T});
    std::vector<uint8_t> terminations(static_cast<size_t>(T), 0), truncations(static_cast<size_t>(T), 0);
    (episode.terminal() ? terminations : truncations).back() = 1;
    file_.write_bools(group + "/terminations", terminations);
    file_.write_bools(group + "/truncations", truncations);
    std::vector<uint8_t> success{0};  // infos begin with those of the reset
    success.insert(success.end(), episode.success.begin(), episode.success.end());
    file_.write_bools(group + "/infos/success", success);
    file_.write(group + "/onramp/success", episode.success, {T});
    file_.write(group + "/onramp/executed_actions", episode.executed_action, {T, A});
    for (const auto& [name, column] : episode.extra)
      file_.write(concat(group, "/onramp/extra/", name), column.values, {T, column.width});
    file_.flush();
    unseen_.add(episode);
    ++episodes_;
    steps_ += T;
  }

  void finish() override {
    file_.close();
    json metadata = json::object();
    if (const auto known = first_.meta.find("minari_metadata"); known != first_.meta.end()) {
      metadata = json::parse(known->second, nullptr, /*allow_exceptions=*/false);
      if (!metadata.is_object()) metadata = json::object();
    }
    metadata["total_episodes"] = episodes_;
    metadata["total_steps"] = steps_;
    metadata["data_format"] = "hdf5";
    metadata["jpeg_encoding"] = false;  // the pictures as they are
    metadata["minari_version"] = kVersion;
    metadata["observation_space"] = python_json(space_of(first_.observation_spec));
    metadata["action_space"] = python_json(box({first_.action_spec.dim}, "float32", -1.0, 1.0));
    if (!metadata.contains("dataset_id")) metadata["dataset_id"] = "onramp/" + id_of(shown_) + "-v0";
    write_file(data_ / kMinariMetadata, metadata.dump(1, ' ', false, json::error_handler_t::replace));
  }
  std::string unseen() const override { return unseen_.text(); }

 private:
  /// Letters, digits, _ and - are all that an id may have.
  static std::string id_of(const fs::path& path) {
    std::string id = path.filename().string();
    for (char& c : id) c = std::isalnum(static_cast<unsigned char>(c)) || c == '_' ? c : '-';
    return id.empty() ? "set" : id;
  }

  fs::path data_;
  Hdf5StreamWriter file_;
  fs::path shown_;
  Episode first_;  // what all have in common, without numbers
  int64_t episodes_ = 0, steps_ = 0;
  Unseen unseen_;
};

}  // namespace

std::unique_ptr<DataWriter> make_minari_writer(const fs::path& folder, const fs::path& shown) {
  return std::make_unique<MinariWriter>(folder, shown);
}

}  // namespace onramp::detail
