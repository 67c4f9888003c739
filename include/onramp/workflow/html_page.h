// One self-contained HTML page: what it shows is inside it, but for videos that are too large.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace onramp {

/// & < > " ' as entities, for text and for quoted attributes.
std::string html_escape(std::string_view text);
/// RFC 4648, with padding.
std::string base64(std::string_view bytes);

/// A column of a table on the page.
struct TableColumn {
  std::string title;
  bool text = false;  ///< left-aligned; the first column always is
};

/// Built from top to bottom. All text given to it is plain, and is escaped here. Not thread-safe.
class HtmlPage {
 public:
  HtmlPage(std::string title, std::string lead) : title_(std::move(title)), lead_(std::move(lead)) {}

  void section(const std::string& title);  ///< with an entry in the list at the top
  void subsection(const std::string& title);
  void paragraph(std::string_view text);
  void missing(std::string_view why);  ///< one line: what is not here, and why
  void note(std::string_view text);    ///< one line that a reader should know first
  void code(std::string_view text);
  void table(const std::vector<TableColumn>& columns, const std::vector<std::vector<std::string>>& rows);
  void folded(const std::string& title, std::string_view text);  ///< preformatted, opened by a click
  /// @param dark  the same for dark pages; may be missing. @throws IoError
  void picture(const std::filesystem::path& light, const std::filesystem::path& dark, const std::string& title,
               std::string_view caption);
  /// Inlined up to `inline_bytes`, else linked by its path relative to `page_folder`. @throws IoError
  void video(const std::filesystem::path& file, const std::filesystem::path& page_folder, int64_t inline_bytes,
             const std::string& title);
  void begin_videos() { body_ += "<div class=\"videos\">\n"; }
  void end_videos() { body_ += "</div>\n"; }

  std::string html() const;

 private:
  std::string title_, lead_, body_;
  std::vector<std::string> sections_;
};

}  // namespace onramp
