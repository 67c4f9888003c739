#include "onramp/algorithms/builtin.h"

#include <type_traits>

#include "onramp/algorithms/bc.h"
#include "onramp/algorithms/cql_crossq.h"
#include "onramp/algorithms/cql_sac.h"
#include "onramp/algorithms/hilbert.h"
#include "onramp/algorithms/simplified_q.h"

namespace onramp {
namespace {

template <class Learner, class Config>
class FactoryOf final : public LearnerFactory {
 public:
  explicit FactoryOf(const Config& config) : config_(config) {}
  std::vector<std::string> needs([[maybe_unused]] const ObservationSpec& observation) const override {
    if constexpr (requires { config_.input; }) return NetworkInputs::needs(config_.input, observation);
    return {};
  }
  std::vector<std::string> provides() const override {
    if constexpr (std::is_same_v<Learner, Hilbert>) return {"encoder"};
    return {};
  }
  std::vector<ConfigNode> default_phases(const std::string& learner, bool environment) const override {
    return Learner::default_phases(config_, learner, environment);
  }
  std::vector<std::string> sources([[maybe_unused]] bool online) const override {
    if constexpr (requires { config_.source; }) {
      return {config_.source};
    } else {
      return online ? std::vector{config_.offline_source, config_.online_source} : std::vector{config_.offline_source};
    }
  }
  bool acts() const override { return std::is_base_of_v<Agent, Learner>; }
  std::unique_ptr<Learnable> make(const LearnerContext& context) const override {
    return std::make_unique<Learner>(config_, context);
  }

 private:
  Config config_;
};

template <class Learner, class Config>
void add(Registry<LearnerFactory>& learners, const char* name, const char* summary) {
  learners.add<Config>(name, summary,
                       [](const Config& config) { return std::make_unique<FactoryOf<Learner, Config>>(config); });
}

}  // namespace

void add_learners(Registry<LearnerFactory>& learners) {
  add<Bc, BcConfig>(learners, "bc", "behaviour cloning: a deterministic policy by squared error");
  add<Hilbert, HilbertConfig>(learners, "hilbert",
                              "pretrains an image encoder: first-occupancy Hilbert representation");
  add<SimplifiedQ, SimplifiedQConfig>(learners, "simplified_q",
                                      "actor-critic without target network, for offline and then online learning");
  add<CqlSac, CqlSacConfig>(learners, "cql_sac", "conservative Q-learning on soft actor-critic, with a target network");
  add<CqlCrossQ, CqlCrossQConfig>(learners, "cql_crossq",
                                  "conservative Q-learning on CrossQ: batch renormalisation, no target network");
}

}  // namespace onramp
