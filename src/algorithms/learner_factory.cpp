#include "onramp/algorithms/learner_factory.h"

namespace onramp {

std::vector<ConfigNode> LearnerFactory::default_phases(const std::string& learner, bool environment,
                                                       const PolicyOfPart& policies) const {
  (void)environment;
  (void)policies;
  return {phase_of(learner, learner, "{type: learn}")};
}

ConfigNode phase_of(const std::string& learner, const std::string& name, const std::string& settings) {
  return parse_config_text(settings, "default phases of learner '" + learner + "'")
      .with("name", ConfigNode::scalar(name, /*quoted=*/true))
      .with("learner", ConfigNode::scalar(learner, /*quoted=*/true));
}

}  // namespace onramp
