// Small helpers for text that people read: messages, tables, suggestions.
#pragma once

#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace onramp {

/// The arguments, streamed one after another.
template <class... Args>
std::string concat(const Args&... args) {
  std::ostringstream out;
  ((out << args), ...);
  return out.str();
}

/// "a, b, c".
std::string join(std::span<const std::string> words, std::string_view separator = ", ");

/// "an environment", "a policy".
std::string with_article(std::string_view noun);

/// "1 episode", "3 episodes": of nouns that take an s.
std::string counted(long long count, std::string_view noun);

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`; case and '-'/'_' do not count.
int edit_distance(std::string_view a, std::string_view b);

/// The candidate that a person who typed `word` most likely meant; nothing when none is near.
std::optional<std::string> nearest_word(std::string_view word, std::span<const std::string> candidates);

/// "; did you mean 'alpha'?", or "" when no candidate is near: to append to a message.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

/// Shortest text that reads back as the same number; always recognisable as a number that need not be whole ("1.0").
std::string format_number(double value);
std::string format_number(float value);

/// "350 ms", "12 s", "3 min 05 s", "2 h 07 min", "3 d 04 h".
std::string format_duration(double seconds);

/// Decimal units: "512 B", "1.5 MB", "12.3 GB".
std::string format_bytes(double bytes);

}  // namespace onramp
