#include "onramp/training/critic_file.h"

#include <utility>

#include "onramp/base/text.h"
#include "onramp/policies/spec_json.h"

namespace onramp {
namespace {

constexpr const char* kLearner = "learner/";
constexpr const char* kGiven = "given/";

Parts with_prefix(Parts& parts, const std::string& prefix) {
  Parts found;
  for (auto& [name, state] : parts) {
    if (name.starts_with(prefix)) found[name.substr(prefix.size())] = std::move(state);
  }
  return found;
}

}  // namespace

void write_critic_file(const std::filesystem::path& folder, const Learnable& learner, const LearnerContext& context,
                       const std::string& config_hash, nlohmann::json about) {
  Parts own, kept;
  learner.save(own);
  for (auto& [name, state] : own) {
    if (!name.ends_with("optimizer")) kept[kLearner + name] = std::move(state);
  }
  if (context.given) {
    for (const auto& [name, state] : *context.given) kept[kGiven + name] = state;
  }
  about["observation"] = to_json_value(context.observation);
  about["action"] = to_json_value(context.action);
  write_checkpoint(folder, kept, {.config_hash = config_hash, .extra = about});
}

CriticFile read_critic_file(const std::filesystem::path& folder, const Registry<LearnerFactory>& learners,
                            at::Device device) {
  Checkpoint saved = read_checkpoint(folder);
  CriticFile file;
  file.about = saved.manifest.at("extra");
  try {
    file.observation = observation_spec_from_json(file.about.at("observation"));
    file.action = action_spec_from_json(file.about.at("action"));
    const auto settings = file.about.at("learner").get<std::string>();
    const Parts given = with_prefix(saved.parts, kGiven);
    const auto factory = learners.parse(parse_config_text(settings, (folder / "manifest.json").string())).make();
    file.learner =
        factory->make({.observation = file.observation, .action = file.action, .device = device, .given = &given});
  } catch (const nlohmann::json::exception& error) {
    throw CheckpointError(concat(folder.string(), ": not an agent's file (", error.what(), ")"));
  }
  // What was left out is as in a new learner.
  Parts parts;
  file.learner->save(parts);
  for (auto& [name, state] : with_prefix(saved.parts, kLearner)) parts[name] = std::move(state);
  file.learner->load(parts);
  file.agent = dynamic_cast<Agent*>(file.learner.get());
  file.critic = dynamic_cast<CriticView*>(file.learner.get());
  if (!file.agent || !file.critic) throw CheckpointError(concat(folder.string(), ": its learner has no critic to ask"));
  return file;
}

}  // namespace onramp
