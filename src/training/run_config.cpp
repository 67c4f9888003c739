#include "onramp/training/run_config.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "onramp/base/log.h"
#include "onramp/base/text.h"
#include "onramp/training/phase.h"
#include "source_checks.h"

namespace onramp {
namespace {

using detail::Draw;
using detail::FilledSources;
using detail::SpecOnce;

template <class Map>
std::vector<std::string> keys(const Map& map) {
  std::vector<std::string> names;
  names.reserve(map.size());
  for (const auto& named : map) names.push_back(named.first);
  return names;
}

void want_known(const ConfigNode& at, const std::string& name, const char* what,
                const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  at.fail(concat("no ", what, " '", name, "'", did_you_mean(name, known),
                 " (there are: ", known.empty() ? "none" : join(known), ")"));
}

/// Where a phase says a name, so that a message blames what was written there, be it a file or --set; else the phase.
ConfigNode where_said(const ConfigNode& phase, const std::string& name) {
  for (const auto& item : phase.items()) {
    if (item.key == "type" || item.key == "name") continue;
    if (item.value.is_scalar() && item.value.text() == name) return item.value;
    for (const auto& element : item.value.elements()) {
      if (element.is_scalar() && element.text() == name) return element;
    }
  }
  return phase;
}

std::vector<std::string> needs_of(const LearnerFactory& factory, const ObservationSpec& observation,
                                  const ConfigNode& at, const std::string& name) {
  if (observation.entries.empty()) return {};  // of data that are not there, which is said elsewhere
  try {
    return factory.needs(observation);
  } catch (const ConfigError& error) {
    at.fail(concat("learner '", name, "': ", error.what()));
  }
}

/// What learners will see: of recorded data what its first episode holds.
ObservationSpec seen_by_learners(const RunConfig& config, SpecOnce& spec) {
  if (config.env) return spec.of(config).observation;
  if (!std::filesystem::exists(config.data->path)) return {};  // said where the file is asked for
  const auto& data = *config.data;
  return open_data(data.path, data.options, data.filter_key)->read(0).observation_spec;
}

/// Those of every learner; whoever needs a part comes after the one that provides it.
std::vector<ConfigNode> default_phases(const RunConfig& config, const ConfigNode& root, SpecOnce& spec) {
  std::vector<ConfigNode> phases;
  std::set<std::string> done, parts{"normalizer"};
  PolicyOfPart policies;
  const ObservationSpec observation = seen_by_learners(config, spec);
  for (bool found = true; found;) {
    found = false;
    for (const auto& [name, component] : config.learners) {
      const auto factory = component.make();
      const auto needs = needs_of(*factory, observation, root.at("learners").at(name), name);
      const auto is_there = [&](const auto& part) { return parts.contains(part); };
      if (done.contains(name) || !std::all_of(needs.begin(), needs.end(), is_there)) continue;
      found = done.insert(name).second;
      for (auto& phase : factory->default_phases(name, bool(config.env), policies)) phases.push_back(std::move(phase));
      for (const auto& part : factory->provides()) {
        parts.insert(part);
        if (factory->acts()) policies[part] = phases.back().at("name").text();
      }
    }
  }
  for (const auto& [name, component] : config.learners) {  // check_phases() says what the others lack
    if (done.contains(name)) continue;
    for (auto& phase : component.make()->default_phases(name, bool(config.env), policies)) {
      phases.push_back(std::move(phase));
    }
  }
  return phases;
}

/// Who provides a part that no earlier phase hands over.
std::string provider_of(const std::string& part) {
  if (part == "encoder") return " (a hilbert learner does), or set its input.images: end_to_end (or none)";
  if (part != kClonedPolicy) return "";
  return " (a bc learner does), or name one that was learned elsewhere, policy: {torchscript: path}";
}

/// That the policy which `provider` hands over (""; the run itself does) has the density that learner `name` wants.
void check_density(const RunConfig& config, const std::string& provider, const ConfigNode& at,
                   const std::string& name) {
  if (provider.empty() || config.learners.at(provider).make()->has_density().value_or(true)) return;
  at.fail(concat("learner '", name, "' wants a policy with a density, and learner '", provider,
                 "' hands over one that has none; set its policy: squashed_gaussian or mixture, not deterministic"));
}

/// That the policy which `provider` hands over has no memory where learner `name` cannot do with one.
void check_memory(const RunConfig& config, const std::string& provider, const ConfigNode& at, const std::string& name) {
  if (provider.empty() || !config.learners.at(provider).make()->has_memory().value_or(false)) return;
  const auto why = config.learners.at(name).make()->without_memory();
  if (!why.empty()) at.fail(concat("learner '", provider, "' and learner '", name, "': ", why));
}

/// Walks the phases in order, so that whatever one of them uses and nobody gives is said before anything runs.
void check_phases(const RunConfig& config, const ConfigNode& root, SpecOnce& spec) {
  const ConfigNode node = root.at("phases");
  std::set<std::string> names, parts{"normalizer"};  // the run fits that one itself
  std::set<std::string> taken;                       // parts that a learner was built from
  std::map<std::string, std::string> provider;       // learner that handed a part over
  std::vector<Draw> drawn;
  std::set<std::string> sources;     // that somebody fills, so far
  std::set<std::string> normalizer;  // those that were when the first learner started
  std::vector<std::pair<ConfigNode, std::string>> filled;
  FilledSources attempts(config);
  std::map<std::string, std::string> learner_of;  // by policy that its phases leave
  if (config.data) {
    sources.insert(config.data->source);
    attempts.add(root.at("data"), config.data->source, "", {});
  }
  std::vector<std::string> policies = keys(config.policies);
  const ObservationSpec observation = seen_by_learners(config, spec);
  for (size_t i = 0; i < config.phases.size(); ++i) {
    const ConfigNode at = node.element(i);
    const auto phase = config.phases[i].make();
    const PhaseNeeds needs = phase->needs();
    if (!names.insert(phase->name()).second) at.fail(concat("a second phase is called '", phase->name(), "'"));
    if (phase->name().find_first_of("/\\,\"\n @") != std::string::npos || phase->name().starts_with('.')) {
      at.fail(concat("phase name '", phase->name(), "' becomes a file name: letters, digits, _ and - only"));
    }
    auto left = needs.snapshots;
    if (needs.leaves_policy) left.push_back(phase->name());
    for (const auto& policy : left) {
      if (!config.policies.contains(policy)) continue;
      at.fail(concat("the policy that this phase leaves would be hidden by '", policy, "' under `policies`"));
    }
    if (needs.environment && !config.env) at.fail("this phase needs an environment: add `env: {type: ...}`");
    if (!taken.contains("normalizer")) normalizer = sources;
    std::string acting = needs.acting_learner && !needs.learners.empty() ? needs.learners.front() : "";
    if (acting.empty() && !needs.policies.empty()) acting = learner_of[needs.policies.front()];
    for (const auto& name : needs.fills_sources) {
      sources.insert(name);
      filled.emplace_back(where_said(at, name), name);
      attempts.add(filled.back().first, name, acting, needs.act);
    }
    for (const auto& name : needs.policies) want_known(where_said(at, name), name, "policy", policies);
    for (const auto& name : needs.films) {
      want_known(where_said(at, name), name, "scored policy to film", needs.policies);
    }
    for (const auto& name : needs.learners) {
      const ConfigNode said = where_said(at, name);
      want_known(said, name, "learner", keys(config.learners));
      const auto factory = config.learners.at(name).make();
      if (needs.acting_learner && !factory->acts()) said.fail(concat("learner '", name, "' has no policy to act with"));
      if (needs.updates && !factory->policy_file().empty()) {
        said.fail(concat("learner '", name, "' is a policy from a file, which learns nothing: a learn phase with ",
                         "updates: 0 hands it over"));
      }
      if (!needs.takes_from.empty() && factory->acts()) {
        at.at("from").fail(concat("learner '", name, "' has a policy: continue the run that it learned in"));
      }
      for (const auto& part : needs_of(*factory, observation, said, name)) {
        taken.insert(part);
        if (!parts.contains(part)) {
          said.fail(concat("learner '", name, "' needs the part '", part,
                           "', which no earlier phase hands over; let one that provides it learn first",
                           provider_of(part)));
        }
        if (factory->wants_density()) check_density(config, provider[part], said, name);
        check_memory(config, provider[part], said, name);
      }
      for (const auto& part : factory->provides()) {
        if (taken.contains(part)) {
          said.fail(
              concat("learner '", name, "' would replace the part '", part, "', which an earlier phase has used"));
        }
        parts.insert(part);
        provider[part] = name;
      }
      for (const auto& source : factory->sources(needs.acting_learner)) {
        drawn.push_back({said, name, source, {sources.begin(), sources.end()}});
      }
      attempts.check(name, needs.acting_learner, provider[kClonedPolicy]);
      if (!needs.snapshots.empty() && !factory->acts()) {
        said.fail(concat("learner '", name, "' has no policy to keep: leave keep_policy_every out"));
      }
      if (needs.leaves_policy && factory->acts()) {
        for (const auto& policy : left) {
          policies.push_back(policy);
          learner_of[policy] = name;
        }
      }
    }
  }
  const std::vector<std::string> known(sources.begin(), sources.end());
  std::set<std::string> read{config.normalizer_source};
  for (const auto& [at, learner, source, there] : drawn) {
    read.insert(source);
    if (std::find(there.begin(), there.end(), source) != there.end()) continue;
    at.fail(concat(
        "learner '", learner, "' draws from replay source '", source, "', which ",
        sources.contains(source) ? "no phase before this one fills" : "nobody fills", did_you_mean(source, there),
        there.empty() ? "; give `data`, or a phase that collects" : concat(" (there are by then: ", join(there), ")")));
  }
  detail::check_scales(config, drawn);
  detail::check_worth(config, root, drawn, filled, spec);
  detail::check_data_reward(config, root, drawn, spec);
  if (taken.contains("normalizer") && normalizer.empty()) {
    root.fail(
        "normalizer_source: nothing is collected or read before the first learner starts that normalises what it sees; "
        "collect some episodes first, give `data`, or set its input.normalize: false");
  }
  if (taken.contains("normalizer")) {
    want_known(root.has("normalizer_source") ? root.at("normalizer_source") : root, config.normalizer_source,
               "replay source", {normalizer.begin(), normalizer.end()});
  }
  for (const auto& [at, name] : filled) {
    if (drawn.empty() || read.contains(name)) continue;
    log_warning(at.origin().str(), ": ", at.path(), ": no learner draws from replay source '", name, "'",
                did_you_mean(name, std::vector(read.begin(), read.end())));
  }
  for (const auto& name : keys(config.sources)) {
    want_known(root.at("sources").at(name), name, "replay source", known);
  }
}

/// What stands for nothing is not there: so a config takes away what its base has, as of the list of phases.
ConfigNode without_nothings(ConfigNode config) {
  for (const char* key : {"sources", "policies", "learners"}) {
    const auto named = config.get(key);
    if (!named.is_map()) continue;
    auto there = named;
    for (const auto& item : named.items()) {
      if (item.value.is_null()) there = there.without(item.key);
    }
    if (there.size() < named.size()) config = config.with(key, there);
  }
  return config;
}

}  // namespace

RunConfig::RunConfig(const Catalog& catalog)
    : env(catalog.environments), policies(catalog.policies), learners(catalog.learners), phases(catalog.phases) {}

RunConfig read_run_config(const ConfigNode& written, const Catalog& catalog) {
  RunConfig config(catalog);
  const ConfigNode given = without_nothings(written);
  // As over a list of its own, names under `phases` change those that the learners bring along.
  const bool changes = given.get("phases").is_map();
  const bool brought = !given.has("phases") || changes;
  read_config_into(changes ? given.without("phases") : given, config);
  if (!config.env && !config.data) given.fail("nothing to learn from: give `env`, `data`, or both");
  SpecOnce spec;
  ConfigNode node = given;
  if (brought) {
    const auto phases = given.without("phases").with("phases", ConfigNode::list(default_phases(config, given, spec)));
    node = changes ? merge_config(phases, ConfigNode::map({{"phases", {}, given.get("phases")}})) : phases;
    read_config_into(node, config);
  }
  if (config.phases.empty()) node.fail("nothing to do: give `phases`, a list of {type: ...}, or `learners`");
  if (config.data && !std::filesystem::exists(config.data->path)) {
    node.at("data").at("path").fail(concat("no such file: ", config.data->path.string()));
  }
  check_phases(config, node, spec);
  detail::warn_where_a_stop_pays(config, node, spec);
  return config;
}

ConfigNode dump_run_config(const RunConfig& config) { return dump_config(config); }

std::vector<std::string> reduced_precision(const ConfigNode& resolved) {
  std::vector<std::string> found;
  for (const auto& item : resolved.items()) {
    if (item.key == "precision" && item.value.is_scalar() && item.value.text() != "fp32") {
      found.push_back(concat(item.value.text(), " in ", resolved.path()));
    }
    for (auto& below : reduced_precision(item.value)) found.push_back(std::move(below));
  }
  return found;
}

ConfigNode run_identity(const ConfigNode& resolved) {
  std::vector<ConfigNode::Item> run;
  for (const auto& item : resolved.at("run").items()) {
    if (item.key == "seed" || item.key == "log_every") run.push_back(item);
  }
  auto rest = resolved.without("compute").without("replay").with("run", ConfigNode::map(std::move(run)));
  if (!rest.get("env").is_map()) return rest;
  // Nor does patience with an environment, or what is shown of it, change what it does.
  return rest.with("env", rest.at("env").without("start_timeout_s").without("step_timeout_s").without("show_output"));
}

std::string help_run_config(const Catalog& catalog) { return help_config(RunConfig(catalog)); }

}  // namespace onramp
