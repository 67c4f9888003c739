"""What Minari's own reader sees in a set, as JSON: read_minari.py FOLDER (that holds data/)."""

import json
import pathlib
import sys

import numpy as np
from minari.dataset.minari_dataset import MinariDataset


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return np.asarray(value).astype(float).reshape(len(value), -1).tolist()


dataset = MinariDataset(pathlib.Path(sys.argv[1]) / "data")
episodes = [
    {
        "observations": plain(episode.observations),
        "actions": plain(episode.actions),
        "rewards": np.asarray(episode.rewards, dtype=float).tolist(),
        "terminations": np.asarray(episode.terminations).tolist(),
        "truncations": np.asarray(episode.truncations).tolist(),
        "success": np.asarray(episode.infos["success"]).tolist() if episode.infos and "success" in episode.infos else None,
    }
    for episode in dataset.iterate_episodes()
]
metadata = list(dataset.storage.get_episode_metadata(dataset.episode_indices))
json.dump(
    {
        "total_steps": int(dataset.total_steps),
        "spaces": [str(dataset.observation_space), str(dataset.action_space)],
        "seeds": [str(m.get("seed")) for m in metadata],
        "episodes": episodes,
    },
    sys.stdout,
)
