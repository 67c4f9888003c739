#include "onramp/envs/mujoco/world.h"

#include <cmath>

#include "onramp/base/error.h"

namespace onramp::mujoco {

World::World(mjSpec* spec) {
  model_.reset(mj_compile(spec, nullptr));
  const std::string message = model_ ? "" : mjs_getError(spec);
  mj_deleteSpec(spec);
  if (!model_) throw EnvironmentError(concat("MuJoCo cannot compile the scene: ", message));
  data_.reset(mj_makeData(model_.get()));
  forward();
}

double World::now() const { return static_cast<double>(ticks_) * model_->opt.timestep; }

void World::wait_until(double t_s) {
  const auto until = std::llround(t_s / model_->opt.timestep);
  for (; ticks_ < until; ++ticks_) {
    for (auto& hooks : hooks_) hooks.before_step();
    mj_step(model_.get(), data_.get());
    for (auto& hooks : hooks_) {
      if (hooks.after_step) hooks.after_step();
    }
  }
  for (const int warning : {mjWARN_BADQPOS, mjWARN_BADQVEL, mjWARN_BADQACC}) {
    if (data_->warning[warning].number > 0) {
      throw EnvironmentError(
          concat("the simulation diverged: ", mju_warningText(warning, 0), "; try a smaller timestep"));
    }
  }
}

void World::reset() {
  mj_resetData(model_.get(), data_.get());
  for (auto& hooks : hooks_) hooks.reset();
}

void World::forward() { mj_forward(model_.get(), data_.get()); }

int World::id(mjtObj type, const std::string& name) const {
  const int id = mj_name2id(model_.get(), type, name.c_str());
  ONRAMP_CHECK(id >= 0, "the model has no ", mju_type2Str(type), " named '", name, "'");
  return id;
}

}  // namespace onramp::mujoco
