#!/usr/bin/env python3
"""An update of d3rlpy's CQL or, with --calibrate, its CalQL, set to the method of learner/cql and learner/cal_ql.

2 critics, 10 actions of each kind, batch 256, the target at the best of 10 actions (max_q_backup), a fixed weight of 5; by its
defaults d3rlpy takes the mode's value as the target and learns the weight (cql_sac.py measures those). What differs is how: d3rlpy
evaluates a critic and a kind of actions at a time, and its policy's step also computes gradients of the critics that nobody uses.
The batch is on the device and the returns are computed beforehand, as for the learner. Prints one line of JSON.
"""
import torch
from d3rlpy.algos import CalQLConfig, CQLConfig
from d3rlpy.models import VectorEncoderFactory
from d3rlpy.torch_utility import TorchMiniBatch

from timing import HIDDEN, measure, options, use_threads

B, O, A = 256, 39, 28


def main():
    given = options(HIDDEN, ("--calibrate", {"action": "store_true"}))
    about = use_threads(given.threads)
    torch.manual_seed(0)
    networks = VectorEncoderFactory(hidden_units=given.hidden)
    algo = (CalQLConfig if given.calibrate else CQLConfig)(
        batch_size=B,
        n_critics=2,
        n_action_samples=10,
        conservative_weight=5.0,
        initial_alpha=1.0,
        alpha_learning_rate=0.0,
        max_q_backup=True,
        actor_encoder_factory=networks,
        critic_encoder_factory=networks,
    ).create(device=False)
    algo.create_impl((O,), A)
    batch = TorchMiniBatch(
        observations=torch.randn(B, O),
        actions=torch.rand(B, A) * 2 - 1,
        rewards=torch.rand(B, 1),
        next_observations=torch.randn(B, O),
        next_actions=torch.rand(B, A) * 2 - 1,
        returns_to_go=torch.rand(B, 1),
        terminals=torch.zeros(B, 1),
        intervals=torch.ones(B, 1),
        device="cpu:0",
    )
    measure(lambda: algo.impl.update(batch, 0), given.seconds, about)


if __name__ == "__main__":
    main()
