"""A BC-RNN-GMM of robomimic's own code, saved as robomimic saves it, exported, and both let act: python, export script, folder.

Prints JSON: the largest differences of mean action, log-density and weights of the mixture, over more steps than the horizon.
"""

import importlib.util
import json
import sys
from collections import OrderedDict
from unittest.mock import MagicMock

import numpy as np
import torch

# robomimic wants it for pictures, of which there are none here.
for module in ("torchvision", "torchvision.transforms", "torchvision.transforms.functional"):
    sys.modules.setdefault(module, MagicMock())

import robomimic.utils.obs_utils as ObsUtils
import robomimic.utils.tensor_utils as TensorUtils
from robomimic.algo import algo_factory
from robomimic.config import config_factory

script_path, folder = sys.argv[1:]
torch.manual_seed(3)
torch.set_num_threads(1)

config = config_factory("bc")
with config.values_unlocked():
    config.observation.modalities.obs.low_dim = ["proprio", "object"]
    config.observation.modalities.obs.rgb = []
    config.algo.gmm.enabled = True
    config.algo.gmm.low_noise_eval = False
    config.algo.rnn.enabled = True
    config.algo.rnn.horizon = 4
    config.algo.rnn.hidden_dim = 8
    config.algo.actor_layer_dims = [6]
    config.train.seq_length = 4
ObsUtils.initialize_obs_utils_with_config(config)
shapes = OrderedDict(object=[3], proprio=[5])  # in the order of their names, as robomimic has them
model = algo_factory("bc", config, obs_key_shapes=shapes, ac_dim=2, device=torch.device("cpu"))
stats = {name: {"mean": np.full((1, sizes[0]), 0.3, np.float32), "std": np.full((1, sizes[0]), 2.0, np.float32)}
         for name, sizes in shapes.items()}
torch.save(dict(model=model.serialize(), config=config.dump(), algo_name="bc", env_metadata={},
                shape_metadata=dict(ac_dim=2, all_shapes=shapes, all_obs_keys=list(shapes), use_images=False),
                obs_normalization_stats=stats), folder + "/model.pth")

spec = importlib.util.spec_from_file_location("export_bc_policy", script_path)
exporter = importlib.util.module_from_spec(spec)
spec.loader.exec_module(exporter)
exporter.export(exporter.robomimic_policy(folder + "/model.pth"), folder + "/policy.pt")
exported = torch.jit.load(folder + "/policy.pt")

model.set_eval()
model.reset()
net, differences = model.nets["policy"], {"state": 0.0, "log_prob": 0.0, "mode": 0.0}
state, hidden = exported.initial_state(3), None
with torch.no_grad():
    for t in range(10):
        obs = {name: torch.randn(3, sizes[0]) for name, sizes in shapes.items()}
        standard = {name: (obs[name] - 0.3) / 2.0 for name in obs}
        if t % config.algo.rnn.horizon == 0:  # as BC_RNN.get_action does
            hidden = net.get_rnn_init_state(3, device="cpu")
        dist, hidden = net.forward_train_step(standard, rnn_state=hidden)
        action = dist.sample()
        log_prob, entropy, after = exported.log_prob_entropy(obs, action, state)
        mode, also_after = exported.act(obs, state, torch.zeros(3, 3))
        heaviest = dist.mixture_distribution.logits.argmax(-1)
        means = dist.component_distribution.base_dist.loc[torch.arange(3), heaviest]
        own = torch.cat([x.transpose(0, 1).reshape(3, -1) for x in hidden], 1)
        for name, difference in [("state", (after[:, :-1] - own).abs().max()), ("mode", (mode - means).abs().max()),
                                 ("log_prob", (log_prob - dist.log_prob(action)).abs().max()),
                                 ("state", (after - also_after).abs().max())]:
            differences[name] = max(differences[name], float(difference))
        state = after
print(json.dumps(differences))
