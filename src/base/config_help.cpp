#include <algorithm>

#include "onramp/base/config.h"

namespace onramp::detail {

void add_help_row(HelpRows& rows, int depth, const char* name, const ConfigNode* value, const std::string& type,
                  const Constraint& constraint, const char* doc) {
  std::string text = concat(name, ":");
  // A place holder that has to be replaced is not shown as if it were a default.
  if (value && !constraint.required) {
    auto shown = to_yaml(*value);
    shown.erase(shown.find_last_not_of('\n') + 1);
    text += shown.find('\n') == std::string::npos ? " " + shown : "";
  }
  std::vector<std::string> parts;
  if (!type.empty()) parts.push_back(type);
  if (constraint.required) parts.emplace_back("required");
  if (auto range = constraint.describe(); !range.empty()) parts.push_back(std::move(range));
  auto comment = join(parts);
  if (*doc != '\0') comment += (comment.empty() ? "" : ": ") + std::string(doc);
  rows.push_back({depth, std::move(text), std::move(comment)});
}

void mark_as_list_element(HelpRows& rows, std::size_t first) {
  if (first >= rows.size()) return;
  rows[first].depth -= 1;
  rows[first].text = "- " + rows[first].text;
}

std::string render_help(const HelpRows& rows) {
  constexpr std::size_t kWidestText = 40;
  std::size_t column = 0;
  const auto left = [](const HelpRow& row) {
    return std::string(static_cast<std::size_t>(2 * row.depth), ' ') + row.text;
  };
  for (const auto& row : rows)
    if (const auto width = left(row).size(); width <= kWidestText) column = std::max(column, width);
  std::string out;
  for (const auto& row : rows) {
    auto line = left(row);
    if (!row.comment.empty()) {
      if (line.size() < column) line.resize(column, ' ');
      line += "  # " + row.comment;
    }
    out += line + "\n";
  }
  return out;
}

}  // namespace onramp::detail
