#include "onramp/training/catalog.h"

#include "onramp/algorithms/builtin.h"
#include "onramp/policies/random_policy.h"
#include "onramp/training/phases.h"

namespace onramp {

Catalog basic_catalog() {
  Catalog catalog;
  catalog.policies.add<NoConfig>("random", "uniform actions", [](const NoConfig&, const PolicyContext& context) {
    return std::make_unique<RandomPolicy>(context.action);
  });
  add_learners(catalog.learners);
  add_phases(catalog.phases);
  return catalog;
}

}  // namespace onramp
