#include "onramp/training/learner_file.h"

#include <cstdint>
#include <vector>

#include "onramp/base/error.h"
#include "onramp/base/text.h"

namespace onramp {
namespace fs = std::filesystem;

Parts read_learner(const fs::path& run, const std::string& name, const ConfigNode& resolved) {
  const auto refuse = [&](const std::string& why) { throw ConfigError(concat(run.string(), ": ", why)); };
  const auto checkpoints = list_checkpoints(run / "checkpoints");
  if (checkpoints.empty() || !fs::exists(run / "config.yaml")) {
    refuse(concat("no run with a checkpoint, from which '", name, "' could be taken"));
  }
  const ConfigNode there = load_config(run / "config.yaml");
  const ConfigNode learners = there.get("learners");
  if (!learners.has(name)) {
    std::vector<std::string> names;
    for (const auto& item : learners.items()) names.push_back(item.key);
    refuse(concat("no learner '", name, "' in that run", did_you_mean(name, names), " (there are: ", join(names), ")"));
  }
  if (const auto difference = config_difference(learners.at(name), resolved.at("learners").at(name), "there", "here")) {
    refuse(concat("its learner '", name, "' has other settings (", *difference, ")"));
  }

  Checkpoint saved = read_checkpoint(checkpoints.back());
  const auto at = saved.manifest.at("extra").value("phase", int64_t{0});
  const auto phases = there.at("phases").elements();
  for (size_t i = 0; i < phases.size(); ++i) {
    const auto learner = phases[i].get("learner");
    if (learner.is_scalar() && learner.text() == name && at <= static_cast<int64_t>(i)) {
      refuse(concat("'", name, "' still learns there, in phase '", phases[i].at("name").text(),
                    "'; continue that run first"));
    }
  }
  Parts parts;
  const std::string prefix = "learners/" + name + "/";
  for (auto& [part, state] : saved.parts) {
    if (part.starts_with(prefix)) parts[part.substr(prefix.size())] = std::move(state);
  }
  return parts;
}

}  // namespace onramp
