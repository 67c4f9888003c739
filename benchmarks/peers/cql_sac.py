#!/usr/bin/env python3
"""An update of d3rlpy's CQL with its own defaults: 2 critics 256x256, 10 actions, batch 256. Prints one line of JSON."""
import numpy as np
import torch
from d3rlpy.algos import CQLConfig
from d3rlpy.dataset import TransitionMiniBatch

from timing import measure, options, use_threads

B, O, A = 256, 39, 28


def main():
    given = options()
    about = use_threads(given.threads)
    torch.manual_seed(0)
    algo = CQLConfig(batch_size=B, n_critics=2, n_action_samples=10).create(device=False)
    algo.create_impl((O,), A)
    rng = np.random.default_rng(0)

    def normal(*shape):
        return rng.normal(size=shape).astype(np.float32)

    batch = TransitionMiniBatch(
        observations=normal(B, O),
        actions=rng.uniform(-1, 1, (B, A)).astype(np.float32),
        rewards=normal(B, 1),
        next_observations=normal(B, O),
        next_actions=rng.uniform(-1, 1, (B, A)).astype(np.float32),
        terminals=np.zeros((B, 1), np.float32),
        intervals=np.ones((B, 1), np.float32),
        transitions=[],
    )
    measure(lambda: algo.update(batch), given.seconds, about)


if __name__ == "__main__":
    main()
