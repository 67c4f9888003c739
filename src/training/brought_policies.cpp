#include "onramp/training/brought_policies.h"

#include <algorithm>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/log.h"
#include "onramp/policies/torchscript_policy.h"
#include "onramp/training/phase.h"
#include "onramp/training/phases.h"

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

/// Attempts of policies from files, by the replay source that they are in. The config's own check passes over `auto`, as how
/// such a policy acts is known once its file is read.
class FilesAttempts {
 public:
  void left(const std::string& phase, std::shared_ptr<const Policy> policy) { policies_[phase] = std::move(policy); }
  void add(const Phase& phase) {
    const auto needs = phase.needs();
    const auto made_by = needs.policies.empty() ? policies_.end() : policies_.find(needs.policies.front());
    if (made_by == policies_.end() || !needs.act) return;
    for (const auto& source : needs.fills_sources) made_.push_back({phase.name(), source, *needs.act, made_by->second});
  }
  /// Warns where a learner takes attempts to be made otherwise than they were.
  void check(const std::string& learner, const LearnerFactory& factory) const {
    for (const auto& terms : factory.terms()) {
      for (const auto& [phase, source, act, policy] : made_) {
        if (source != terms.source || !terms.act || act == *terms.act) continue;
        if (act != ActSetting::kAuto && *terms.act != ActSetting::kAuto) continue;  // said by the config's own check
        if (act_mode(act, *policy) == act_mode(*terms.act, *policy)) continue;
        log_warning("phase '", phase, "': its attempts are made by `act: ", enum_name(act), "`, and learner '", learner,
                    "' takes them to be made by `", enum_name(*terms.act), "`, which for this policy from a file is `",
                    enum_name(act_mode(ActSetting::kAuto, *policy)), "`: ", terms.remedy);
      }
    }
  }

 private:
  struct Made {
    std::string phase, source;
    ActSetting act;
    std::shared_ptr<const Policy> policy;
  };
  std::map<std::string, std::shared_ptr<const Policy>> policies_;  // by the phase that left them
  std::vector<Made> made_;
};

}  // namespace

std::map<std::string, std::unique_ptr<Learnable>> bring_policies(
    const RunConfig& config, const std::function<LearnerContext(const std::string&)>& context) {
  std::map<std::string, std::unique_ptr<Learnable>> brought;
  // Phase by phase, as a run goes: a part that is brought now may be learned anew before somebody is handed it.
  Parts given;
  std::map<std::string, std::string> giver;  // by part
  FilesAttempts attempts;
  for (const auto& component : config.phases) {
    const auto phase = component.make();
    attempts.add(*phase);
    for (const auto& name : phase->needs().learners) {
      const auto factory = config.learners.at(name).make();
      std::string whose = concat("learner '", name, "'");
      try {
        if (!factory->policy_file().empty()) {
          auto& slot = brought[name];
          if (!slot) slot = bring_policy(*factory, context(name));
          slot->save(given);
          for (const auto& part : factory->provides()) giver[part] = name;
          attempts.left(phase->name(), dynamic_cast<const Agent&>(*slot).policy());
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
          if (!phase->needs().acting_learner) attempts.check(name, *factory);
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
