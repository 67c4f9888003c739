#!/usr/bin/env python3
"""Loads a policy that onramp-export wrote, checks it on its own example, and acts with it. Needs PyTorch alone.

    onramp-export runs/quickstart/seed1 --out policy.pt
    pip install -r examples/python/requirements.txt      # or scripts/setup.sh --python, and .deps/python/bin/python
    python3 examples/python/load_policy.py policy.pt

A TorchScript file is a program: load only what you trust.
"""

import argparse
import json
import sys

import torch

TOLERANCE = 1e-5


def observation_of_zeros(spec, rows):
    """What the policy wants to see, by name: float32 [rows, D], pictures uint8 [rows, H, W, C]."""
    dtypes = {"uint8": torch.uint8, "float32": torch.float32}
    return {e["name"]: torch.zeros([rows, *e["shape"]], dtype=dtypes[e["dtype"]]) for e in spec["observation"]}


def main():
    parser = argparse.ArgumentParser(description="Loads a policy that onramp-export wrote, and checks it.")
    parser.add_argument("policy", help="the file that onramp-export wrote")
    file = parser.parse_args().policy
    try:
        policy = torch.jit.load(file).eval()
    except (OSError, RuntimeError, ValueError) as error:
        sys.exit(f"error: {file}: cannot be loaded: {str(error).strip().splitlines()[0]}")

    # What it wants to see, what it does, and where it comes from.
    spec = json.loads(policy.spec())
    for entry in spec["observation"]:
        print(f"observation {entry['name']}: {entry['dtype']} {entry['shape']}")
    print(f"action: {spec['action']['dim']} values in [-1, 1], density: {spec['density']}")

    # The file holds a few observations and what onramp does there: the same must come out here.
    obs, noise, expected = policy.example()
    state = policy.initial_state(len(expected))
    for _ in range(spec.get("example", {}).get("steps", 1)):  # more than one where what it remembers counts
        action, state = policy.act(obs, state, noise)
    difference = (action - expected).abs().max().item()
    print(f"largest difference from onramp's own actions: {difference:.2g}")
    if difference > TOLERANCE:
        sys.exit(f"error: more than {TOLERANCE}: this version of PyTorch computes something else")

    # Acting: one row an environment. Noise drawn here samples the policy; zeros are its single best action. The state goes from
    # step to step, and begins anew with an episode.
    obs = observation_of_zeros(spec, rows=1)
    before = policy.initial_state(1)
    noise = torch.randn(1, spec["noise"]["dim"])
    action, state = policy.act(obs, before, noise)
    print("an action:", [round(value, 3) for value in action[0].tolist()])
    if spec["density"] != "none":
        log_prob, entropy, state = policy.log_prob_entropy(obs, action, before)
        print(f"its log-density {log_prob.item():.3f}, the policy's entropy there {entropy.item():.3f}")


if __name__ == "__main__":
    main()
