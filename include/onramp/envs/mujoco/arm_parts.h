// Where a model keeps an arm.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace onramp::mujoco {

/// Ids of an arm of N joints in its model, and where its joints stand in the model's state.
template <size_t N>
struct ArmParts {
  std::array<int, N> qpos{}, dof{}, actuator{};
  int site = -1;                   ///< the tool point
  int base_body = -1;              ///< whose frame is the base frame
  std::vector<bool> is_tool_geom;  ///< by geom: what pressing on the tool presses on
};

}  // namespace onramp::mujoco
