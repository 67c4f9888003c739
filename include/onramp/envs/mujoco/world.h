// One MuJoCo model and its state, and the clock of everything in it. Time passes only in wait_until(), which steps the
// physics; simulated devices hook into each physics step.
#pragma once

#include <mujoco/mujoco.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "onramp/base/clock.h"

namespace onramp::mujoco {

/// Thread safety: none; but a world may be made in one thread and used in another.
/// Invariant: the model's ids are constant; its sizes, colours and masses may be changed by the scene at a reset.
class World final : public Clock {
 public:
  /// Takes the spec over. @throws EnvironmentError with MuJoCo's message when it does not compile.
  explicit World(mjSpec* spec);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  double now() const override;
  /// Steps the physics up to the tick nearest to `t_s`. @throws EnvironmentError when the simulation diverges.
  void wait_until(double t_s) override;

  /// State as compiled, at rest; calls the devices' reset hooks. The clock goes on.
  void reset();
  /// Recomputes all positions after the state was set by hand.
  void forward();

  mjModel* model() { return model_.get(); }
  mjData* data() { return data_.get(); }
  double timestep_s() const { return model_->opt.timestep; }

  /// @return the id. @throws std::logic_error when there is no such name.
  int id(mjtObj type, const std::string& name) const;

  /// Called around the world's resets and steps.
  struct Hooks {
    std::function<void()> reset;        ///< the state was reset
    std::function<void()> before_step;  ///< write controls; positions are those of the last step
    std::function<void()> after_step;   ///< read contacts and forces of the step
  };
  void add(Hooks hooks) { hooks_.push_back(std::move(hooks)); }

 private:
  struct ModelDeleter {
    void operator()(mjModel* m) const { mj_deleteModel(m); }
  };
  struct DataDeleter {
    void operator()(mjData* d) const { mj_deleteData(d); }
  };
  std::unique_ptr<mjModel, ModelDeleter> model_;
  std::unique_ptr<mjData, DataDeleter> data_;
  std::vector<Hooks> hooks_;
  int64_t ticks_ = 0;  // physics steps since construction: time without rounding drift
};

}  // namespace onramp::mujoco
