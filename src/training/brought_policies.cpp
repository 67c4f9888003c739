#include "onramp/training/brought_policies.h"

#include <algorithm>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/policies/torchscript_policy.h"
#include "onramp/training/phase.h"

namespace onramp {
namespace {

std::unique_ptr<Learnable> bring_policy(const LearnerFactory& factory, LearnerContext context) {
  const auto path = factory.policy_file();
  std::string bytes;
  try {
    bytes = read_file(path);
  } catch (const IoError& error) {  // of a config, that is, which names it
    throw ConfigError(error.what());
  }
  const PartState part = save_policy(TorchScriptPolicy(std::move(bytes), path, context.device));
  context.policy_file = &part;
  return factory.make(context);
}

}  // namespace

std::map<std::string, std::unique_ptr<Learnable>> bring_policies(
    const RunConfig& config, const std::function<LearnerContext(const std::string&)>& context) {
  std::map<std::string, std::unique_ptr<Learnable>> brought;
  // Phase by phase, as a run goes: a part that is brought now may be learned anew before somebody is handed it.
  Parts given;
  std::map<std::string, std::string> giver;  // by part
  for (const auto& component : config.phases) {
    for (const auto& name : component.make()->needs().learners) {
      const auto factory = config.learners.at(name).make();
      std::string whose = concat("learner '", name, "'");
      try {
        if (!factory->policy_file().empty()) {
          auto& slot = brought[name];
          if (!slot) slot = bring_policy(*factory, context(name));
          slot->save(given);
          for (const auto& part : factory->provides()) giver[part] = name;
          continue;
        }
        auto for_it = context(name);
        for_it.given = &given;
        const auto needs = factory->needs(for_it.observation);
        const auto part =
            std::find_if(needs.begin(), needs.end(), [&](const auto& one) { return giver.contains(one); });
        if (part != needs.end()) {
          const auto& from = giver.at(*part);
          whose = concat("learner '", from, "', policy ", config.learners.at(from).make()->policy_file());
          factory->check_given(for_it);
        }
      } catch (const ConfigError& error) {
        throw ConfigError(concat(whose, ": ", error.what()));
      }
      for (const auto& part : factory->provides()) giver.erase(part);
    }
  }
  return brought;
}

std::string describe_brought(const Learnable& learner) {
  const auto* agent = dynamic_cast<const Agent*>(&learner);
  const auto policy = agent ? agent->policy() : nullptr;
  const auto* script = dynamic_cast<const TorchScriptPolicy*>(policy.get());
  ONRAMP_CHECK(script, "a policy of another kind from a file");
  return script->describe();
}

}  // namespace onramp
