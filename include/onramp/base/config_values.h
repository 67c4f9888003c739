// How each C++ type reads from, and writes to, a ConfigNode. Extension points: fields() of a struct, enum_names() of an
// enum, and read() / dump() / help() of a class that does it all itself (Component of catalog.h).
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "onramp/base/config_constraint.h"
#include "onramp/base/config_node.h"
#include "onramp/base/text.h"

namespace onramp {

/// Lines of help_config.
struct HelpRow {
  int depth;
  std::string text;     // "alpha: 1.0"
  std::string comment;  // "number, >= 0: weight of ..."
};
using HelpRows = std::vector<HelpRow>;

namespace detail {

struct AnyVisitor {
  template <class... Args>
  void operator()(const char*, Args&&...) {}
};

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};
template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};
template <class T>
struct is_array : std::false_type {};
template <class T, std::size_t N>
struct is_array<std::array<T, N>> : std::true_type {};
template <class T>
struct is_map : std::false_type {};
template <class T>
struct is_map<std::map<std::string, T>> : std::true_type {};

// Scalars. Each throws ConfigError "origin: path: want ..., got ...".
bool read_bool(const ConfigNode& node);
std::int64_t read_signed(const ConfigNode& node, std::int64_t low, std::int64_t high, const Constraint& constraint);
std::uint64_t read_unsigned(const ConfigNode& node, std::uint64_t high, const Constraint& constraint);
double read_double(const ConfigNode& node, const Constraint& constraint);
float read_float(const ConfigNode& node, const Constraint& constraint);
std::string read_text(const ConfigNode& node, const Constraint& constraint);
std::filesystem::path read_path(const ConfigNode& node, const Constraint& constraint);
std::size_t read_choice(const ConfigNode& node, const std::vector<std::string>& names);  // index into names
void check_list(const ConfigNode& node, const std::string& element_type, const Constraint& constraint);
/// That it is a list of this size.
void check_list_size(const ConfigNode& node, const std::string& element_type, std::size_t size);
/// "list of 2 numbers".
std::string list_type(std::size_t size, const std::string& element_type);
/// Whether a person wrote `none`; nothing is written `null` here.
bool says_none(const ConfigNode& node);
[[noreturn]] void refuse_none(const ConfigNode& node);
void check_map(const ConfigNode& node, const Constraint& constraint);
/// Every key of `node` must be in `known`, every name in `required` be there.
void check_keys(const ConfigNode& node, const std::vector<std::string>& known,
                const std::vector<std::string>& required);
ConfigNode text_node(const std::string& text);

}  // namespace detail

template <class T>
concept ConfigStruct = std::is_class_v<T> && requires(T value, detail::AnyVisitor& visitor) {
  value.fields(visitor);
};

template <class T>
concept ConfigEnum = std::is_enum_v<T> && requires {
  enum_names(static_cast<T*>(nullptr));
};

template <class T>
concept ConfigPart = std::is_class_v<T> && requires(T part, const ConfigNode& node, HelpRows& rows) {
  part.read(node);
  { std::as_const(part).dump() } -> std::same_as<ConfigNode>;
  { std::as_const(part).type_name() } -> std::convertible_to<std::string>;
  std::as_const(part).help(rows, 0);
};

template <ConfigEnum E>
std::vector<std::string> enum_words() {
  std::vector<std::string> words;
  for (const auto& [value, name] : enum_names(static_cast<E*>(nullptr))) words.emplace_back(name);
  return words;
}

/// The word that stands for `value` in a config.
template <ConfigEnum E>
std::string enum_name(E value) {
  for (const auto& [candidate, name] : enum_names(static_cast<E*>(nullptr)))
    if (candidate == value) return std::string(name);
  return concat("?", static_cast<long long>(value));
}

namespace detail {

template <class T>
std::string type_name(const T& sample) {
  if constexpr (std::is_same_v<T, bool>)
    return "true or false";
  else if constexpr (std::integral<T>)
    return "integer";
  else if constexpr (std::floating_point<T>)
    return "number";
  else if constexpr (std::is_same_v<T, std::string>)
    return "text";
  else if constexpr (std::is_same_v<T, std::filesystem::path>)
    return "path";
  else if constexpr (ConfigEnum<T>)
    return join(enum_words<T>(), " | ");
  else if constexpr (ConfigPart<T>)
    return sample.type_name();
  else if constexpr (std::is_same_v<T, ConfigNode>)
    return "anything";
  else if constexpr (is_optional<T>::value)
    return type_name(typename T::value_type{}) + " or null";
  else if constexpr (is_vector<T>::value)
    return "list of " + type_name(typename T::value_type{});
  else if constexpr (is_array<T>::value)
    return list_type(sample.size(), type_name(typename T::value_type{}));
  else if constexpr (is_map<T>::value)
    return "names, each with " + type_name(typename T::mapped_type{});
  else {
    static_assert(ConfigStruct<T>,
                  "a config field must be a number, text, path, enum, struct with fields(), or a list of such");
    return "keys and values";
  }
}

template <class T>
ConfigNode dump_value(const T& value);
template <class T>
void read_value(const ConfigNode& node, T& value, const Constraint& constraint);

/// Collects the names of a struct's fields.
struct NameVisitor {
  std::vector<std::string> names, required;
  template <class T, class... Cs>
  void operator()(const char* name, T&, const char*, const Cs&... cs) {
    names.emplace_back(name);
    if (combine({cs...}).required) required.emplace_back(name);
  }
};

struct ReadVisitor {
  const ConfigNode& node;
  template <class T, class... Cs>
  void operator()(const char* name, T& member, const char*, const Cs&... cs) {
    // A struct that is not given is read all the same: something in it may be required.
    if (ConfigStruct<T> || node.has(name)) read_value(node.get(name), member, combine({cs...}));
  }
};

struct DumpVisitor {
  std::vector<ConfigNode::Item> items;
  template <class T, class... Cs>
  void operator()(const char* name, T& member, const char*, const Cs&...) {
    items.push_back({name, {}, dump_value(member)});
  }
};

/// Runs the struct's own cross-field check; what it throws gets the struct's place in front.
template <class T>
void validate_at(const ConfigNode& node, const T& value);

template <class T>
void read_value(const ConfigNode& node, T& value, const Constraint& constraint) {
  if constexpr (std::is_same_v<T, bool>) {
    value = read_bool(node);
  } else if constexpr (std::signed_integral<T>) {
    value = static_cast<T>(read_signed(node, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), constraint));
  } else if constexpr (std::unsigned_integral<T>) {
    value = static_cast<T>(read_unsigned(node, std::numeric_limits<T>::max(), constraint));
  } else if constexpr (std::is_same_v<T, float>) {
    value = read_float(node, constraint);
  } else if constexpr (std::is_same_v<T, double>) {
    value = read_double(node, constraint);
  } else if constexpr (std::is_same_v<T, std::string>) {
    value = read_text(node, constraint);
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    value = read_path(node, constraint);
  } else if constexpr (ConfigEnum<T>) {
    value = enum_names(static_cast<T*>(nullptr))[read_choice(node, enum_words<T>())].first;
  } else if constexpr (ConfigPart<T>) {
    value.read(node);
  } else if constexpr (std::is_same_v<T, ConfigNode>) {
    value = node;
  } else if constexpr (is_optional<T>::value) {
    if (node.is_null()) {
      value.reset();
    } else {
      using Inner = typename T::value_type;
      // Text and paths may be called so; of words the type's own come first.
      if constexpr (!std::is_same_v<Inner, std::string> && !std::is_same_v<Inner, std::filesystem::path>) {
        bool is_word = false;
        if constexpr (ConfigEnum<Inner>) {
          const auto words = enum_words<Inner>();
          is_word = node.is_scalar() && std::find(words.begin(), words.end(), node.text()) != words.end();
        }
        if (!is_word && says_none(node)) refuse_none(node);
      }
      Inner inner = value.value_or(Inner{});
      read_value(node, inner, constraint);
      value = std::move(inner);
    }
  } else if constexpr (is_vector<T>::value) {
    check_list(node, type_name(typename T::value_type{}), constraint);
    T elements;
    for (const auto& element : node.elements()) {
      typename T::value_type inner{};
      read_value(element, inner, constraint);
      elements.push_back(std::move(inner));
    }
    value = std::move(elements);
  } else if constexpr (is_array<T>::value) {
    check_list_size(node, type_name(typename T::value_type{}), value.size());
    for (std::size_t i = 0; i < value.size(); ++i) read_value(node.element(i), value[i], constraint);
  } else if constexpr (is_map<T>::value) {
    check_map(node, constraint);
    T entries;
    for (const auto& item : node.items()) read_value(item.value, entries[item.key], constraint);
    value = std::move(entries);
  } else {
    static_assert(ConfigStruct<T>,
                  "a config field must be a number, text, path, enum, struct with fields(), or a list of such");
    check_map(node, {});
    NameVisitor names;
    value.fields(names);
    check_keys(node, names.names, names.required);
    ReadVisitor reader{node};
    value.fields(reader);
    validate_at(node, value);
  }
}

template <class T>
ConfigNode dump_value(const T& value) {
  if constexpr (std::is_same_v<T, bool>)
    return ConfigNode::scalar(value ? "true" : "false");
  else if constexpr (std::integral<T>)
    return ConfigNode::scalar(std::to_string(value));
  else if constexpr (std::floating_point<T>)
    return ConfigNode::scalar(format_number(value));
  else if constexpr (std::is_same_v<T, std::string>)
    return text_node(value);
  else if constexpr (std::is_same_v<T, std::filesystem::path>)
    return text_node(value.string());
  else if constexpr (ConfigEnum<T>)
    return text_node(enum_name(value));
  else if constexpr (ConfigPart<T>)
    return value.dump();
  else if constexpr (std::is_same_v<T, ConfigNode>)
    return value;
  else if constexpr (is_optional<T>::value)
    return value ? dump_value(*value) : ConfigNode();
  else if constexpr (is_vector<T>::value || is_array<T>::value) {
    std::vector<ConfigNode> elements;
    elements.reserve(value.size());
    for (const auto& element : value) elements.push_back(dump_value(element));
    return ConfigNode::list(std::move(elements));
  } else if constexpr (is_map<T>::value) {
    std::vector<ConfigNode::Item> items;
    items.reserve(value.size());
    for (const auto& [key, element] : value) items.push_back({key, {}, dump_value(element)});
    return ConfigNode::map(std::move(items));
  } else {
    DumpVisitor visitor;
    const_cast<T&>(value).fields(
        visitor);  // fields() is one declaration for reading and writing; the visitor only reads
    return ConfigNode::map(std::move(visitor.items));
  }
}

}  // namespace detail
}  // namespace onramp
