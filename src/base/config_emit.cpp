// ConfigNode to YAML text: one way to write each tree, so that equal configs have equal hashes.
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string_view>

#include "onramp/base/config_node.h"
#include "onramp/base/config_values.h"

namespace onramp {
namespace {

bool is_word_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '/';
}

// Text that YAML may write without quotes everywhere, also within [] and {}.
bool is_plain(std::string_view text) {
  if (text.empty() || text.back() == ' ' || text.substr(0, 3) == "...") return false;
  const bool number = (text[0] == '-' || text[0] == '+') && text.size() > 1 &&
                      (std::isdigit(static_cast<unsigned char>(text[1])) || text[1] == '.');
  if (!is_word_character(text[0]) && !number) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_word_character(c) || (c != '\0' && std::string_view(" +-=()%@^").find(c) != std::string_view::npos);
  });
}

// Text that YAML readers take for a number, a truth value or nothing.
bool looks_typed(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array words{"",    "~", "null", "true", "false", "yes",   "no",  "on",
                             "off", "y", "n",    ".inf", "-.inf", "+.inf", ".nan"};
  if (std::find(words.begin(), words.end(), lower) != words.end()) return true;
  if (lower.front() == '+') lower.erase(0, 1);
  double value = 0.0;
  const auto end = lower.data() + lower.size();
  return std::from_chars(lower.data(), end, value).ptr == end;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += '\\', out += c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      out += "\\x", out += kDigits[static_cast<unsigned char>(c) >> 4], out += kDigits[c & 0xf];
    } else
      out += c;
  }
  return out + '"';
}

std::string scalar_text(const ConfigNode& node) {
  if (node.is_null()) return "null";
  const bool plain = is_plain(node.text()) && !(node.quoted() && looks_typed(node.text()));
  return plain ? node.text() : in_quotes(node.text());
}

std::string key_text(const std::string& key) { return is_plain(key) && !looks_typed(key) ? key : in_quotes(key); }

bool fits_one_line(const ConfigNode& node) {
  if (node.is_map()) return node.size() == 0;
  const auto elements = node.elements();
  return std::all_of(elements.begin(), elements.end(), fits_one_line);
}

std::string one_line(const ConfigNode& node) {
  if (node.is_map()) return "{}";
  if (!node.is_list()) return scalar_text(node);
  std::string out = "[";
  for (const auto& element : node.elements()) out += (out.size() > 1 ? ", " : "") + one_line(element);
  return out + "]";
}

// `lead` stands before the first line instead of the indentation: "- ".
void emit(const ConfigNode& node, int indent, std::string lead, std::string& out) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  if (fits_one_line(node)) {
    out += lead + one_line(node) + "\n";
  } else if (node.is_map()) {
    for (const auto& item : node.items()) {
      out += lead + key_text(item.key) + ":";
      if (fits_one_line(item.value))
        out += " " + one_line(item.value) + "\n";
      else
        out += "\n", emit(item.value, indent + 2, margin + "  ", out);
      lead = margin;
    }
  } else {
    for (const auto& element : node.elements()) {
      emit(element, indent + 2, lead + "- ", out);
      lead = margin;
    }
  }
}

}  // namespace

std::string to_yaml(const ConfigNode& node) {
  std::string out;
  emit(node, 0, "", out);
  return out;
}

namespace detail {
ConfigNode text_node(const std::string& text) { return ConfigNode::scalar(text, looks_typed(text)); }
}  // namespace detail

}  // namespace onramp
