#include "episode_head.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "onramp/base/error.h"
#include "onramp/base/printable.h"
#include "onramp/data/store/spec_text.h"

namespace onramp::detail {

using nlohmann::json;

std::string head_text(const Episode& episode, const std::vector<std::string>& elsewhere) {
  auto meta = episode.meta;
  auto from_file = json::array();
  for (const auto& key : elsewhere) {
    if (meta.erase(key) > 0) from_file.push_back(key);
  }
  auto widths = json::object();
  for (const auto& [name, column] : episode.extra) widths[name] = column.width;
  const json head{{"version", 1},
                  {"spec", spec_text(episode.observation_spec, episode.action_spec)},
                  {"end", to_string(episode.end)},
                  {"safety_stop_is_terminal", episode.safety_stop_is_terminal},
                  {"length", episode.length()},
                  {"extra", widths},
                  {"meta", meta},
                  {"meta_from_file", from_file}};
  return head.dump(-1, ' ', false, json::error_handler_t::replace);
}

EpisodeHead read_head(const std::string& text, const std::string& label, Episode& episode) {
  try {
    const json head = json::parse(text);
    if (head.at("version").get<int>() != 1) {
      throw DataError(concat(label, ": was written by a newer onramp; use that one"));
    }
    read_spec_text(head.at("spec").get<std::string>(), label, episode.observation_spec, episode.action_spec);
    const auto end = head.at("end").get<std::string>();
    const auto reason = end_reason_from_string(end);
    if (!reason) throw DataError(concat(label, ": unknown end reason '", printable(end), "'"));
    episode.end = *reason;
    episode.safety_stop_is_terminal = head.at("safety_stop_is_terminal").get<bool>();
    episode.meta = head.at("meta").get<std::map<std::string, std::string>>();
    EpisodeHead result{.length = head.at("length").get<int64_t>(),
                       .extra = head.at("extra").get<std::map<std::string, int64_t>>(),
                       .meta_from_file = head.at("meta_from_file").get<std::vector<std::string>>()};
    check_sizes(label, concat("length ", result.length), {result.length});
    for (const auto& [name, width] : result.extra) {
      check_sizes(label, concat("column '", name, "'"), {result.length, width});
      if (width < 1) throw DataError(concat(label, ": column '", printable(name), "' has no values"));
    }
    for (const auto& entry : episode.observation_spec.entries) {
      if (entry.numel() < 1) {
        throw DataError(concat(label, ": observation '", printable(entry.name), "' has a size below 1"));
      }
    }
    return result;
  } catch (const json::exception&) {
    throw DataError(concat(label, ": its attribute '", kHead, "' is not readable; the file is damaged"));
  }
}

}  // namespace onramp::detail
