#!/usr/bin/env python3
"""An update of SAC in Stable Baselines Jax with ten critics and LayerNorm, at UTD 4 with the policy's step on the last of them.

Its own compiled function is called as its train() does, with a made-up batch: 4 x 256 rows, the policy on 256. That is
learner/redq/utd4/.../each/actor_last but for the members: SBX evaluates all ten of the target and takes their minimum, where REDQ
takes that of two (.../subset_10 does as SBX), and its policy climbs the minimum. Prints one line of JSON.
"""
import os

from timing import HIDDEN, measure, options

STEPS, B, O, A = 4, 256, 39, 28


def main():
    given = options(HIDDEN)
    if given.threads:  # XLA takes a thread for each core that it may use
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given.threads])
    import gymnasium
    import jax
    import numpy as np
    import sbx
    from sbx.common.type_aliases import ReplayBufferSamplesNp

    class Task(gymnasium.Env):
        observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (O,), np.float32)
        action_space = gymnasium.spaces.Box(-1, 1, (A,), np.float32)

    networks = {"net_arch": given.hidden, "n_critics": 10, "layer_norm": True}
    model = sbx.SAC("MlpPolicy", Task(), buffer_size=1, policy_kwargs=networks, gradient_steps=STEPS, policy_delay=STEPS, seed=0)
    rng, rows = np.random.default_rng(0), STEPS * B
    batch = ReplayBufferSamplesNp(
        rng.normal(size=(rows, O)).astype(np.float32),
        rng.uniform(-1, 1, (rows, A)).astype(np.float32),
        rng.normal(size=(rows, O)).astype(np.float32),
        np.zeros(rows, np.float32),
        rng.uniform(size=rows).astype(np.float32),
        np.full(rows, 0.99, np.float32),
    )
    state = (model.policy.qf_state, model.policy.actor_state, model.ent_coef_state, model.key)

    def update():
        nonlocal state
        result = model._train(model.tau, model.target_entropy, STEPS, batch, STEPS, 1, *state)
        jax.block_until_ready(result)
        state = result[:4]

    measure(update, given.seconds, {"threads": given.threads or os.cpu_count(), "sbx": sbx.__version__, "jax": jax.__version__})


if __name__ == "__main__":
    main()
