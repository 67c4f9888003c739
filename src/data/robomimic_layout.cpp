#include "robomimic_layout.h"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace onramp::detail {

std::vector<std::string> demo_names(const Hdf5Listing& listing) {
  constexpr std::string_view kAbove = "data/", kBelow = "/actions";
  std::vector<std::string> names;
  for (auto at = listing.arrays.lower_bound(std::string(kAbove));
       at != listing.arrays.end() && at->first.starts_with(kAbove); ++at) {
    if (!at->first.ends_with(kBelow) || at->second.shape.empty()) continue;
    const auto name = at->first.substr(kAbove.size(), at->first.size() - kAbove.size() - kBelow.size());
    if (name.find('/') == std::string::npos) names.push_back(name);
  }
  std::sort(names.begin(), names.end(),
            [](const auto& a, const auto& b) { return std::tuple(demo_number(a), a) < std::tuple(demo_number(b), b); });
  return names;
}

int64_t demo_number(const std::string& name) {
  constexpr std::string_view kPrefix = "demo_";
  int64_t number = -1;
  if (!name.starts_with(kPrefix) || name.size() == kPrefix.size()) return -1;
  const char* end = name.data() + name.size();
  const auto [at, error] = std::from_chars(name.data() + kPrefix.size(), end, number);
  return error == std::errc{} && at == end && number >= 0 ? number : -1;
}

std::string array_name(std::string entry) {
  std::replace(entry.begin(), entry.end(), '/', '.');
  return entry;
}

}  // namespace onramp::detail
