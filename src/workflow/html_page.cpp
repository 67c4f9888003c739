#include "onramp/workflow/html_page.h"

#include <array>

#include "onramp/base/atomic_file.h"

namespace onramp {
namespace {

const char* const kStyle =
#include "page.css.inc"
    ;

std::string data_uri(const std::filesystem::path& file, const char* type) {
  return concat("data:", type, ";base64,", base64(read_file(file)));
}

/// For a URL in an attribute: what is not plain there is written as %XX.
std::string url_escape(std::string_view path) {
  std::string text;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-_.~/").find(c) != std::string_view::npos;
    constexpr const char* kHex = "0123456789ABCDEF";
    if (plain) {
      text += c;
    } else {
      text += '%';
      text += kHex[static_cast<unsigned char>(c) >> 4];
      text += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return text;
}

}  // namespace

std::string html_escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string base64(std::string_view bytes) {
  constexpr const char* kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (size_t k = 0; k < 4; ++k) {
      text += i + k <= bytes.size() ? kAlphabet[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return text;
}

void HtmlPage::section(const std::string& title) {
  sections_.push_back(title);
  body_ += concat("<h2 id=\"s", sections_.size(), "\">", html_escape(title), "</h2>\n");
}

void HtmlPage::subsection(const std::string& title) { body_ += concat("<h3>", html_escape(title), "</h3>\n"); }

void HtmlPage::paragraph(std::string_view text) { body_ += concat("<p>", html_escape(text), "</p>\n"); }

void HtmlPage::missing(std::string_view why) { body_ += concat("<p class=\"missing\">", html_escape(why), "</p>\n"); }

void HtmlPage::note(std::string_view text) { body_ += concat("<p class=\"note\">", html_escape(text), "</p>\n"); }

void HtmlPage::code(std::string_view text) { body_ += concat("<pre>", html_escape(text), "</pre>\n"); }

void HtmlPage::table(const std::vector<TableColumn>& columns, const std::vector<std::vector<std::string>>& rows) {
  body_ += "<div class=\"scroll\"><table>\n<thead><tr>";
  for (const auto& column : columns)
    body_ += concat("<th", column.text ? " class=\"text\"" : "", ">", html_escape(column.title), "</th>");
  body_ += "</tr></thead>\n<tbody>\n";
  for (const auto& row : rows) {
    body_ += "<tr>";
    for (size_t i = 0; i < row.size(); ++i)
      body_ += concat("<td", columns[i].text ? " class=\"text wrap\"" : "", ">", html_escape(row[i]), "</td>");
    body_ += "</tr>\n";
  }
  body_ += "</tbody></table></div>\n";
}

void HtmlPage::folded(const std::string& title, std::string_view text) {
  body_ += concat("<details><summary>", html_escape(title), "</summary><pre>", html_escape(text), "</pre></details>\n");
}

void HtmlPage::picture(const std::filesystem::path& light, const std::filesystem::path& dark, const std::string& title,
                       std::string_view caption) {
  body_ += "<figure><picture>";
  if (std::filesystem::exists(dark)) {
    body_ += concat("<source media=\"(prefers-color-scheme: dark)\" srcset=\"", data_uri(dark, "image/png"), "\">");
  }
  body_ += concat("<img alt=\"", html_escape(title), "\" src=\"", data_uri(light, "image/png"),
                  "\"></picture>\n<figcaption>", html_escape(caption), "</figcaption></figure>\n");
}

void HtmlPage::video(const std::filesystem::path& file, const std::filesystem::path& page_folder, int64_t inline_bytes,
                     const std::string& title) {
  const bool small = std::filesystem::file_size(file) <= static_cast<uintmax_t>(inline_bytes);
  const auto relative =
      std::filesystem::proximate(std::filesystem::absolute(file), std::filesystem::absolute(page_folder));
  body_ += concat("<figure><video controls preload=\"metadata\" src=\"",
                  small ? data_uri(file, "video/mp4") : url_escape(relative.string()), "\"></video>\n<figcaption>",
                  html_escape(title), small ? "" : html_escape(concat(" (in the file ", relative.string(), ")")),
                  "</figcaption></figure>\n");
}

std::string HtmlPage::html() const {
  std::string links;
  for (size_t i = 0; i < sections_.size(); ++i)
    links += concat("<a href=\"#s", i + 1, "\">", html_escape(sections_[i]), "</a>\n");
  return concat("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
                html_escape(title_), "</title>\n<style>\n", kStyle, "</style>\n</head>\n<body>\n<h1>",
                html_escape(title_), "</h1>\n<p class=\"lead\">", html_escape(lead_), "</p>\n<nav>\n", links,
                "</nav>\n", body_, "<footer>Written by onramp-report.</footer>\n</body>\n</html>\n");
}

}  // namespace onramp
