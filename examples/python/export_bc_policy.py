#!/usr/bin/env python3
"""Writes a policy that was cloned in PyTorch as the file that onramp takes in place of one of its own:

    learners:
      cloning: {type: bc, policy: {torchscript: policy.pt}}

Wrap your own networks in GaussianPolicy or GmmRnnPolicy, and call export(). Or take what robomimic's BC-RNN-GMM learned from
vectors, out of its checkpoint; or random weights, to try the way:

    python3 export_bc_policy.py robomimic model_epoch_500.pth --out policy.pt
    python3 export_bc_policy.py gaussian --observation state=12 --actions 7 --out policy.pt
    python3 export_bc_policy.py gmm_rnn --observation state=12 --actions 7 --out policy.pt

Needs PyTorch alone. What the file must offer: docs/bring_your_own_policy.md.
A checkpoint of robomimic, like a TorchScript file, is a program: load only what you trust.
"""

import argparse
import json
import math
import pickle
import sys
from typing import Dict, List, Tuple

import torch
from torch import Tensor, nn

HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)


def spec_of(observation, actions, noise, density):
    """What a policy sees and does. observation: name -> sizes without that of the batch; three of them are a picture, uint8."""
    entries = [{"name": name, "dtype": "uint8" if len(sizes) == 3 else "float32", "shape": list(sizes)}
               for name, sizes in observation.items()]
    return json.dumps({"observation": entries, "action": {"dim": actions}, "noise": {"dim": noise}, "density": density})


class GaussianPolicy(nn.Module):
    """A diagonal Gaussian over actions. network(obs) -> (mean [B, A], log_std [B, A]), of what onramp shows: vectors
    float [B, D], not yet normalised, and pictures uint8 [B, H, W, C]."""

    def __init__(self, network: nn.Module, observation, actions: int):
        super().__init__()
        self.network = network
        self.spec_json = spec_of(observation, actions, noise=actions, density="gaussian")
        self.half_log_two_pi = HALF_LOG_TWO_PI

    @torch.jit.export
    def spec(self) -> str:
        return self.spec_json

    @torch.jit.export
    def initial_state(self, B: int) -> Tensor:
        return torch.zeros([B, 0])  # remembers nothing

    @torch.jit.export
    def act(self, obs: Dict[str, Tensor], state: Tensor, noise: Tensor) -> Tuple[Tensor, Tensor]:
        mean, log_std = self.network(obs)
        return torch.clamp(mean + torch.exp(log_std) * noise, -1.0, 1.0), state

    @torch.jit.export
    def log_prob_entropy(self, obs: Dict[str, Tensor], action: Tensor, state: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        mean, log_std = self.network(obs)
        z = (action - mean) * torch.exp(-log_std)
        log_prob = -(0.5 * z * z + log_std + self.half_log_two_pi).sum(-1)
        return log_prob, (log_std + 0.5 + self.half_log_two_pi).sum(-1), state


class GmmRnnPolicy(nn.Module):
    """A mixture of K Gaussians over actions, after an LSTM (robomimic's BC_RNN_GMM).

    encoder(obs) -> [B, F];  rnn: nn.LSTM(F, H, layers, batch_first=True);
    head([B, H]) -> (mean [B, K, A], std [B, K, A], logits [B, K])
    horizon: steps after which the LSTM begins anew, as it was trained; 0: never within an episode.

    State [B, 2 layers H + 1]: h, c, and the steps since they were zeros. Noise [B, A + 1]: the last picks the component."""

    def __init__(self, encoder: nn.Module, rnn: nn.LSTM, head: nn.Module, observation, actions: int, horizon: int):
        super().__init__()
        self.encoder, self.rnn, self.head = encoder, rnn, head
        self.spec_json = spec_of(observation, actions, noise=actions + 1, density="mixture")
        self.layers: int = rnn.num_layers
        self.width: int = rnn.hidden_size
        self.actions, self.horizon = actions, horizon
        self.half_log_two_pi, self.sqrt_half = HALF_LOG_TWO_PI, math.sqrt(0.5)

    @torch.jit.export
    def spec(self) -> str:
        return self.spec_json

    @torch.jit.export
    def initial_state(self, B: int) -> Tensor:
        return torch.zeros([B, 2 * self.layers * self.width + 1])

    def step(self, obs: Dict[str, Tensor], state: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
        x = self.encoder(obs)  # [B, F]
        B, size = x.size(0), self.layers * self.width
        if self.horizon > 0:
            state = state * (state[:, -1:] < self.horizon)  # rows are each at a step of their own
        h = state[:, :size].reshape(B, self.layers, self.width).transpose(0, 1).contiguous()
        c = state[:, size:2 * size].reshape(B, self.layers, self.width).transpose(0, 1).contiguous()
        out, (h, c) = self.rnn(x.unsqueeze(1), (h, c))
        after = torch.cat([h.transpose(0, 1).reshape(B, size), c.transpose(0, 1).reshape(B, size), state[:, -1:] + 1], 1)
        mean, std, logits = self.head(out[:, 0])
        return torch.log_softmax(logits, -1), mean, torch.log(std), after

    def pick(self, of: Tensor, component: Tensor) -> Tensor:
        return of.gather(1, component.reshape(-1, 1, 1).expand(-1, 1, self.actions)).squeeze(1)

    @torch.jit.export
    def act(self, obs: Dict[str, Tensor], state: Tensor, noise: Tensor) -> Tuple[Tensor, Tensor]:
        log_weight, mean, log_std, after = self.step(obs, state)
        # A uniform number from the last normal one, turned so that 0 lies in the middle of the heaviest component: zeros give
        # the mode, and components are drawn by their weights.
        weight = torch.exp(log_weight)
        below = torch.cumsum(weight, -1)
        heaviest = (below - 0.5 * weight).gather(-1, torch.argmax(log_weight, -1, keepdim=True))
        turned = 0.5 * torch.erf(noise[:, self.actions:] * self.sqrt_half) + heaviest
        component = torch.clamp((turned - torch.floor(turned) > below).sum(-1), max=below.size(1) - 1)
        action = self.pick(mean, component) + torch.exp(self.pick(log_std, component)) * noise[:, :self.actions]
        return torch.clamp(action, -1.0, 1.0), after

    @torch.jit.export
    def log_prob_entropy(self, obs: Dict[str, Tensor], action: Tensor, state: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        log_weight, mean, log_std, after = self.step(obs, state)  # state: the one that act() was given
        z = (action.unsqueeze(1) - mean) * torch.exp(-log_std)
        log_prob = torch.logsumexp(log_weight - (0.5 * z * z + log_std + self.half_log_two_pi).sum(-1), -1)
        of_each = (log_std + 0.5 + self.half_log_two_pi).sum(-1)
        # A mixture's entropy has no closed form: an upper bound (Q2RL, eq. 15).
        return log_prob, (torch.exp(log_weight) * (of_each - log_weight)).sum(-1), after


def export(policy: nn.Module, path: str):
    """Scripts the policy, tries it, and writes the file. Preprocessing belongs inside, so that onramp need not know it."""
    script = torch.jit.script(policy.eval())
    spec = json.loads(script.spec())
    obs = {e["name"]: torch.zeros([2, *e["shape"]], dtype=getattr(torch, e["dtype"])) for e in spec["observation"]}
    with torch.no_grad():
        state = script.initial_state(2)
        action, _ = script.act(obs, state, torch.zeros(2, spec["noise"]["dim"]))
        log_prob, entropy, _ = script.log_prob_entropy(obs, action, state)
    if list(action.shape) != [2, spec["action"]["dim"]] or not torch.isfinite(torch.cat([log_prob, entropy])).all():
        sys.exit(f"error: it gives an action of {list(action.shape)}, log-density {log_prob}, entropy {entropy}")
    script.save(path)


# ---- Networks of one's own: here those of robomimic, and small ones to try the way with ----


class Concatenated(nn.Module):
    """Vectors side by side, standardised where the policy was trained like that."""

    def __init__(self, names: List[str], mean: Tensor, std: Tensor):
        super().__init__()
        self.names = names
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(self, obs: Dict[str, Tensor]) -> Tensor:
        return (torch.cat([obs[name] for name in self.names], -1) - self.mean) / self.std


class GaussianNetwork(nn.Module):
    def __init__(self, encoder: nn.Module, inputs: int, actions: int):
        super().__init__()
        self.encoder = encoder
        self.layers = nn.Sequential(nn.Linear(inputs, 64), nn.ReLU(), nn.Linear(64, 2 * actions))

    def forward(self, obs: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
        mean, log_std = self.layers(self.encoder(obs)).chunk(2, -1)
        return torch.tanh(mean), torch.clamp(log_std, -5.0, 0.0)


class GmmHead(nn.Module):
    """robomimic's: means through a tanh, deviations through a softplus, and never below min_std. before: layers, or nothing."""

    def __init__(self, before: nn.Module, width: int, modes: int, actions: int, min_std: float):
        super().__init__()
        self.before = before
        self.mean, self.scale = nn.Linear(width, modes * actions), nn.Linear(width, modes * actions)
        self.logits = nn.Linear(width, modes)
        self.modes, self.actions, self.min_std = modes, actions, min_std

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        x = self.before(x)
        mean = torch.tanh(self.mean(x)).reshape(-1, self.modes, self.actions)
        std = nn.functional.softplus(self.scale(x)).reshape(-1, self.modes, self.actions) + self.min_std
        return mean, std, self.logits(x)


def small_policy(kind, observation, actions):
    sizes = {name: [size] for name, size in observation.items()}
    inputs = sum(observation.values())
    encoder = Concatenated(list(observation), torch.zeros(inputs), torch.ones(inputs))
    if kind == "gaussian":
        return GaussianPolicy(GaussianNetwork(encoder, inputs, actions), sizes, actions)
    rnn = nn.LSTM(inputs, 32, num_layers=2, batch_first=True)
    return GmmRnnPolicy(encoder, rnn, GmmHead(nn.Identity(), 32, 5, actions, 1e-3), sizes, actions, horizon=10)


def robomimic_policy(path):
    """Of a checkpoint that robomimic wrote. Its settings and shapes are in it, so that robomimic itself is not needed."""
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=False)
        config, weights = json.loads(checkpoint["config"]), checkpoint["model"]
        algo, shapes = config["algo"], {n: list(sizes) for n, sizes in checkpoint["shape_metadata"]["all_shapes"].items()}
        actions, seen = checkpoint["shape_metadata"]["ac_dim"], config["observation"]["modalities"]["obs"]
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, pickle.UnpicklingError) as error:
        sys.exit(f"error: {path}: no checkpoint of robomimic ({(str(error).strip() or repr(error)).splitlines()[0]})")
    gmm, rnn = algo.get("gmm", {}), algo.get("rnn", {})
    if checkpoint["algo_name"] != "bc" or not gmm.get("enabled") or not rnn.get("enabled"):
        sys.exit(f"error: {path}: want robomimic's bc with algo.gmm and algo.rnn; of others wrap the networks yourself")
    names = [name for name in shapes if name in seen["low_dim"]]
    others = [name for kind, of_kind in seen.items() if kind != "low_dim" for name in of_kind]
    if others or rnn["rnn_type"] != "LSTM" or rnn["open_loop"] or rnn["kwargs"]["bidirectional"]:
        sys.exit(f"error: {path}: want vectors alone (others: {others}), an LSTM, closed loop, one direction; wrap it yourself")
    if gmm["std_activation"] != "softplus":
        sys.exit(f"error: {path}: want algo.gmm.std_activation softplus, got {gmm['std_activation']}; wrap it yourself")

    # Standardised as it was trained, or not at all.
    stats, inputs = checkpoint.get("obs_normalization_stats") or {}, sum(shapes[name][0] for name in names)
    mean, std = torch.zeros(inputs), torch.ones(inputs)
    if stats:
        mean = torch.cat([torch.as_tensor(stats[name]["mean"]).float().reshape(-1) for name in names])
        std = torch.cat([torch.as_tensor(stats[name]["std"]).float().reshape(-1) for name in names])
    lstm = nn.LSTM(inputs, rnn["hidden_dim"], num_layers=rnn["num_layers"], batch_first=True)
    layers, width = [], rnn["hidden_dim"]
    for size in algo["actor_layer_dims"]:
        layers += [nn.Linear(width, size), nn.ReLU()]
        width = size
    head = GmmHead(nn.Sequential(*layers), width, gmm["num_modes"], actions, gmm["min_std"])
    for module, prefix in [(lstm, "rnn.nets."), (head.before, "mlp._model."), (head.mean, "decoder.nets.mean."),
                           (head.scale, "decoder.nets.scale."), (head.logits, "decoder.nets.logits.")]:
        prefix = "policy.nets." + prefix
        module.load_state_dict({key[len(prefix):]: value for key, value in weights.items() if key.startswith(prefix)})
    encoder = Concatenated(names, mean, std)
    return GmmRnnPolicy(encoder, lstm, head, {name: shapes[name] for name in names}, actions, rnn["horizon"])


def main():
    parser = argparse.ArgumentParser(description="Writes a policy cloned in PyTorch as a file that onramp takes.")
    parser.add_argument("kind", choices=["gaussian", "gmm_rnn", "robomimic"])
    parser.add_argument("checkpoint", nargs="?", help="robomimic: its .pth")
    parser.add_argument("--observation", action="append", default=[], metavar="NAME=SIZE", help="what it sees, a vector")
    parser.add_argument("--actions", type=int, default=1, help="values of an action")
    parser.add_argument("--out", default="policy.pt")
    options = parser.parse_args()
    if options.kind == "robomimic":
        if not options.checkpoint:
            parser.error("robomimic: which checkpoint? A .pth of it")
        policy = robomimic_policy(options.checkpoint)
    else:
        torch.manual_seed(0)
        sizes = dict(item.split("=") for item in options.observation or ["state=2"])
        policy = small_policy(options.kind, {name: int(size) for name, size in sizes.items()}, options.actions)
    export(policy, options.out)
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
