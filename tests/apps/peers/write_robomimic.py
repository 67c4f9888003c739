"""A file in the layout that robomimic documents, and what its own reader sees in it, as JSON: write_robomimic.py FILE

Three demonstrations, two of them successful (sparse reward), done_mode 2 of dataset_states_to_obs.py: dones at success and
at every end. Masks as split_train_val.py leaves them.
"""

import contextlib
import io
import json
import sys

import h5py
import numpy as np
from robomimic.utils.dataset import SequenceDataset

random = np.random.default_rng(7)
with h5py.File(sys.argv[1], "w") as file:
    data = file.create_group("data")
    for number, length in enumerate([5, 4, 6]):
        demo = data.create_group(f"demo_{number}")
        eef = random.normal(size=(length + 1, 3))
        image = random.integers(0, 256, size=(length + 1, 8, 8, 3), dtype=np.uint8)
        demo.create_dataset("actions", data=random.uniform(-1, 1, size=(length, 2)))
        rewards = np.zeros(length)
        rewards[-1] = number != 1
        dones = np.zeros(length, dtype=int)
        dones[-1] = 1
        demo.create_dataset("rewards", data=rewards)
        demo.create_dataset("dones", data=dones)
        demo.create_dataset("states", data=random.normal(size=(length, 7)))
        for name, values in {"robot0_eef_pos": eef, "agentview_image": image}.items():
            demo.create_dataset(f"obs/{name}", data=values[:-1], compression="gzip")
            demo.create_dataset(f"next_obs/{name}", data=values[1:], compression="gzip")
        demo.attrs["num_samples"] = length
        demo.attrs["model_file"] = f"<mujoco model='{number}'/>"
    data.attrs["total"] = 15
    data.attrs["env_args"] = json.dumps({"env_name": "Lift", "type": 1, "env_kwargs": {"robots": "Panda"}}, indent=4)
    file["mask/train"] = np.array(["demo_2", "demo_0"], dtype="S")
    file["mask/valid"] = np.array(["demo_1"], dtype="S")

keys = ["robot0_eef_pos", "agentview_image"]
with contextlib.redirect_stdout(io.StringIO()):
    dataset = SequenceDataset(hdf5_path=sys.argv[1], obs_keys=keys, dataset_keys=("actions", "rewards", "dones"))
    samples = [dataset[i] for i in range(len(dataset))]
json.dump(
    {
        "obs": {k: [s["obs"][k][0].flatten().tolist() for s in samples] for k in keys},
        "next_obs": {k: [s["next_obs"][k][0].flatten().tolist() for s in samples] for k in keys},
        "actions": [s["actions"][0].tolist() for s in samples],
        "rewards": [float(s["rewards"][0]) for s in samples],
    },
    sys.stdout,
)
