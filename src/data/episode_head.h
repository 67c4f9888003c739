// What onramp adds to the layouts of others, under names that their readers pass over: so that nothing is lost on the way
// back.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "onramp/data/episode.h"

namespace onramp::detail {

/// Name of the attribute that holds the head, and of the group beside the layout's own arrays.
inline constexpr const char* kHead = "onramp";

struct EpisodeHead {
  int64_t length = 0;
  std::map<std::string, int64_t> extra;     ///< widths of the extra columns
  std::vector<std::string> meta_from_file;  ///< keys of meta that stand elsewhere in the layout
};

/// Spec, end reason, widths of the extra columns and meta, as JSON. @param elsewhere keys of meta to leave out
std::string head_text(const Episode& episode, const std::vector<std::string>& elsewhere = {});

/// Fills in spec, end reason and meta. @throws DataError that begins with `label`
EpisodeHead read_head(const std::string& text, const std::string& label, Episode& episode);

}  // namespace onramp::detail
