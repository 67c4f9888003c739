#!/usr/bin/env python3
"""The critic update of REDQ (Chen et al., arXiv:2101.05982) in PyTorch, as one writes it: the counterpart of redq.cpp.

An ensemble as one batched product a layer, torch.optim.Adam, eager. Only the two target members of the subset are evaluated,
as in redq.cpp. Prints one line of JSON.
"""
import torch
import torch.nn.functional as F
from torch import nn

from timing import measure, options, use_threads

E, SUBSET, B, O, A = 10, 2, 256, 39, 28
TAU, TEMPERATURE = 0.005, 0.1


class Ensemble(nn.Module):
    def __init__(self, hidden=(256, 256)):
        super().__init__()
        sizes = [O + A, *hidden, 1]
        self.weight, self.bias = nn.ParameterList(), nn.ParameterList()
        self.scale, self.shift = nn.ParameterList(), nn.ParameterList()
        for fan_in, fan_out in zip(sizes, sizes[1:]):
            bound = fan_in**-0.5
            self.weight.append(nn.Parameter(torch.empty(E, fan_in, fan_out).uniform_(-bound, bound)))
            self.bias.append(nn.Parameter(torch.empty(E, 1, fan_out).uniform_(-bound, bound)))
        for units in hidden:
            self.scale.append(nn.Parameter(torch.ones(E, 1, units)))
            self.shift.append(nn.Parameter(torch.zeros(E, 1, units)))

    def forward(self, obs, action, members=slice(None)):
        x = torch.cat([obs, action], -1).expand(self.weight[0][members].shape[0], -1, -1)
        for i, scale in enumerate(self.scale):
            x = torch.baddbmm(self.bias[i][members], x, self.weight[i][members])
            x = F.relu(F.layer_norm(x, x.shape[-1:]) * scale[members] + self.shift[i][members])
        return torch.baddbmm(self.bias[-1][members], x, self.weight[-1][members]).squeeze(-1)


def main():
    given = options()
    about = use_threads(given.threads)
    torch.manual_seed(0)
    critic, target = Ensemble(), Ensemble()
    target.load_state_dict(critic.state_dict())
    optimizer = torch.optim.Adam(critic.parameters(), lr=3e-4)
    obs, next_obs = torch.randn(B, O), torch.randn(B, O)
    action, next_action = torch.rand(B, A) * 2 - 1, torch.rand(B, A) * 2 - 1
    reward, discount, next_log_prob = torch.rand(B), torch.full((B,), 0.99), torch.randn(B)

    def update():
        members = torch.randperm(E)[:SUBSET]
        with torch.no_grad():
            next_q = target(next_obs, next_action, members).amin(0) - TEMPERATURE * next_log_prob
            y = reward + discount * next_q
        loss = 0.5 * (critic(obs, action) - y).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for to, source in zip(target.parameters(), critic.parameters()):
                to.lerp_(source, TAU)

    measure(update, given.seconds, about)


if __name__ == "__main__":
    main()
