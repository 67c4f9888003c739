"""robosuite's Lift, Can and Square as robomimic records them, for env: {type: gym, packages: robosuite, file: this}.

    env: {type: gym, packages: robosuite, file: parts/robosuite_tasks.py, id: lift, max_steps: 400, reward: success,
          ends_at_success: true, state_keys: [robot0_eef_pos, robot0_eef_quat, robot0_gripper_qpos, object]}

Entries have robomimic's names, and its values in robosuite 1.5: `object` is robosuite's object-state. Files that robosuite 1.4
made (low_dim_v141.hdf5) have another order, and another sign of the gripper's distance to the cube: `recorded_with: 1.4`.
The action is robomimic's, seven values: what OSC_POSE moves and turns the hand by in a step (0.05 m and 0.5 rad at 1), and the
gripper. robosuite's own clock never ends an episode here: max_steps of the config does.
"""

import numpy
import robosuite

KEYS = ("robot0_eef_pos", "robot0_eef_quat", "robot0_gripper_qpos")


class Box:
    def __init__(self, low, high):
        self.low, self.high, self.shape, self.dtype = low, high, low.shape, low.dtype


class Dict:
    def __init__(self, spaces):
        self.spaces = spaces


class Task:
    def __init__(self, name, recorded_with="1.5", camera="", robot="Panda", **settings):
        if str(recorded_with) not in ("1.4", "1.5"):
            raise ValueError(f"recorded_with: 1.4 or 1.5, not {recorded_with}")
        self.name, self.old, self.camera = name, str(recorded_with) == "1.4", camera
        settings.setdefault("lite_physics", not self.old)  # newer, faster; off: as before 1.5
        self.task = robosuite.make(
            name, robots=robot, control_freq=20, reward_shaping=False, ignore_done=True, use_camera_obs=False,
            has_renderer=False, has_offscreen_renderer=bool(camera), **settings)
        self.control_freq = self.task.control_freq
        low, high = self.task.action_spec
        self.action_space = Box(low, high)
        first = self.observe(self.task._get_observations(force_update=True))
        bound = {key: numpy.full(value.shape, numpy.inf) for key, value in first.items()}
        self.observation_space = Dict({key: Box(-bound[key], bound[key]) for key in first})

    def observe(self, all_entries):
        shown = {key: all_entries[key] for key in KEYS}
        entries = all_entries["object-state"]
        if self.old and self.name == "Lift":  # cube, then the gripper's place seen from it
            entries = numpy.concatenate([entries[:7], -entries[7:]])
        elif self.old:  # the object, then the same seen from the gripper
            entries = numpy.concatenate([entries[7:], entries[:7]])
        shown["object"] = entries
        return shown

    def reset(self, seed=None, options=None):
        if seed is not None:  # all of its parts draw from this one generator
            self.task.rng.bit_generator.state = numpy.random.default_rng(seed).bit_generator.state
        self.task.reset()
        # Once more: where an object is seen from the gripper is worked out of the observation before, of which there was none.
        return self.observe(self.task._get_observations(force_update=True)), {}

    def step(self, action):
        entries, reward, _, _ = self.task.step(action)
        if self.old:  # 1.5 works that place out of the object's one step before; 1.4 did not
            entries = self.task._get_observations(force_update=True)
        return self.observe(entries), reward, False, False, {"success": bool(self.task._check_success())}

    def render(self):
        if not self.camera:
            raise ValueError("kwargs: {camera: agentview} makes the pictures of a film")
        return self.task.sim.render(width=512, height=512, camera_name=self.camera)[::-1].copy()

    def close(self):
        self.task.close()


def lift(**settings):
    return Task("Lift", **settings)


def can(**settings):
    return Task("PickPlaceCan", **settings)


def square(**settings):
    return Task("NutAssemblySquare", **settings)
