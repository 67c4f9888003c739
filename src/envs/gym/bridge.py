"""The end of the bridge that runs in the user's Python: one environment, driven through a socket.

What is said, and what lies in the shared memory, is in channel.h and spaces.h beside this file. Needs nothing but Python 3.8;
numpy and gymnasium are used where the environment brings them.
"""

import array
import difflib
import faulthandler
import importlib
import importlib.util
import json
import math
import mmap
import os
import pkgutil
import platform
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Mapping

SOCKET, MEMORY = 3, 4  # as python_process.cpp hands them over
FRAME = struct.Struct("<4sIQ")  # magic, kind, bytes that follow
MAGIC = b"onrp"
STEPPED = struct.Struct("<dQBBBx4x")  # reward, nanoseconds, terminated, truncated, success (2: not said)
HELLO, LAYOUT, RESET, STEP, RENDER, INFO = 1, 2, 3, 4, 5, 6
FAILED = 100  # an answer is its question's number, or this

here = "<string>"  # what tracebacks call this file


class Refusal(Exception):
    """What has an explanation of its own; `facts` go to the other side as they are."""

    def __init__(self, **facts):
        super().__init__(facts)
        self.facts = facts


class Peer:
    """The other program; that it is gone ends this one."""

    def __init__(self, connection):
        self.connection = connection

    def take(self, count):
        data = b""
        while len(data) < count:
            more = self.connection.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def question(self):
        _, kind, count = FRAME.unpack(self.take(FRAME.size))
        return kind, self.take(count)

    def answer(self, kind, payload=b""):
        self.connection.sendall(FRAME.pack(MAGIC, kind, len(payload)) + payload)


# ---- Making the environment ----


def module_of(path):
    """A file of the user's, whose neighbours it may import."""
    folder, name = os.path.split(os.path.abspath(path))
    sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(os.path.splitext(name)[0], path)
    if spec is None or not os.path.isfile(path):
        raise Refusal(kind="no_file", path=path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def make(settings):
    if settings["render"] and "DISPLAY" not in os.environ:
        os.environ.setdefault("MUJOCO_GL", "egl")  # else it wants a screen
    for name in settings["imports"]:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if not error.name or not f"{name}.".startswith(f"{error.name}."):
                raise  # it is there, and lacks something itself
            installed = [module.name for module in pkgutil.iter_modules()]
            raise Refusal(kind="no_module", name=name, lacks=error.name, known=difflib.get_close_matches(error.name, installed))
    kwargs = dict(settings["kwargs"])
    if settings["file"]:
        module = module_of(settings["file"])
        if not callable(getattr(module, settings["id"], None)):
            offered = [n for n, value in vars(module).items() if callable(value) and not n.startswith("_")]
            raise Refusal(kind="unknown_id", known=offered)
        return getattr(module, settings["id"])(**kwargs)
    gymnasium = importlib.import_module("gymnasium")
    if settings["max_steps"] > 0:
        kwargs["max_episode_steps"] = settings["max_steps"]
    if settings["render"]:
        kwargs["render_mode"] = "rgb_array"
    try:
        return gymnasium.make(settings["id"], **kwargs)
    except gymnasium.error.UnregisteredEnv as error:
        raise Refusal(kind="unknown_id", known=sorted(gymnasium.registry)) from error


# ---- What it observes and takes ----


def numbers(values):
    """All numbers of an array, list or number, in order."""
    if hasattr(values, "ravel"):
        return values.ravel().tolist()
    if isinstance(values, (list, tuple, array.array)):
        return [number for value in values for number in numbers(value)]
    return [values]


def finite(values):
    """JSON knows no infinity."""
    return [float(v) if math.isfinite(v) else None for v in values]


def described(space, path=()):
    """The boxes of a space, each with the keys that lead to it."""
    inner = getattr(space, "spaces", None)
    if isinstance(inner, Mapping):
        return [box for key, value in inner.items() for box in described(value, (*path, key))]
    about = {"path": [str(key) for key in path], "type": type(space).__name__}
    if all(hasattr(space, name) for name in ("low", "high", "shape", "dtype")) and space.shape is not None:
        about["shape"] = [int(size) for size in space.shape]
        about["dtype"] = getattr(space.dtype, "name", None) or str(space.dtype)
        about["low"] = finite(numbers(space.low))
        about["high"] = finite(numbers(space.high))
    return [about]


def attribute(environment, name):
    """Of the environment or of what its wrappers wrap; None where nobody has it."""
    for _ in range(64):
        value = getattr(environment, name, None)
        if value is not None or not hasattr(environment, "env"):
            return value
        environment = environment.env
    return None


def period_s(environment):
    for name, to_seconds in (("dt", float), ("control_timestep", float), ("control_freq", lambda x: 1.0 / x)):
        value = attribute(environment, name)
        if isinstance(value, (int, float)) and value > 0:
            return to_seconds(value)
    rate = (attribute(environment, "metadata") or {}).get("render_fps")
    return 1.0 / rate if rate else None


def whole(value):
    return int(value) if isinstance(value, int) and value > 0 else 0


def facts(environment):
    if not hasattr(environment, "observation_space") or not hasattr(environment, "action_space"):
        raise Refusal(kind="no_environment", type=type(environment).__name__)
    return {
        "python": platform.python_version(),
        "observation": described(environment.observation_space),
        "action": described(environment.action_space),
        "max_steps": whole(getattr(getattr(environment, "spec", None), "max_episode_steps", None)),
        "horizon": whole(attribute(environment, "horizon")),
        "period_s": period_s(environment),
    }


# ---- Observations and actions in the shared memory ----


def shape_of(value):
    if hasattr(value, "shape"):  # of an array, where numpy came late
        return tuple(value.shape)
    if isinstance(value, array.array):
        return (len(value),)
    sizes = []
    while isinstance(value, (list, tuple)):
        sizes.append(len(value))
        value = value[0] if value else None
    return tuple(sizes)


def numpy_writer(numpy, memory, entry):
    shape = tuple(entry["shape"])
    view = numpy.frombuffer(memory, entry["dtype"], math.prod(shape), entry["offset"]).reshape(shape)
    image = entry["dtype"] == "uint8"

    def write(value):
        value = numpy.asarray(value)
        if value.shape != shape or (image and value.dtype != view.dtype):
            raise Refusal(kind="observation", path=entry["path"], shape=list(value.shape), dtype=value.dtype.name)
        view[...] = value

    return write


def plain_writer(memory, entry):
    shape = tuple(entry["shape"])
    code = "B" if entry["dtype"] == "uint8" else "f"
    size = math.prod(shape) * (1 if code == "B" else 4)
    view = memoryview(memory)[entry["offset"] : entry["offset"] + size].cast(code)

    def write(value):
        if shape_of(value) != shape:
            raise Refusal(kind="observation", path=entry["path"], shape=list(shape_of(value)), dtype=type(value).__name__)
        view[:] = array.array(code, numbers(value))

    return write


def writer_of(memory, layout):
    """What puts an observation where the layout wants it."""
    numpy = sys.modules.get("numpy")
    parts = []
    for entry in layout["observation"]:
        write = numpy_writer(numpy, memory, entry) if numpy else plain_writer(memory, entry)
        parts.append((tuple(entry["path"]), write))
    if len(parts) == 1 and not parts[0][0]:
        return parts[0][1]

    def write_all(observation):
        for path, write in parts:
            value = observation
            for key in path:
                value = value[key]
            write(value)

    return write_all


def reader_of(memory, layout, space):
    """What takes the action out, as the space's own kind of array; a copy, since an environment may keep it."""
    action = layout["action"]
    count = math.prod(action["shape"])
    if hasattr(space.low, "ravel"):
        numpy = sys.modules["numpy"]
        view = numpy.frombuffer(memory, action["dtype"], count, action["offset"]).reshape(action["shape"])
        return view.copy
    code = {"float32": "f", "float64": "d"}[action["dtype"]]
    size = count * array.array(code).itemsize
    return memoryview(memory)[action["offset"] : action["offset"] + size].cast(code).tolist


# ---- Serving ----


class Server:
    """Answers one question after another."""

    def __init__(self, peer):
        self.peer = peer
        self.environment = None
        self.info = {}
        self.during = "start"

    def hello(self, payload):
        self.settings = json.loads(payload)
        self.during = "making it"
        self.environment = make(self.settings)
        self.peer.answer(HELLO, json.dumps(facts(self.environment)).encode())

    def layout(self, payload):
        layout = json.loads(payload)
        memory = mmap.mmap(MEMORY, layout["bytes"])
        self.write = writer_of(memory, layout)
        self.action = reader_of(memory, layout, self.environment.action_space)
        self.success_key = layout["success_key"]
        self.peer.answer(LAYOUT)

    def reset(self, payload):
        self.during = "reset()"
        began = time.perf_counter_ns()
        result = self.environment.reset(seed=struct.unpack("<Q", payload)[0])
        spent = time.perf_counter_ns() - began
        if not isinstance(result, tuple) or len(result) != 2 or not isinstance(result[1], Mapping):
            raise Refusal(kind="result", of="reset()", want="(observation, info)", got=self.told(result))
        self.write(result[0])
        self.info = result[1]
        self.peer.answer(RESET, struct.pack("<Q", spent))

    def step(self, payload):
        self.during = "step()"
        action = self.action()
        began = time.perf_counter_ns()
        result = self.environment.step(action)
        spent = time.perf_counter_ns() - began
        if not isinstance(result, tuple) or len(result) != 5 or not isinstance(result[4], Mapping):
            want = "(observation, reward, terminated, truncated, info)"
            raise Refusal(kind="result", of="step()", want=want, got=self.told(result))
        observation, reward, terminated, truncated, info = result
        self.write(observation)
        self.info = info
        success = info.get(self.success_key)
        said = 2 if success is None else int(bool(success))
        self.peer.answer(STEP, STEPPED.pack(float(reward), spent, bool(terminated), bool(truncated), said))

    def told(self, result):
        return f"{len(result)} values" if isinstance(result, tuple) else type(result).__name__

    def render(self, payload):
        self.during = "render()"
        picture = self.environment.render()
        shape = getattr(picture, "shape", ())
        if len(shape) != 3 or shape[2] != 3 or getattr(picture.dtype, "name", "") != "uint8":
            raise Refusal(kind="result", of="render()", want="an array uint8 [height, width, 3]", got=type(picture).__name__)
        self.peer.answer(RENDER, struct.pack("<II", shape[0], shape[1]) + picture.tobytes())

    def last_info(self, payload):
        self.peer.answer(INFO, json.dumps(sorted(str(key) for key in self.info)).encode())

    def run(self):
        ways = {HELLO: self.hello, LAYOUT: self.layout, RESET: self.reset, STEP: self.step, RENDER: self.render,
                INFO: self.last_info}
        while True:
            kind, payload = self.peer.question()
            try:
                ways[kind](payload)
            except Refusal as refusal:
                self.peer.answer(FAILED, json.dumps({"during": self.during, **refusal.facts}).encode())
            except BaseException as error:  # sys.exit() too: the environment must not end without a word
                if isinstance(error, (EOFError, BrokenPipeError, ConnectionResetError)) and not frames_of(error):
                    raise
                self.peer.answer(FAILED, json.dumps({"during": self.during, **told(error)}).encode())


def frames_of(error):
    """Where in the environment's own code it happened, innermost first."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != here]
    return [f"{f.filename}:{f.lineno} in {f.name}" for f in reversed(frames) if "importlib" not in f.filename]


def told(error):
    about = {"kind": "exception", "type": type(error).__name__, "message": str(error), "trace": frames_of(error)}
    if isinstance(error, ModuleNotFoundError) and error.name:
        about["kind"] = "missing"
        about["package"] = error.name
    elif type(error).__name__ == "DependencyNotInstalled":
        about["kind"] = "missing"
        about["package"] = ""
    return about


def main():
    faulthandler.enable()  # a crash, and the signal that ends a hang, say where it happened
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for descriptor in (SOCKET, MEMORY):
        os.set_inheritable(descriptor, False)  # a process that the environment starts must not keep the link open
    server = Server(Peer(socket.socket(fileno=SOCKET)))
    try:
        server.run()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass
    if server.environment is not None and hasattr(server.environment, "close"):
        server.environment.close()


main()
