// Each setting of the simulated robot tasks of Q2RL, and of their experts, at a second value changes what happens. What they
// share with `lift` is tested there.
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "attempts.h"
#include "onramp/envs/mujoco/kitting.h"
#include "onramp/envs/mujoco/peg_insertion.h"
#include "onramp/envs/mujoco/pipe_assembly.h"
#include "onramp/policies/kitting_expert.h"
#include "onramp/policies/peg_insertion_expert.h"
#include "onramp/policies/pipe_assembly_expert.h"

namespace onramp {
namespace {

using Course = std::vector<double>;

/// What happens in an attempt or two, with settings of task and expert changed.
template <class TaskConfig, class ExpertConfig, class MakeTask, class MakeExpert>
struct Courses {
  MakeTask* make_task;
  MakeExpert* make_expert;
  int attempts;

  Course run(const std::function<void(TaskConfig&)>& task, const std::function<void(ExpertConfig&)>& expert) const {
    TaskConfig task_config;
    ExpertConfig expert_config;
    task_config.max_steps = 90;
    if (task) task(task_config);
    if (expert) expert(expert_config);
    const auto environment = make_task(task_config);
    const auto policy = make_expert(expert_config, environment->spec().observation, environment->spec().action);
    return test::course_of(*environment, *policy, "robot task settings", attempts);
  }
  Course task(const std::function<void(TaskConfig&)>& change) const { return run(change, {}); }
  Course expert(const std::function<void(ExpertConfig&)>& change) const { return run({}, change); }
};

using Peg = Courses<mujoco::PegInsertionConfig, PegInsertionExpertConfig, decltype(mujoco::make_peg_insertion),
                    decltype(make_peg_insertion_expert)>;
using Pipe = Courses<mujoco::PipeAssemblyConfig, PipeAssemblyExpertConfig, decltype(mujoco::make_pipe_assembly),
                     decltype(make_pipe_assembly_expert)>;
using Kit =
    Courses<mujoco::KittingConfig, KittingExpertConfig, decltype(mujoco::make_kitting), decltype(make_kitting_expert)>;

/// What every expert has.
template <class T>
void expect_errors_of_people_matter(const T& task) {
  const auto base = task.expert([](auto&) {});
  EXPECT_EQ(task.expert([](auto&) {}), base) << "the same settings, the same attempt";
  EXPECT_NE(task.expert([](auto& c) { c.noise = 0.5; }), base);
  EXPECT_NE(task.expert([](auto& c) { c.action_noise = 0.2; }), base);
  EXPECT_NE(task.expert([](auto& c) { c.slow = 0.9; }), base);
  EXPECT_NE(task.expert([](auto& c) { c.delta_m = 0.01; }), base);
  EXPECT_NE(task.expert([](auto& c) { c.delta_rad = 0.02; }), base);
  EXPECT_NE(task.expert([](auto& c) { c.aim_error_m = 0.02; }), base);
  EXPECT_NE(task.expert([](auto& c) { c.turn_error_rad = 0.05; }), base);
}

TEST(RobotTaskSettings, OfPegInsertion) {
  const Peg peg{mujoco::make_peg_insertion, make_peg_insertion_expert, 1};
  const auto base = peg.task([](auto&) {});
  EXPECT_EQ(peg.task([](auto&) {}), base);
  EXPECT_NE(peg.task([](auto& c) { c.start_turn_rad = 0.0; }), base);
  EXPECT_NE(peg.task([](auto& c) { c.start_spread_m = 0.02; }), base);
  EXPECT_NE(peg.task([](auto& c) { c.board_spread_m = 0.01; }), base);
  EXPECT_NE(peg.task([](auto& c) { c.clearance_m = 0.003; }), base);
  EXPECT_NE(peg.task([](auto& c) { c.grasp_N = 20.0; }), base);
  EXPECT_NE(peg.task([](auto& c) { c.max_steps = 20; }), base);
}

TEST(RobotTaskSettings, OfPegInsertionsExpert) {
  const Peg peg{mujoco::make_peg_insertion, make_peg_insertion_expert, 2};
  expect_errors_of_people_matter(peg);
  // It tries again only after a miss.
  const auto missing = [&](double retry) {
    return peg.expert([retry](auto& c) {
      c.aim_error_m = 0.006;
      c.retry = retry;
    });
  };
  EXPECT_NE(missing(0.0), missing(1.0));
}

TEST(RobotTaskSettings, OfPipeAssembly) {
  const Pipe pipe{mujoco::make_pipe_assembly, make_pipe_assembly_expert, 1};
  const auto base = pipe.task([](auto&) {});
  EXPECT_EQ(pipe.task([](auto&) {}), base);
  EXPECT_NE(pipe.task([](auto& c) { c.pipe_spread_m = 0.01; }), base);
  EXPECT_NE(pipe.task([](auto& c) { c.pipe_rotation_rad = 0.0; }), base);
  EXPECT_NE(pipe.task([](auto& c) { c.fixture_turn_rad = 0.1; }), base);
  const auto inserting = [&](double clearance_m) {
    return pipe.run(
        [clearance_m](auto& c) {
          c.max_steps = 200;
          c.clearance_m = clearance_m;
        },
        [](auto& c) { c.noise = 0; });
  };
  EXPECT_NE(inserting(0.0015), inserting(0.004));
}

TEST(RobotTaskSettings, OfPipeAssemblysExpert) {
  const Pipe pipe{mujoco::make_pipe_assembly, make_pipe_assembly_expert, 1};
  expect_errors_of_people_matter(pipe);
  EXPECT_NE(pipe.expert([](auto& c) { c.grip_error_m = 0.03; }), pipe.expert([](auto&) {}));
  const auto missing = [&](double retry) {
    return pipe.run([](auto& c) { c.max_steps = 200; },
                    [retry](auto& c) {
                      c.aim_error_m = 0.01;
                      c.retry = retry;
                    });
  };
  EXPECT_NE(missing(0.0), missing(1.0));
}

TEST(RobotTaskSettings, OfKitting) {
  const Kit kit{mujoco::make_kitting, make_kitting_expert, 1};
  const auto base = kit.task([](auto&) {});
  EXPECT_EQ(kit.task([](auto&) {}), base);
  EXPECT_NE(kit.task([](auto& c) { c.layout = mujoco::KittingLayout::kModified; }), base);
  EXPECT_NE(kit.task([](auto& c) { c.part_spread_m = 0.01; }), base);
  EXPECT_NE(kit.task([](auto& c) { c.part_rotation_rad = 0.0; }), base);
}

TEST(RobotTaskSettings, OfKittingsExpert) {
  const Kit kit{mujoco::make_kitting, make_kitting_expert, 1};
  expect_errors_of_people_matter(kit);
  const Kit several{mujoco::make_kitting, make_kitting_expert, 3};
  const auto missing = [&](double retry) {
    return several.run([](auto& c) { c.max_steps = 150; },
                       [retry](auto& c) {
                         c.aim_error_m = 0.03;
                         c.retry = retry;
                       });
  };
  EXPECT_NE(missing(0.0), missing(1.0));
}

}  // namespace
}  // namespace onramp
