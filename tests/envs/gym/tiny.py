"""Environments with Gymnasium's interface that need nothing but Python: what the tests of the bridge drive.

A point is pushed about; success is being at 1. Arguments make it misbehave.
"""

import os
import random
import signal
import sys
import time


class Box:
    def __init__(self, low, high, shape, dtype="float32"):
        self.low, self.high, self.shape, self.dtype = low, high, shape, dtype


class Dict:
    def __init__(self, spaces):
        self.spaces = spaces


class Discrete:
    n = 3


class Point:
    """`does` at step `at` of an episode, or in its reset where `at` is 0."""

    def __init__(self, does="", at=3, length=0, terminates_at=0, says_success=True, dim=2, low=-1.0, high=1.0,
                 dtype="float32", horizon=None, note="", follows_seed=True):
        self.does, self.at, self.length, self.terminates_at = does, at, length, terminates_at
        self.says_success, self.dim, self.note, self.follows_seed = says_success, dim, note, follows_seed
        self.observation_space = Box(-float("inf"), float("inf"), (dim + 1,), "float64")
        self.action_space = Box(low, high, (dim,), dtype)
        if horizon is not None:
            self.horizon = horizon
        self.dt = 0.05

    def reset(self, seed=None):
        self.random = random.Random(seed if self.follows_seed else None)
        self.steps = 0
        self.position = [self.random.uniform(-0.1, 0.1) for _ in range(self.dim)]
        if self.at == 0:
            self.misbehave()
        return self.observe(), {}

    def observe(self):
        return [*self.position, float(self.steps)]

    def step(self, action):
        self.steps += 1
        self.position = [x + 0.1 * a + self.random.gauss(0, 0.001) for x, a in zip(self.position, action)]
        observation, reward, info = self.observe(), -abs(1 - self.position[0]), {}
        if self.says_success:
            info["success"] = self.position[0] > 1
        if self.steps == self.at:
            changed = self.misbehave()
            if changed == "nan":
                observation[0] = float("nan")
            elif changed == "shape":
                observation = observation[1:]
            elif changed == "four":
                return observation, reward, False, info
            elif changed == "nan_reward":
                reward = float("nan")
        terminated = self.steps == self.terminates_at
        return observation, reward, terminated, self.steps == self.length, info

    def misbehave(self):
        if self.does == "raise":
            raise RuntimeError("the point\nis lost")
        if self.does == "exit":
            os._exit(3)
        if self.does == "exit_unless" and not os.path.exists(self.note):
            os._exit(3)
        if self.does == "sys_exit":
            sys.exit("enough")
        if self.does == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if self.does == "hang":
            time.sleep(1000)
        if self.does == "garbage":
            os.write(3, b"no frame at all, but text")
        if self.does == "half":
            os.write(3, b"onrp")
            os._exit(0)
        if self.does == "print":
            print("hello from the point")
        if self.does == "note_pid":
            with open(self.note, "w") as file:
                file.write(str(os.getpid()))
        if self.does == "fork":  # something that outlives it, unless it is ended with it
            if os.fork() == 0:
                with open(self.note, "w") as file:
                    file.write(str(os.getpid()))
                time.sleep(1000)
        return self.does


class Pictures(Point):
    """Pictures and vectors, one inside another."""

    def __init__(self, size=4, channels=3, **kwargs):
        super().__init__(**kwargs)
        self.size, self.channels = size, channels
        inner = Dict({"goal": Box([0.0, -2.0], [1.0, 3.0], (2,)), "matrix": Box(-5.0, 5.0, (2, 2), "float64")})
        self.observation_space = Dict({
            "eye": Box(0, 255, (size, size, channels), "uint8"),
            "place": Box(-float("inf"), float("inf"), (self.dim,)),
            "task": inner,
            "mode": Discrete(),
        })

    def observe(self):
        row = [[(self.steps + c) % 256 for c in range(self.channels)] for _ in range(self.size)]
        return {"eye": [row] * self.size, "place": self.position, "mode": 1,
                "task": {"goal": [0.5, -1.5], "matrix": [[1.0, 2.0], [3.0, float(self.steps)]]}}


class TakesChoices(Point):
    def __init__(self):
        super().__init__()
        self.action_space = Discrete()


def breaks():
    import not_there_at_all  # noqa: F401


def nothing():
    return 3


def no_bounds():
    return Point(low=-float("inf"), high=float("inf"))


class Array:
    """What of NumPy's arrays a picture needs."""

    def __init__(self, shape, values):
        self.shape, self.values = shape, values
        self.dtype = type("dtype", (), {"name": "uint8"})

    def tobytes(self):
        return bytes(self.values)


class Drawn(Point):
    """Twice as high as wide: red above, blue below, and green by how many steps were made. Or `draws` nothing."""

    def __init__(self, draws="picture", **kwargs):
        super().__init__(**kwargs)
        self.draws = draws

    def render(self):
        if self.draws == "nothing":
            return None
        above, below = [200, 10 * self.steps, 0], [0, 10 * self.steps, 200]
        return Array((40, 20, 3), (above * 20) * 20 + (below * 20) * 20)
