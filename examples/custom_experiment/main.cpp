// The task and the agent in the catalog: config checks, --help-config, resume, logs and reports come with run_train.
#include "experiment.h"

int main(int argc, char** argv) {
  using namespace experiment;
  Catalog catalog;
  catalog.environments.add<NoConfig>("reach", "a point on a plane moves to a goal",
                                     [](const NoConfig&) { return std::make_unique<Reach>(); });
  add_learner<Smooth, SmoothConfig>(catalog.learners, "smooth",
                                    "actor-critic whose policy changes little from step to step");
  add_policies(catalog.policies);
  return run_train(catalog, argc, argv);
}
