// Config files, overrides, and structs that are read from them. Input: YAML, then after a byte 0x01 overrides, one a line.
#include <string>
#include <string_view>
#include <vector>

#include "fuzz.h"
#include "onramp/base/config.h"
#include "support/config_structs.h"

namespace {

struct Config : onramp::config_test::Agent {
  std::string name;
  onramp::ConfigNode rest;
  template <class V>
  void fields(V& v) {
    Agent::fields(v);
    v("name", name, "any text");
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
