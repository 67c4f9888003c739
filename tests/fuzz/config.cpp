// Config files, overrides, and structs that are read from them. Input: YAML, then after a byte 0x01 overrides, one a line.
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "fuzz.h"
#include "onramp/base/config.h"

namespace {

enum class Mu { kUniform, kPolicy };
constexpr auto enum_names(Mu*) {
  return std::array{std::pair{Mu::kUniform, "uniform"}, std::pair{Mu::kPolicy, "policy"}};
}

struct Network {
  std::vector<int64_t> hidden{256, 256};
  bool layer_norm = false;
  template <class V>
  void fields(V& v) {
    v("hidden", hidden, "units", onramp::at_least(1));
    v("layer_norm", layer_norm, "normalise");
  }
};

struct Config {
  std::string name;
  double alpha = 1.0;
  float tau = 0.5F;
  uint64_t seed = 1;
  int32_t count = 1;
  Mu mu = Mu::kUniform;
  Network critic;
  std::optional<double> temperature;
  std::optional<Network> value;
  std::vector<Network> list;
  std::map<std::string, double> weights;
  std::array<double, 2> limits{-1.0, 1.0};
  std::filesystem::path data;
  onramp::ConfigNode rest;
  template <class V>
  void fields(V& v) {
    v("name", name, "text");
    v("alpha", alpha, "number", onramp::in_range(0.0, 10.0));
    v("tau", tau, "number");
    v("seed", seed, "whole number");
    v("count", count, "whole number", onramp::at_least(0));
    v("mu", mu, "choice");
    v("critic", critic, "struct");
    v("temperature", temperature, "optional number");
    v("value", value, "optional struct");
    v("list", list, "list of structs");
    v("weights", weights, "map");
    v("limits", limits, "two numbers");
    v("data", data, "path");
    v("rest", rest, "unread");
  }
};

void expect_same_after_writing(const onramp::ConfigNode& node, const char* what) {
  if (!node.is_map() || node.size() == 0) return;
  const auto again = onramp::parse_config_text(onramp::to_yaml(node), "again.yaml", "/");
  if (const auto difference = onramp::config_difference(node, again)) {
    onramp::fuzz::found(onramp::concat(what, " is not what was written: ", *difference));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace onramp;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(input.find('\x01'), input.size());
  ConfigNode node;
  if (!fuzz::may_refuse([&] { node = parse_config_text(input.substr(0, end), "fuzz.yaml", "/"); })) return 0;
  expect_same_after_writing(node, "a config");
  merge_config(node, node);

  std::vector<std::string> overrides;
  std::string_view lines = input.substr(std::min(end + 1, input.size()));
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find('\n'));
    overrides.emplace_back(line);
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
  }
  if (!fuzz::may_refuse([&] { node = apply_overrides(node, overrides); })) return 0;
  expect_same_after_writing(node, "an overridden config");

  Config config;
  if (!fuzz::may_refuse([&] { read_config_into(node, config); })) return 0;
  const auto dumped = dump_config(config);
  Config again;
  read_config_into(dumped, again);
  fuzz::expect(config_hash(dumped) == config_hash(dump_config(again)), "a struct changes when it is dumped and read");
  return 0;
}
