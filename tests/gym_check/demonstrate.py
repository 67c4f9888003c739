"""Episodes in robosuite or the Kitchen, for scripts/gym_check.sh: demonstrate.py (lift | can | square | kitchen) EPISODES

Prints each as a line of JSON, which pack.py makes a file of. In lift a simple expert acts: above the cube, down, close, up. In the
others actions are drawn: there is nothing to be learned from them. The Kitchen is the one of kitchen_opens.py, whose objects move by
themselves.
"""

import json
import os
import sys

import numpy

root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
sys.path[:0] = [os.path.join(root, "configs/q2rl/parts"), os.path.join(root, "tests/envs/gym")]


class LiftExpert:
    """`object` is the cube's position, its quaternion, and the cube seen from the hand."""

    def __init__(self, random):
        self.closed, self.random = 0, random

    def act(self, observation):
        hand, cube = observation["robot0_eef_pos"], observation["object"][:3]
        aside = numpy.linalg.norm((cube - hand)[:2])
        near = aside < 0.01 and abs(hand[2] - cube[2]) < 0.008
        self.closed += near or self.closed > 0
        if self.closed > 8:
            target = cube + [0, 0, 0.15]
        elif aside > 0.015:
            target = cube + [0, 0, 0.06]
        else:
            target = cube
        action = numpy.zeros(7)
        action[:3] = 8 * (target - hand) + self.random.normal(0, 0.05, 3)
        action[6] = 1 if self.closed else -1
        return action.clip(-1, 1)


class Random:
    def __init__(self, random, values):
        self.random, self.values = random, values

    def act(self, observation):
        return self.random.uniform(-1, 1, self.values)


def episode(environment, policy, seed, most):
    observation, _ = environment.reset(seed=seed)
    rows = {"observations": [observation], "actions": [], "rewards": []}
    success = False
    while len(rows["actions"]) < most and not success:
        action = policy.act(observation)
        observation, reward, _, _, info = environment.step(action)
        success = info["success"]
        rows["observations"].append(observation)
        rows["actions"].append(action)
        rows["rewards"].append(reward)
    rows["success"] = success
    return rows


def plain(value):
    return value.tolist()


def main(task, count):
    said, sys.stdout = sys.stdout, sys.stderr  # robosuite prints
    if task == "kitchen":
        from kitchen_opens import Opens
        environment = Opens()
    else:
        import robosuite_tasks
        environment = getattr(robosuite_tasks, task)()
    for seed in range(count):
        random = numpy.random.default_rng(seed)
        policy = LiftExpert(random) if task == "lift" else Random(random, 9 if task == "kitchen" else 7)
        rows = episode(environment, policy, 1000 + seed, 120 if task == "lift" else 30)
        said.write(json.dumps(rows, default=plain) + "\n")
        print(f"{task}: {len(rows['actions'])} steps, {'success' if rows['success'] else 'no success'}")


main(sys.argv[1], int(sys.argv[2]))
