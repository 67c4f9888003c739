#include "onramp/data/store/episode_store.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <system_error>
#include <utility>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/data/store/episode_file.h"

namespace onramp {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kAside = ".aside-";

/// 12 of "000012.h5"; nothing for any other name.
std::optional<int64_t> number_of(const std::string& name) {
  constexpr std::string_view kEnding = ".h5";
  if (!name.ends_with(kEnding)) return std::nullopt;
  const auto digits = std::string_view(name).substr(0, name.size() - kEnding.size());
  int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.size() < 6 || error != std::errc{} || end != digits.data() + digits.size() || number < 0)
    return std::nullopt;
  return number;
}

}  // namespace

bool EpisodeStore::is_name(const std::string& name) {
  const auto aside = name.find(kAside);
  if (aside == std::string::npos) return number_of(name).has_value();
  const auto digits = std::string_view(name).substr(aside + kAside.size());
  return number_of(name.substr(0, aside) + ".h5") && digits.size() > 3 &&
         digits.find_first_not_of("0123456789") == digits.size() - 3 && digits.ends_with(".h5");
}

EpisodeStore::EpisodeStore(fs::path folder) : folder_(std::move(folder)) {}

fs::path EpisodeStore::path(int64_t number) const {
  ONRAMP_CHECK(number >= 0, "episode ", number);
  char name[32];
  std::snprintf(name, sizeof name, "%06lld.h5", static_cast<long long>(number));
  return folder_ / name;
}

int64_t EpisodeStore::append(const Episode& episode) {
  const int64_t number = highest().value_or(-1) + 1;
  write(number, episode);
  return number;
}

void EpisodeStore::write(int64_t number, const Episode& episode) {
  create_folders(folder_);
  write_episode(path(number), episode);
}

bool EpisodeStore::contains(int64_t number) const { return fs::exists(path(number)); }

Episode EpisodeStore::load(int64_t number) const { return read_episode(path(number)); }

std::vector<int64_t> EpisodeStore::list() const {
  std::vector<int64_t> numbers;
  if (!fs::exists(folder_)) return numbers;
  std::error_code error;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    const auto name = at->path().filename();
    const auto number = number_of(name.string());
    if (number && path(*number).filename() == name) numbers.push_back(*number);  // not 0000012.h5
  }
  if (error) throw io_error("list", folder_, error.value());
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::optional<int64_t> EpisodeStore::highest() const {
  const auto numbers = list();
  return numbers.empty() ? std::nullopt : std::optional(numbers.back());
}

fs::path EpisodeStore::set_aside(int64_t number) const {
  const fs::path from = path(number);
  for (int k = 1;; ++k) {
    const fs::path to = folder_ / concat(from.stem().string(), kAside, k, ".h5");
    if (fs::exists(to)) continue;
    std::error_code error;
    fs::rename(from, to, error);
    if (error) throw io_error("rename", from, error.value());
    return to;
  }
}

}  // namespace onramp
