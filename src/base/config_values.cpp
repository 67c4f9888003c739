#include "onramp/base/config_values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "onramp/base/config_constraint.h"
#include "onramp/base/error.h"
#include "onramp/base/printable.h"

namespace onramp {

bool Constraint::allows(double value) const {
  if (min && !(min_open ? value > *min : value >= *min)) return false;
  if (max && !(max_open ? value < *max : value <= *max)) return false;
  return true;
}

std::string Constraint::describe() const {
  // As people write numbers: "1" rather than "1.0".
  const auto number = [](double x) { return concat(x); };
  std::vector<std::string> parts;
  if (min && max)
    parts.push_back(concat("in ", min_open ? "(" : "[", number(*min), ", ", number(*max), max_open ? ")" : "]"));
  else if (min)
    parts.push_back(concat(min_open ? "> " : ">= ", number(*min)));
  else if (max)
    parts.push_back(concat(max_open ? "< " : "<= ", number(*max)));
  if (!choices.empty()) parts.push_back("one of " + join(choices));
  if (not_empty) parts.push_back("not empty");
  if (non_finite) parts.push_back(".inf and .nan allowed");
  return join(parts);
}

Constraint combine(std::initializer_list<Constraint> parts) {
  Constraint all;
  for (const auto& part : parts) {
    if (part.min) all.min = part.min, all.min_open = part.min_open;
    if (part.max) all.max = part.max, all.max_open = part.max_open;
    all.non_finite |= part.non_finite;
    all.required |= part.required;
    all.not_empty |= part.not_empty;
    if (!part.choices.empty()) all.choices = part.choices;
  }
  return all;
}

namespace detail {
namespace {

[[noreturn]] void refuse(const ConfigNode& node, const std::string& wanted) {
  const bool string_of_number = node.quoted() && !node.text().empty();
  node.fail(concat("want ", wanted, ", got ", string_of_number ? "the text " : "", node.describe()));
}

void check_range(const ConfigNode& node, const Constraint& constraint, double value) {
  if (!constraint.allows(value)) node.fail(concat("want ", constraint.describe(), ", got ", node.text()));
}

std::string_view unsigned_text(const ConfigNode& node) {
  std::string_view text = node.text();
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  return text;
}

template <class Number>
std::errc parse(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return end == text.data() + text.size() ? error : std::errc::invalid_argument;
}

// "1e6" and "3.0" are integers too.
template <class Integer>
Integer read_integer(const ConfigNode& node, Integer low, Integer high, const Constraint& constraint) {
  if (!node.is_scalar() || node.quoted()) refuse(node, "an integer");
  const auto text = unsigned_text(node);
  const auto refuse_size = [&] { node.fail(concat("want an integer from ", low, " to ", high, ", got ", text)); };
  Integer value = 0;
  auto error = parse(text, value);
  if (error == std::errc::invalid_argument) {
    double number = 0.0;
    error = parse(text, number);
    if (error == std::errc::invalid_argument || std::isnan(number)) refuse(node, "an integer");
    constexpr double kExact = 9007199254740992.0;  // 2^53: beyond, a double does not tell one integer from the next
    if (error != std::errc() || std::abs(number) > kExact) refuse_size();
    if (number != std::floor(number)) refuse(node, "an integer");
    if (number < 0 && low == 0) refuse_size();
    value = static_cast<Integer>(number);
  }
  if (error != std::errc()) refuse_size();
  check_range(node, constraint, static_cast<double>(value));
  if (value < low || value > high) refuse_size();
  return value;
}

}  // namespace

bool read_bool(const ConfigNode& node) {
  if (!node.is_scalar() || node.quoted() || (node.text() != "true" && node.text() != "false"))
    refuse(node, "true or false");
  return node.text() == "true";
}

std::int64_t read_signed(const ConfigNode& node, std::int64_t low, std::int64_t high, const Constraint& constraint) {
  return read_integer<std::int64_t>(node, low, high, constraint);
}

std::uint64_t read_unsigned(const ConfigNode& node, std::uint64_t high, const Constraint& constraint) {
  return read_integer<std::uint64_t>(node, 0, high, constraint);
}

double read_double(const ConfigNode& node, const Constraint& constraint) {
  if (!node.is_scalar() || node.quoted()) refuse(node, "a number");
  auto text = unsigned_text(node);
  const bool negative = text.starts_with('-');
  const auto word = text.substr(negative ? 1 : 0);
  double value = 0.0;
  if (word == ".inf" || word == "inf" || word == ".nan" || word == "nan") {
    if (!constraint.non_finite) refuse(node, "a finite number");
    value = word.ends_with("nan") ? std::nan("") : (negative ? -HUGE_VAL : HUGE_VAL);
    if (std::isnan(value)) return value;
  } else {
    const auto error = parse(text, value);
    if (error == std::errc::result_out_of_range) refuse(node, "a number that a double holds");
    if (error != std::errc() || !std::isfinite(value)) refuse(node, "a number");
  }
  check_range(node, constraint, value);
  return value;
}

float read_float(const ConfigNode& node, const Constraint& constraint) {
  const double value = read_double(node, constraint);
  if (std::isfinite(value) && std::abs(value) > std::numeric_limits<float>::max())
    refuse(node, "a number that a float holds");
  return static_cast<float>(value);
}

std::string read_text(const ConfigNode& node, const Constraint& constraint) {
  if (!node.is_scalar()) refuse(node, "text");
  if (constraint.not_empty && node.text().empty()) node.fail("want text, got an empty one");
  if (!constraint.choices.empty()) return constraint.choices[read_choice(node, constraint.choices)];
  return node.text();
}

std::filesystem::path read_path(const ConfigNode& node, const Constraint& constraint) {
  if (!node.is_scalar()) refuse(node, "a path");
  if (node.text().empty()) {
    if (constraint.not_empty) node.fail("want a path, got an empty one");
    return {};
  }
  // A shell leaves the ~ of `--set run.folder=~/x` alone, since it does not begin a word.
  if (node.text() == "~" || node.text().starts_with("~/")) {
    const char* const home = std::getenv("HOME");
    if (home == nullptr || *home == '\0') node.fail("'~' stands for the home folder, and HOME is not set");
    return (std::filesystem::path(home) / node.text().substr(std::min<std::size_t>(2, node.text().size())))
        .lexically_normal();
  }
  return (node.origin().folder / node.text()).lexically_normal();
}

std::size_t read_choice(const ConfigNode& node, const std::vector<std::string>& names) {
  if (!node.is_scalar()) refuse(node, "one of " + join(names));
  const auto found = std::find(names.begin(), names.end(), node.text());
  if (found == names.end())
    node.fail(concat("want one of ", join(names), ", got '", node.text(), "'", did_you_mean(node.text(), names)));
  return static_cast<std::size_t>(found - names.begin());
}

void check_list(const ConfigNode& node, const std::string& element_type, const Constraint& constraint) {
  if (!node.is_list()) node.fail(concat("want a list (of ", element_type, "), got ", node.describe()));
  if (constraint.not_empty && node.size() == 0) node.fail("want a list with something in it, got an empty one");
}

void check_list_size(const ConfigNode& node, const std::string& element_type, std::size_t size) {
  if (node.is_list() && node.size() == size) return;
  node.fail(concat("want a ", list_type(size, element_type), ", got ",
                   node.is_list() ? concat("one of ", node.size()) : node.describe()));
}

std::string list_type(std::size_t size, const std::string& element_type) {
  const bool one_word = element_type.find_first_of(" |,") == std::string::npos;
  return concat("list of ",
                one_word ? counted(static_cast<long long>(size), element_type) : concat(size, ", each ", element_type));
}

bool says_none(const ConfigNode& node) {
  return node.is_scalar() && !node.quoted() && (node.text() == "none" || node.text() == "None");
}

void refuse_none(const ConfigNode& node) {
  node.fail(concat("got '", node.text(), "', which is a word; write null where there is none"));
}

void check_map(const ConfigNode& node, const Constraint& constraint) {
  // `key:` with everything under it commented out is nothing to complain about.
  if (!node.is_map() && !node.is_null()) node.fail(concat("want keys and values, got ", node.describe()));
  if (constraint.not_empty && node.size() == 0) node.fail("want keys and values, got none");
}

void check_keys(const ConfigNode& node, const std::vector<std::string>& known,
                const std::vector<std::string>& required) {
  for (const auto& item : node.items()) {
    if (std::find(known.begin(), known.end(), item.key) != known.end()) continue;
    throw ConfigError(one_line(concat(item.key_origin.str(), item.key_origin.source.empty() ? "" : ": ",
                                      item.value.path(), ": unknown key", did_you_mean(item.key, known),
                                      " (known: ", known.empty() ? "none" : join(known), ")")));
  }
  for (const auto& key : required)
    if (!node.has(key)) node.get(key).fail("required, but not given");
}

std::string read_type(const ConfigNode& node, const std::string& kind, const std::vector<std::string>& names) {
  if (!node.is_map())
    node.fail(concat("want ", with_article(kind), ": keys and values with a 'type' (", join(names), "), got ",
                     node.describe(), says_none(node) ? "; write null for none" : ""));
  if (!node.has("type")) {
    std::vector<std::string> given;
    for (const auto& item : node.items()) given.push_back(item.key);
    const auto near = nearest_word("type", given);
    node.fail(concat("want a key 'type' that names ", with_article(kind), " (", join(names), ")",
                     near ? concat("; is '", *near, "' meant to be it?") : ""));
  }
  return names[read_choice(node.at("type"), names)];
}

}  // namespace detail
}  // namespace onramp
