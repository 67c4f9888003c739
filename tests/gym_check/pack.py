"""What demonstrate.py prints, as a file in robomimic's or D4RL's layout: pack.py (robomimic | d4rl) FILE < episodes"""

import json
import sys

import h5py
import numpy


def robomimic(file, episodes):
    for number, rows in enumerate(episodes):
        demo = file.create_group(f"data/demo_{number}")
        for key in rows["observations"][0]:
            values = numpy.array([observation[key] for observation in rows["observations"]])
            demo[f"obs/{key}"], demo[f"next_obs/{key}"] = values[:-1], values[1:]
        demo["actions"], demo["rewards"] = numpy.array(rows["actions"]), numpy.array(rows["rewards"])
        demo["dones"] = numpy.array([0] * (len(rows["rewards"]) - 1) + [1])
        demo.attrs["num_samples"] = len(rows["rewards"])


def d4rl(file, episodes):
    columns = {name: [] for name in ("observations", "actions", "rewards", "terminals", "timeouts")}
    for rows in episodes:
        last = [False] * (len(rows["rewards"]) - 1)
        columns["observations"] += rows["observations"][:-1]
        columns["actions"] += rows["actions"]
        columns["rewards"] += rows["rewards"]
        columns["terminals"] += [*last, rows["success"]]
        columns["timeouts"] += [*last, not rows["success"]]
    for name, values in columns.items():
        file[name] = numpy.array(values)


with h5py.File(sys.argv[2], "w") as packed:
    {"robomimic": robomimic, "d4rl": d4rl}[sys.argv[1]](packed, [json.loads(line) for line in sys.stdin])
