"""Gymnasium-Robotics' FrankaKitchen with the reward and the observation of recorded sets, for env: {type: gym, packages: kitchen,
file: this, id: kitchen}.

The four subtasks of D4RL's kitchen-complete. Reward: how many of them are done so far, 0 to 4; the fourth ends the episode, a
success; 280 steps are its time limit. `observes: d4rl` is what D4RL's files hold, 60 values: joints (9), objects (21), goal (30);
`observes: gymnasium` Gymnasium's own 59, which Minari's sets hold: joints and their speeds (18), objects and theirs (41).
"""

import gymnasium
import gymnasium_robotics
import mujoco
import numpy
from gymnasium_robotics.envs.franka_kitchen.kitchen_env import OBS_ELEMENT_GOALS, OBS_ELEMENT_INDICES

TASKS = ("microwave", "kettle", "light switch", "slide cabinet")
JOINTS, OBJECTS = 9, 21


class Kitchen(gymnasium.Env):
    def __init__(self, tasks=TASKS, observes="d4rl", render_mode="rgb_array"):
        if observes not in ("d4rl", "gymnasium"):
            raise ValueError(f"observes: d4rl or gymnasium, not {observes}")
        gymnasium.register_envs(gymnasium_robotics)
        try:
            made = gymnasium.make("FrankaKitchen-v1", tasks_to_complete=list(tasks), render_mode=render_mode,
                                  disable_env_checker=True)
        except AssertionError as error:
            raise RuntimeError(f"Gymnasium-Robotics' Kitchen does not work with MuJoCo {mujoco.__version__}; scripts/setup.sh "
                               "--kitchen makes a Python with one that does (packages: kitchen)") from error
        self.inner, self.d4rl = made, observes == "d4rl"
        self.control_freq = 12.5
        self.goal = numpy.zeros(JOINTS + OBJECTS)
        for task in tasks:
            self.goal[OBS_ELEMENT_INDICES[task]] = OBS_ELEMENT_GOALS[task]
        size = 2 * (JOINTS + OBJECTS) if self.d4rl else made.observation_space["observation"].shape[0]
        self.action_space = made.action_space
        self.observation_space = gymnasium.spaces.Box(-numpy.inf, numpy.inf, (size,))
        self.spec = made.spec
        self.tasks = len(tasks)

    def observe(self, observation):
        values = observation["observation"]
        if not self.d4rl:
            return values
        return numpy.concatenate([values[:JOINTS], values[2 * JOINTS : 2 * JOINTS + OBJECTS], self.goal])

    def reset(self, seed=None, options=None):
        self.done = set()
        observation, info = self.inner.reset(seed=seed)
        return self.observe(observation), info

    def step(self, action):
        observation, _, _, truncated, info = self.inner.step(action)
        self.done.update(info["step_task_completions"])
        success = len(self.done) == self.tasks
        return self.observe(observation), float(len(self.done)), success, truncated, {**info, "success": success}

    def render(self):
        return self.inner.render()

    def close(self):
        self.inner.close()


def kitchen(**settings):
    return Kitchen(**settings)
