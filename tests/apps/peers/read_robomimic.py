"""What robomimic's own reader sees in a file, as JSON: read_robomimic.py FILE FILTER_KEY OBS_KEY...

FILTER_KEY "-": all demonstrations.
"""

import contextlib
import io
import json
import sys

from robomimic.utils.dataset import SequenceDataset

path, filter_key, keys = sys.argv[1], sys.argv[2], sys.argv[3:]
with contextlib.redirect_stdout(io.StringIO()):
    dataset = SequenceDataset(
        hdf5_path=path,
        obs_keys=keys,
        dataset_keys=("actions", "rewards", "dones"),
        filter_by_attribute=None if filter_key == "-" else filter_key,
    )
    samples = [dataset[i] for i in range(len(dataset))]


def plain(sample):
    return {
        name: {k: v[0].flatten().tolist() for k, v in value.items()} if isinstance(value, dict) else value[0].flatten().tolist()
        for name, value in sample.items()
        if name != "pad_mask"
    }


json.dump({"demos": dataset.demos, "samples": [plain(s) for s in samples]}, sys.stdout)
