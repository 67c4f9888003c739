// Typed configuration: one declaration of a struct's fields gives parsing, range checks, help and the resolved dump.
//
//   struct SacConfig {
//     double gamma = 0.99;
//     std::vector<std::int64_t> hidden{256, 256};
//     template <class V> void fields(V& v) {
//       v("gamma", gamma, "discount of one step", in_range(0.0, 1.0));
//       v("hidden", hidden, "units of each hidden layer", at_least(1));
//     }
//     void validate() const;   // optional: throws ConfigError or ValueError about several fields at once
//   };
//   constexpr auto enum_names(Mu*) { return std::array{std::pair{Mu::kUniform, "uniform"}, ...}; }   // by ADL
//
// Field types: bool, integers, float, double, std::string, std::filesystem::path (relative to the file that names it),
// enums with enum_names, structs with fields(), Component (catalog.h), ConfigNode (kept unread), and std::optional,
// std::vector, std::array, std::map<std::string, .> of these. A key that is not given keeps the struct's default.
#pragma once

#include <string>

#include "onramp/base/config_constraint.h"
#include "onramp/base/config_node.h"
#include "onramp/base/config_values.h"
#include "onramp/base/error.h"

namespace onramp {

/// Reads `node` over the values that `config` holds.
/// @throws ConfigError "file:line:column: path: ..." for the first unknown key, wrong type or value out of range
template <class T>
void read_config_into(const ConfigNode& node, T& config) {
  detail::read_value(node, config, {});
}

template <class T>
T read_config(const ConfigNode& node) {
  T config{};
  read_config_into(node, config);
  return config;
}

/// Everything, defaults included; reads back as an equal struct from any folder (paths that were read are absolute).
template <class T>
ConfigNode dump_config(const T& config) {
  return detail::dump_value(config);
}

/// Checks a config that a program filled in, as if it had been read.  @throws ConfigError
template <class T>
void check_config(const T& config) {
  T copy = config;
  read_config_into(dump_config(config), copy);
}

namespace detail {
struct HelpVisitor {
  HelpRows& rows;
  int depth;
  template <class T, class... Cs>
  void operator()(const char* name, T& member, const char* doc, const Cs&... cs);
};
void add_help_row(HelpRows& rows, int depth, const char* name, const ConfigNode* value, const std::string& type,
                  const Constraint& constraint, const char* doc);
void mark_as_list_element(HelpRows& rows, std::size_t first);
std::string render_help(const HelpRows& rows);

template <class T>
void help_rows(T& value, HelpRows& rows, int depth) {
  HelpVisitor visitor{rows, depth};
  value.fields(visitor);
}

template <class T, class... Cs>
void HelpVisitor::operator()(const char* name, T& member, const char* doc, const Cs&... cs) {
  const auto constraint = combine({cs...});
  if constexpr (ConfigStruct<T>) {
    add_help_row(rows, depth, name, nullptr, "", constraint, doc);
    help_rows(member, rows, depth + 1);
  } else if constexpr (ConfigPart<T>) {
    add_help_row(rows, depth, name, nullptr, member.type_name(), constraint, doc);
    member.help(rows, depth + 1);
  } else {
    const auto value = dump_value(member);
    add_help_row(rows, depth, name, &value, type_name(member), constraint, doc);
    if constexpr (is_optional<T>::value || is_vector<T>::value) {
      if constexpr (ConfigStruct<typename T::value_type>) {
        typename T::value_type element{};
        const auto first = rows.size();
        help_rows(element, rows, depth + (is_vector<T>::value ? 2 : 1));
        if constexpr (is_vector<T>::value) mark_as_list_element(rows, first);
      }
    } else if constexpr (is_map<T>::value) {
      if constexpr (ConfigStruct<typename T::mapped_type>) {
        typename T::mapped_type element{};
        add_help_row(rows, depth + 1, "<name>", nullptr, "", {}, "");
        help_rows(element, rows, depth + 2);
      }
    }
  }
}

template <class T>
void validate_at(const ConfigNode& node, const T& value) {
  if constexpr (requires { value.validate(); }) {
    try {
      value.validate();
    } catch (const ConfigError& error) {
      node.fail(error.what());
    } catch (const ValueError& error) {
      node.fail(error.what());
    }
  }
}
}  // namespace detail

/// Every key with its default, type, range and meaning, nested as in a file.
template <class T>
std::string help_config(T config = {}) {
  HelpRows rows;
  detail::help_rows(config, rows, 0);
  return detail::render_help(rows);
}

template <class T>
T ConfigNode::as() const {
  return read_config<T>(*this);
}

}  // namespace onramp
