"""Sets that Minari's own code writes: write_minari.py FOLDER -> pendulum/v0 and camera/v0 in it."""

import os
import pathlib
import sys

folder = pathlib.Path(sys.argv[1]).resolve()
os.environ["MINARI_DATASETS_PATH"] = str(folder)

import gymnasium as gym
import minari
import numpy as np
from minari.data_collector.episode_buffer import EpisodeBuffer

# Real steps of a real environment: actions in [-2, 2], ends by time limit only.
env = gym.make("Pendulum-v1", max_episode_steps=30)
env.action_space.seed(3)
buffers = []
for seed in (11, 12):
    observation, _ = env.reset(seed=seed)
    buffer = EpisodeBuffer(id=None, seed=seed, observations=[observation], actions=[])
    while True:
        action = env.action_space.sample()
        observation, reward, terminated, truncated, _ = env.step(action)
        buffer.observations.append(observation)
        buffer.actions.append(action)
        buffer.rewards.append(float(reward))
        buffer.terminations.append(terminated)
        buffer.truncations.append(truncated)
        if terminated or truncated:
            break
    buffers.append(buffer)
minari.create_dataset_from_buffers("pendulum-v0", buffers, env=env, algorithm_name="random", author="nobody")

# Dict of a nested vector and a picture (JPEG), infos with success: ended by success, by failure, by time.
space = gym.spaces.Dict(
    {
        "arm": gym.spaces.Dict({"pose": gym.spaces.Box(-np.inf, np.inf, (4,), np.float64)}),
        "camera": gym.spaces.Box(0, 255, (48, 64, 3), np.uint8),
    }
)
random = np.random.default_rng(5)
buffers = []
for number, (terminated, success) in enumerate([(True, True), (True, False), (False, False)]):
    T = 4 + number
    y, x = np.mgrid[0:48, 0:64]
    camera = np.stack([np.stack([(x * 3 + 5 * t) % 256, (y * 4) % 256, np.full_like(x, 20 * t)], -1) for t in range(T + 1)])
    flags = [False] * (T - 1)
    buffers.append(
        EpisodeBuffer(
            id=None,
            seed=number,
            observations={"arm": {"pose": random.normal(size=(T + 1, 4))}, "camera": list(camera.astype(np.uint8))},
            actions=random.uniform(-1, 1, size=(T, 3)).astype(np.float32),
            rewards=list(random.normal(size=T)),
            terminations=flags + [terminated],
            truncations=flags + [not terminated],
            infos={"success": [False] * T + [success], "speed": list(random.normal(size=T + 1))},
        )
    )
minari.create_dataset_from_buffers(
    "camera-v0", buffers, observation_space=space, action_space=gym.spaces.Box(-1, 1, (3,), np.float32)
)
