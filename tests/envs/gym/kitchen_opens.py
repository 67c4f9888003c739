"""The Kitchen in which every second step puts the next of its objects where it shall be: what it says of that is tested."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../configs/q2rl/parts"))
from kitchen_task import OBS_ELEMENT_GOALS, OBS_ELEMENT_INDICES, TASKS, Kitchen  # noqa: E402


class Opens(Kitchen):
    def reset(self, seed=None, options=None):
        self.steps = 0
        return super().reset(seed=seed)

    def step(self, action):
        self.steps += 1
        if self.steps % 2 == 0 and self.steps // 2 <= len(TASKS):
            robot = self.inner.unwrapped.robot_env
            position, speed = robot.data.qpos.copy(), robot.data.qvel.copy()
            task = TASKS[self.steps // 2 - 1]
            position[OBS_ELEMENT_INDICES[task]] = OBS_ELEMENT_GOALS[task]
            robot.set_state(position, 0 * speed)
        return super().step(action)
