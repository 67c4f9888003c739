// Files, inheritance and overrides of configs.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "config_parser.h"
#include "onramp/base/config_node.h"
#include "onramp/base/error.h"
#include "onramp/base/printable.h"

namespace onramp {
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t kLargestFile = 4 << 20;

// The text of a config file; `named_at` stands in front of messages when another file names this one.
std::string read_text_file(const fs::path& file, const std::string& named_at) {
  const auto refuse = [&](const std::string& why) {
    throw ConfigError(one_line(concat(named_at, file.string(), ": ", why)));
  };
  std::error_code error;
  const auto status = fs::status(file, error);
  if (status.type() == fs::file_type::not_found) {
    std::vector<std::string> beside;
    const auto folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    for (const auto& entry : fs::directory_iterator(folder, error)) beside.push_back(entry.path().filename().string());
    std::sort(beside.begin(), beside.end());
    refuse("no such file" + did_you_mean(file.filename().string(), beside));
  }
  if (fs::is_directory(status)) refuse("is a folder; want a YAML file");
  if (fs::is_regular_file(status) && fs::file_size(file, error) > kLargestFile) refuse("too large for a config file");
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.good() && !stream.eof()) refuse(concat("cannot be read: ", std::strerror(errno != 0 ? errno : EIO)));
  return text;
}

ConfigNode parse_file(std::string_view text, std::string name, fs::path folder) {
  const Origin origin{std::move(name), 1, 1, std::move(folder)};
  const auto root = detail::parse_yaml(text, origin);
  if (root.is_null()) throw ConfigError(one_line(origin.source + ": is empty; want keys and values"));
  if (!root.is_map()) root.fail("want keys and values, got " + root.describe());
  return root;
}

ConfigNode load_file(const fs::path& file, const std::string& named_at, std::vector<fs::path>& chain) {
  const auto text = read_text_file(file, named_at);
  const auto identity = fs::weakly_canonical(file);
  const bool cycle = std::find(chain.begin(), chain.end(), identity) != chain.end();
  chain.push_back(identity);
  if (cycle) {
    std::string way;
    for (const auto& link : chain) way += (way.empty() ? "" : " -> ") + link.filename().string();
    throw ConfigError(one_line(concat(named_at, "inherits from itself: ", way)));
  }
  const auto own = parse_file(text, file.string(), fs::absolute(file).parent_path());
  auto result = own;
  if (own.has("base")) {
    const auto base = own.at("base");
    const auto names = base.is_list() ? base.elements() : std::vector{base};
    std::optional<ConfigNode> merged;
    for (const auto& name : names) {
      if (!name.is_scalar() || name.text().empty()) name.fail("want the name of a YAML file, got " + name.describe());
      const auto parent_file = (file.parent_path() / name.text()).lexically_normal();
      const auto parent = load_file(parent_file, concat(name.origin().str(), ": ", name.path(), ": "), chain);
      merged = merged ? merge_config(*merged, parent) : parent;
    }
    result = own.without("base");
    if (merged) result = merge_config(*merged, result);
  }
  chain.pop_back();
  return result;
}

struct Override {  // a tree of what the overrides set
  std::string key;
  Origin origin;
  std::optional<ConfigNode> value{};  // set here; children apply on top
  std::vector<Override> children{};

  Override& child(const std::string& name, const Origin& from) {
    for (auto& existing : children)
      if (existing.key == name) return existing;
    return children.emplace_back(Override{name, from});
  }
};

std::vector<std::string> split_path(const std::string& path, const Origin& origin, const std::string& option) {
  std::vector<std::string> keys(1);
  for (const char c : path) {
    if (c == '.' || c == '[')
      keys.emplace_back();
    else if (c != ']')
      keys.back() += c;
  }
  for (const auto& key : keys) {
    if (key.empty()) throw ConfigError(one_line(concat(origin.source, ": want ", option, " key.key=value")));
    if (key.size() > detail::kLongestKey)
      throw ConfigError(concat(option, ": a key of ", key.size(), " characters; want at most ", detail::kLongestKey));
  }
  return keys;
}

std::optional<std::size_t> as_index(const std::string& key) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  return error == std::errc() && end == key.data() + key.size() ? std::optional(index) : std::nullopt;
}

// The words that stand for nothing in a file stand for nothing here.
bool is_null_word(const std::string& text) { return text == "null" || text == "Null" || text == "NULL" || text == "~"; }

ConfigNode override_value(const std::string& text, const Origin& origin) {
  if (is_null_word(text)) return ConfigNode::null(origin);
  const bool is_yaml = !text.empty() && std::strchr("[{\"'", text.front()) != nullptr;
  return is_yaml ? detail::parse_yaml(text, origin) : ConfigNode::scalar(text, /*quoted=*/text.empty(), origin);
}

std::size_t height_of(const ConfigNode& node) {
  std::size_t height = 0;
  if (node.is_map()) {
    for (const auto& item : node.items()) height = std::max(height, height_of(item.value));
  } else if (node.is_list()) {
    for (const auto& element : node.elements()) height = std::max(height, height_of(element));
  } else {
    return 0;
  }
  return height + 1;
}

void add_override(Override& root, const std::string& text, const std::string& option) {
  const Origin origin{option + " " + text, 0, 0, fs::current_path()};
  const auto equals = text.find('=');
  if (equals == std::string::npos)
    throw ConfigError(one_line(concat(origin.source, ": want ", option, " key.key=value")));
  const auto keys = split_path(text.substr(0, equals), origin, option);
  if (keys[0] == "base") throw ConfigError(one_line(origin.source + ": 'base' can only be said in a file"));
  auto value = override_value(text.substr(equals + 1), origin);
  if (keys.size() + height_of(value) > detail::kDeepest)
    throw ConfigError(concat(option, ": more than ", detail::kDeepest, " levels deep"));
  auto* place = &root;
  for (const auto& key : keys) place = &place->child(key, origin);
  place->origin = origin;
  place->value = std::move(value);
  place->children.clear();
}

/// The element of a list that a key means: its index from 0, or the `name` that it holds.
std::size_t find_element(const ConfigNode& list, const std::string& key, const Origin& asked_at) {
  std::vector<std::string> names;
  for (const auto& element : list.elements()) {
    const auto name = element.get("name");
    names.push_back(name.is_scalar() ? name.text() : "");
  }
  const auto named = std::find(names.begin(), names.end(), key);
  if (named != names.end() && !key.empty()) return static_cast<std::size_t>(named - names.begin());
  const auto index = as_index(key);
  if (index && *index < names.size()) return *index;
  std::erase(names, "");
  throw ConfigError(
      one_line(concat(asked_at.str(), ": ", list.path(), list.path().empty() ? "" : ": ", "a list of ", list.size(),
                      "; want an index from 0 to ", list.size() - 1, names.empty() ? "" : " or a name (", join(names),
                      names.empty() ? "" : ")", ", got '", key, "'", did_you_mean(key, names))));
}

ConfigNode without_nulls(std::vector<ConfigNode> elements, const Origin& origin) {
  std::erase_if(elements, [](const ConfigNode& element) { return element.is_null(); });
  return ConfigNode::list(std::move(elements), origin);
}

ConfigNode apply(const ConfigNode& node, const Override& change);

ConfigNode apply_to_list(const ConfigNode& list, const Override& change) {
  auto elements = list.elements();
  for (const auto& child : change.children) {
    auto& element = elements[find_element(list, child.key, child.origin)];
    element = apply(element, child);
  }
  return without_nulls(std::move(elements), list.origin());
}

/// A map over a list changes the elements that its keys name.
ConfigNode merge_into_list(const ConfigNode& list, const ConfigNode& over) {
  auto elements = list.elements();
  for (const auto& item : over.items()) {
    auto& element = elements[find_element(list, item.key, item.key_origin)];
    element = merge_config(element, item.value);
  }
  return without_nulls(std::move(elements), list.origin());
}

ConfigNode apply(const ConfigNode& node, const Override& change) {
  auto result = change.value ? merge_config(node, *change.value) : node;
  if (change.children.empty()) return result;
  if (result.is_list() && result.size() > 0) return apply_to_list(result, change);
  if (!result.is_map()) result = ConfigNode::map({}, change.origin);
  for (const auto& child : change.children) {
    const bool other_type = child.key == "type" && child.value && child.value->is_scalar() &&
                            result.get("type").is_scalar() && child.value->text() != result.get("type").text();
    if (other_type) result = ConfigNode::map({}, result.origin());
  }
  for (const auto& child : change.children) {
    auto current = result.has(child.key) ? result.get(child.key) : ConfigNode::null(child.origin);
    result = result.with(child.key, apply(current, child));
  }
  return result;
}

}  // namespace

ConfigNode parse_config_text(std::string_view text, std::string name, const fs::path& folder) {
  return parse_file(text, std::move(name), fs::absolute(folder));
}

ConfigNode load_config(const fs::path& file, const std::vector<std::string>& overrides) {
  std::vector<fs::path> chain;
  return apply_overrides(load_file(file, "", chain), overrides);
}

ConfigNode merge_config(const ConfigNode& base, const ConfigNode& over) {
  if (base.is_list() && base.size() > 0 && over.is_map()) return merge_into_list(base, over);
  if (!base.is_map() || !over.is_map()) return over;
  const auto old_type = base.get("type"), new_type = over.get("type");
  if (old_type.is_scalar() && new_type.is_scalar() && old_type.text() != new_type.text()) return over;
  auto items = base.items();
  for (auto& item : over.items()) {
    const auto found =
        std::find_if(items.begin(), items.end(), [&](const auto& other) { return other.key == item.key; });
    if (found == items.end())
      items.push_back(std::move(item));
    else
      *found = {item.key, item.key_origin, merge_config(found->value, item.value)};
  }
  return ConfigNode::map(std::move(items), over.origin());
}

ConfigNode apply_overrides(const ConfigNode& config, const std::vector<std::string>& overrides,
                           const std::string& option) {
  Override root;
  for (const auto& text : overrides) add_override(root, text, option);
  return apply(config, root);
}

}  // namespace onramp
