"""An environment that does next to nothing, of the sizes of Adroit door: what remains is the bridge."""

import numpy


class Box:
    def __init__(self, low, high, shape, dtype):
        self.low = numpy.full(shape, low, dtype)
        self.high = numpy.full(shape, high, dtype)
        self.shape, self.dtype = shape, self.low.dtype


class Dict:
    def __init__(self, spaces):
        self.spaces = spaces


class Probe:
    def __init__(self, pictures=0, side=84):
        self.state = numpy.zeros(39)
        self.pictures = {f"camera_{i}": numpy.full((side, side, 3), i, numpy.uint8) for i in range(pictures)}
        spaces = {"state": Box(-numpy.inf, numpy.inf, (39,), numpy.float64)}
        spaces.update({name: Box(0, 255, picture.shape, numpy.uint8) for name, picture in self.pictures.items()})
        self.observation_space = Dict(spaces) if pictures else spaces["state"]
        self.action_space = Box(-1, 1, (28,), numpy.float32)

    def reset(self, seed=None):
        self.state[:] = 0
        return self.observe(), {}

    def step(self, action):
        self.state[:28] += action
        return self.observe(), 0.0, False, False, {"success": False}

    def observe(self):
        return {"state": self.state, **self.pictures} if self.pictures else self.state
