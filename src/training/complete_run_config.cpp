#include <utility>
#include <vector>

#include "onramp/base/config.h"
#include "onramp/base/error.h"
#include "onramp/training/run_config.h"

namespace onramp {
namespace {

/// What is there stays as it is written: relative paths above all, which reading takes to where the file lies.
ConfigNode with_missing(ConfigNode node, const ConfigNode& whole) {
  if (node.is_map() && whole.is_map()) {
    for (const auto& item : whole.items())
      node = node.with(item.key, node.has(item.key) ? with_missing(node.at(item.key), item.value) : item.value);
  } else if (node.is_list() && node.size() == whole.size()) {
    std::vector<ConfigNode> elements;
    for (size_t i = 0; i < node.size(); ++i) elements.push_back(with_missing(node.element(i), whole.element(i)));
    return ConfigNode::list(std::move(elements));
  }
  return node;
}

}  // namespace

ConfigNode complete_run_config(const ConfigNode& resolved, const Catalog& catalog) {
  try {
    RunConfig config(catalog);
    read_config_into(resolved, config);
    return with_missing(resolved, dump_run_config(config));
  } catch (const ConfigError&) {
    return resolved;
  }
}

}  // namespace onramp
