#include "minari_layout.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "sources.h"

namespace onramp::detail {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr uint64_t kMaxMetadata = 64 << 20;
constexpr int kMaxDepth = 64;

json parse(const std::string& text, const std::string& label) {
  const auto watch_depth = [&](int depth, json::parse_event_t, json&) {
    if (depth > kMaxDepth) throw DataError(concat(label, ": its JSON is nested deeper than ", kMaxDepth));
    return true;
  };
  try {
    return json::parse(text, watch_depth);
  } catch (const json::exception&) {
    throw DataError(concat(label, ": is no JSON that can be read; the set is damaged"));
  }
}

/// Numbers of nested lists, in order. Python writes infinities as bare words, which JSON does not know: see below.
void flatten(const json& value, std::vector<double>& out) {
  if (value.is_array()) {
    for (const auto& item : value) flatten(item, out);
  } else {
    out.push_back(value.is_number() ? value.get<double>() : std::numeric_limits<double>::infinity());
  }
}

/// Infinity, -Infinity and NaN, as Python's json writes them, become null. Outside of quotes only.
std::string standard_json(const std::string& text) {
  std::string out;
  bool quoted = false;
  for (size_t i = 0; i < text.size();) {
    if (quoted && text[i] == '\\') {  // and whatever it escapes
      out += text.substr(i, 2);
      i += 2;
      continue;
    }
    if (text[i] == '"') quoted = !quoted;
    size_t skip = 0;
    for (const std::string_view word : {"-Infinity", "Infinity", "NaN"}) {
      if (!quoted && skip == 0 && text.compare(i, word.size(), word) == 0) skip = word.size();
    }
    out += skip > 0 ? "null" : std::string(1, text[i]);
    i += std::max<size_t>(skip, 1);
  }
  return out;
}

/// As Minari decides it: what it stores as JPEG.
bool is_picture_space(const json& space) {
  const auto shape = space.at("shape").get<std::vector<int64_t>>();
  if (space.at("dtype") != "uint8" || (shape.size() != 2 && shape.size() != 3)) return false;
  std::vector<double> low, high;
  flatten(space.at("low"), low);
  flatten(space.at("high"), high);
  const auto all = [](const std::vector<double>& values, double want) {
    for (const double value : values) {
      if (value != want) return false;
    }
    return true;
  };
  return shape[0] >= 32 && shape[1] >= 32 && all(low, 0) && all(high, 255);
}

void find_leaves(const json& space, const std::string& name, const std::string& path, bool jpeg,
                 std::vector<MinariLeaf>& out) {
  const auto type = space.at("type").get<std::string>();
  const auto below = [&](const std::string& key) { return name.empty() ? key : concat(name, "/", key); };
  if (type == "Dict") {
    for (const auto& [key, sub] : space.at("subspaces").items()) {
      find_leaves(sub, below(key), concat(path, "/", key), jpeg, out);
    }
  } else if (type == "Tuple") {
    int64_t i = 0;
    for (const auto& sub : space.at("subspaces")) {
      find_leaves(sub, below(std::to_string(i)), concat(path, "/_index_", i), jpeg, out);
      ++i;
    }
  } else {
    const bool picture = type == "Box" && is_picture_space(space);
    out.push_back(
        {name.empty() ? (picture ? "image" : "state") : name, path, picture && jpeg, type == "Text" ? type : ""});
  }
}

}  // namespace

MinariFacts read_minari_facts(const fs::path& metadata) {
  MinariFacts facts;
  if (!fs::exists(metadata)) return facts;
  const std::string label = metadata.string();
  json all = parse(standard_json(read_file(metadata, kMaxMetadata)), label);
  if (!all.is_object()) throw DataError(concat(label, ": is no JSON object; the set is damaged"));
  try {
    facts.episodes = all.value("total_episodes", int64_t{-1});
    facts.steps = all.value("total_steps", int64_t{-1});
    const bool jpeg = all.value("jpeg_encoding", true);
    if (all.contains("observation_space")) {
      find_leaves(parse(standard_json(all.at("observation_space").get<std::string>()), label), "", "observations", jpeg,
                  facts.leaves);
    }
    if (all.contains("action_space")) {
      const json space = parse(standard_json(all.at("action_space").get<std::string>()), label);
      if (const auto type = space.at("type").get<std::string>(); type != "Box") {
        facts.action_kind = type;
      } else {
        flatten(space.at("low"), facts.action_low);
        flatten(space.at("high"), facts.action_high);
      }
    }
    // The rest says where the set comes from. Counts and spaces follow from the data.
    for (const char* key : {"observation_space", "action_space", "total_episodes", "total_steps", "dataset_size"})
      all.erase(key);
    facts.text = all.dump(-1, ' ', false, json::error_handler_t::replace);
  } catch (const json::exception&) {
    throw DataError(concat(label, ": its spaces are not as Minari writes them; the set is damaged"));
  }
  return facts;
}

int64_t minari_number(const std::string& name) {
  constexpr std::string_view kPrefix = "episode_";
  int64_t number = -1;
  if (!name.starts_with(kPrefix) || name.size() == kPrefix.size()) return -1;
  const char* end = name.data() + name.size();
  const auto [at, error] = std::from_chars(name.data() + kPrefix.size(), end, number);
  return error == std::errc{} && at == end && number >= 0 ? number : -1;
}

fs::path minari_file(const fs::path& folder) {
  for (const auto& file : {folder / kMinariFile, folder / "data" / kMinariFile}) {
    if (fs::is_regular_file(file)) return file;
  }
  return {};
}

}  // namespace onramp::detail
