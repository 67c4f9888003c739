// A configuration as a tree of values, each of which remembers where it was written.
//
// Reading files (`base:` inheritance), command-line overrides and writing YAML live here; what the keys mean is the
// business of config.h, which reads a tree into a struct.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onramp {

/// Where a value or a key was written.
struct Origin {
  std::string source;  ///< file as the user named it, or "--set a.b=1"; empty when a program made the value
  int line = 0;        ///< from 1; 0 when there is none
  int column = 0;      ///< from 1
  std::filesystem::path
      folder;  ///< absolute; relative paths start here (the file's folder; for --set where the program ran)

  /// "quickstart.yaml:12:5", "--set a.b=1" or "".
  std::string str() const;
};

/// Immutable, cheap to copy. A map keeps the order of its keys; no key occurs twice.
class ConfigNode {
 public:
  struct Item;  // {key, key_origin, value}

  ConfigNode();  ///< null
  static ConfigNode scalar(std::string text, bool quoted = false, Origin origin = {});
  static ConfigNode list(std::vector<ConfigNode> elements, Origin origin = {});
  static ConfigNode map(std::vector<Item> items, Origin origin = {});
  static ConfigNode null(Origin origin);

  bool is_null() const;
  bool is_scalar() const;
  bool is_list() const;
  bool is_map() const;

  const Origin& origin() const;
  /// "agent.hidden[2]"; empty at the root.
  const std::string& path() const { return path_; }
  /// A scalar's text; quoted() tells "1" from 1.
  const std::string& text() const;
  bool quoted() const;

  std::size_t size() const;  ///< elements of a list or keys of a map; else 0
  bool has(std::string_view key) const;
  /// @throws ConfigError when there is no such key
  ConfigNode at(std::string_view key) const;
  /// The same, but null, with this node's origin, when there is no such key.
  ConfigNode get(std::string_view key) const;
  /// @throws ConfigError unless this is a list with more than `index` elements
  ConfigNode element(std::size_t index) const;
  std::vector<ConfigNode> elements() const;  ///< of a list
  std::vector<Item> items() const;           ///< of a map, in order
  /// A copy of this map with a key added, replaced, or taken away.
  ConfigNode with(std::string_view key, const ConfigNode& value) const;
  ConfigNode without(std::string_view key) const;

  /// Reads this value as T: a number, text, enum, list, struct with fields(), ... (include config.h).
  template <class T>
  T as() const;

  /// What this is, for messages: "'abc'", "a list", "keys and values", "nothing".
  std::string describe() const;
  /// Throws ConfigError "origin: path: message".
  [[noreturn]] void fail(const std::string& message) const;

 private:
  struct Data;
  ConfigNode(std::shared_ptr<const Data> data, std::string path);
  std::shared_ptr<const Data> data_;
  std::string path_;
};

/// A key of a map, where it stands, and its value.
struct ConfigNode::Item {
  std::string key;
  Origin key_origin;
  ConfigNode value;
};

/// Reads a YAML file whose root is a map. `base: other.yaml` (or a list, later ones win; relative to the file) is what
/// the file's own keys are merged onto, see merge_config. Then `overrides` ("a.b.c=value") are applied.
/// @throws ConfigError for a file that is not there, is a folder, is empty, is not YAML, has a key twice or inherits from itself
ConfigNode load_config(const std::filesystem::path& file, const std::vector<std::string>& overrides = {});

/// The same from text, without `base:`. `name` stands for the file in messages; paths are relative to `folder`.
ConfigNode parse_config_text(std::string_view text, std::string name,
                             const std::filesystem::path& folder = std::filesystem::current_path());

/// Maps merge key by key; a map over a list changes the elements that its keys mean (an index from 0, or an element's
/// `name`; null takes it away); all else in `over` replaces, as does a map of another `type`: old keys mean nothing there.
/// @throws ConfigError for a key that means no element
ConfigNode merge_config(const ConfigNode& base, const ConfigNode& over);

/// `a.b=value`, `list=[1, 2]`, `list.0.key=value` (or `list.name.key`). The value is taken as it stands unless it starts
/// with a quote or a bracket, which make it YAML. The order of overrides matters only where two set the same key.
/// @param option  where they come from, as messages name it
/// @throws ConfigError for an override without '=', or an index outside its list
ConfigNode apply_overrides(const ConfigNode& config, const std::vector<std::string>& overrides,
                           const std::string& option = "--set");

/// YAML text that reads back as the same tree.
std::string to_yaml(const ConfigNode& node);

/// SHA-256 of to_yaml: equal for equal resolved configs, however they were written.
std::string config_hash(const ConfigNode& node);

/// The first place where two configs differ, "agent.alpha: '1.0' against '2.0'"; nothing when they hold the same.
/// @param of_a, of_b  whose value it is, for people: "in the folder"
std::optional<std::string> config_difference(const ConfigNode& a, const ConfigNode& b, const std::string& of_a = {},
                                             const std::string& of_b = {});

}  // namespace onramp
