#include "onramp/training/run_config.h"

#include <algorithm>
#include <set>

#include "onramp/base/text.h"
#include "onramp/training/phase.h"

namespace onramp {
namespace {

template <class Map>
std::vector<std::string> keys(const Map& map) {
  std::vector<std::string> names;
  for (const auto& [name, value] : map) names.push_back(name);
  return names;
}

template <class Map, class Registry>
void read_named(const ConfigNode& node, const char* what, const Registry& registry, Map& out) {
  if (node.is_null()) return;
  if (!node.is_map()) node.fail(concat("want ", what, ": name: {type: ...}, got ", node.describe()));
  for (const auto& item : node.items()) out.emplace(item.key, registry.parse(item.value));
}

template <class Map>
ConfigNode dump_named(const Map& map) {
  std::vector<ConfigNode::Item> items;
  for (const auto& [name, component] : map) items.push_back({name, {}, component.dump()});
  return ConfigNode::map(std::move(items));
}

void want_known(const ConfigNode& at, const std::string& name, const char* what, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  at.fail(concat("no ", what, " '", name, "'", did_you_mean(name, known), " (there are: ", known.empty() ? "none" : join(known), ")"));
}

/// Walks the phases in order, so that whatever one of them uses and nobody gives is said before anything runs.
void check_phases(const RunConfig& config, const ConfigNode& node) {
  std::set<std::string> names, parts{"normalizer"};  // the run fits that one itself
  std::vector<std::string> policies = keys(config.policies);
  for (size_t i = 0; i < config.phases.size(); ++i) {
    const ConfigNode at = node.element(i);
    const auto phase = config.phases[i].make();
    const PhaseNeeds needs = phase->needs();
    if (!names.insert(phase->name()).second) at.fail(concat("a second phase is called '", phase->name(), "'"));
    if (phase->name().find_first_of("/\\,\"\n ") != std::string::npos || phase->name().starts_with('.')) {
      at.fail(concat("phase name '", phase->name(), "' becomes a file name: letters, digits, _ and - only"));
    }
    if (needs.environment && !config.env) at.fail("this phase needs an environment: add `env: {type: ...}`");
    for (const auto& name : needs.policies) want_known(at, name, "policy", policies);
    for (const auto& name : needs.learners) {
      want_known(at, name, "learner", keys(config.learners));
      const auto factory = config.learners.at(name).make();
      for (const auto& part : factory->needs()) {
        if (!parts.contains(part)) {
          at.fail(concat("learner '", name, "' needs the part '", part,
                         "', which no earlier phase hands over; let one that provides it learn first",
                         part == "encoder" ? " (a hilbert learner does), or set its input.images: end_to_end, as one that sees no pictures must" : ""));
        }
      }
      for (const auto& part : factory->provides()) parts.insert(part);
      if (needs.acting_learner && !factory->acts()) at.fail(concat("learner '", name, "' has no policy to act with"));
      if (needs.leaves_policy && factory->acts()) policies.push_back(phase->name());
    }
  }
}

}  // namespace

RunConfig::RunConfig(const Catalog& catalog) : env(catalog.environments), phases(catalog.phases) {}

RunConfig read_run_config(const ConfigNode& node, const Catalog& catalog) {
  RunConfig config(catalog);
  read_config_into(node, config);
  read_named(config.policies_node_, "policies", catalog.policies, config.policies);
  read_named(config.learners_node_, "learners", catalog.learners, config.learners);
  if (config.phases.empty()) node.fail("nothing to do: give `phases`, a list of {type: ...}");
  if (!config.env && !config.data) node.fail("nothing to learn from: give `env`, `data`, or both");
  check_phases(config, node.at("phases"));
  return config;
}

ConfigNode dump_run_config(const RunConfig& config) {
  RunConfig copy = config;
  copy.policies_node_ = dump_named(config.policies);
  copy.learners_node_ = dump_named(config.learners);
  return dump_config(copy);
}

ConfigNode run_identity(const ConfigNode& resolved) {
  std::vector<ConfigNode::Item> run;
  for (const auto& item : resolved.at("run").items()) {
    if (item.key == "seed" || item.key == "log_every") run.push_back(item);
  }
  return resolved.without("compute").with("run", ConfigNode::map(std::move(run)));
}

std::string first_difference(const ConfigNode& a, const ConfigNode& b) {
  if (a.is_map() && b.is_map()) {
    for (const auto& item : a.items()) {
      if (!b.has(item.key)) return concat(item.key, ": only there before");
      const auto below = first_difference(item.value, b.at(item.key));
      if (!below.empty()) return concat(item.key, below.starts_with(':') ? "" : ".", below);
    }
    for (const auto& item : b.items()) {
      if (!a.has(item.key)) return concat(item.key, ": not there before");
    }
    return {};
  }
  if (a.is_list() && b.is_list() && a.size() == b.size()) {
    for (size_t i = 0; i < a.size(); ++i) {
      const auto below = first_difference(a.element(i), b.element(i));
      if (!below.empty()) return concat(i, below.starts_with(':') ? "" : ".", below);
    }
    return {};
  }
  if (to_yaml(a) == to_yaml(b)) return {};
  return concat(": ", a.describe(), " before, ", b.describe(), " now");
}

std::string help_run_config(const Catalog& catalog) {
  std::string text = help_config(RunConfig(catalog));
  const auto section = [&text](const char* title, const auto& registry) {
    text += concat("\n", title, "\n");
    for (const auto& name : registry.names()) {
      text += concat("\n  type: ", name, "  (", registry.summary(name), ")\n");
      std::istringstream lines(registry.help_config(name));
      for (std::string line; std::getline(lines, line);) text += "    " + line + "\n";
    }
  };
  section("Under `policies`:", catalog.policies);
  section("Under `learners`:", catalog.learners);
  return text;
}

}  // namespace onramp
