"""A flat file read whole, as D4RL's get_dataset() reads it (every array into memory, by name), as JSON: read_d4rl.py FILE"""

import json
import sys

import h5py

names = []
with h5py.File(sys.argv[1], "r") as file:
    file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    data = {name: file[name][:] for name in names}

wanted = [name for name in names if not name.startswith("onramp/")]
json.dump(
    {**{name: data[name].tolist() for name in wanted}, "dtypes": {name: str(data[name].dtype) for name in names}}, sys.stdout
)
