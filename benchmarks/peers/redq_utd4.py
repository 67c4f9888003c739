#!/usr/bin/env python3
"""An update of REDQ (Chen et al., arXiv:2101.05982) at UTD 4 in PyTorch under torch.compile, as one writes it for speed.

The method is that of learner/redq/utd4, and so are its products: an ensemble as one batched product a layer, the two target
members of the subset alone, the critic as a constant in the policy's step. Losses with their backward passes and the averaging
of the target are compiled, Adam is PyTorch's fused one. Two things differ: the policy draws a' for each step by itself, and the
standard deviation's logarithm is clipped. Prints one line of JSON.
"""
import torch
import torch.nn.functional as F
from torch import nn

from redq import E, SUBSET, TAU, A, Ensemble, O
from timing import HIDDEN, measure, options, use_threads

STEPS = 4
FORMS = {  # rows of each step of the critic, rows of the policy's
    "each": (256, 1024),
    "each/actor_last": (256, 256),
    "split": (64, 256),
}


class Policy(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        sizes = [O, *hidden]
        layers = [nn.Sequential(nn.Linear(i, o), nn.ReLU()) for i, o in zip(sizes, sizes[1:])]
        self.net = nn.Sequential(*layers, nn.Linear(sizes[-1], 2 * A))

    def forward(self, obs):
        mean, log_std = self.net(obs).chunk(2, -1)
        log_std = log_std.clamp(-5, 2)
        noise = torch.randn_like(mean)
        u = mean + log_std.exp() * noise
        log_prob = -0.5 * noise.square() - log_std - 0.919 - 2 * (0.693 - u - F.softplus(-2 * u))
        return u.tanh(), log_prob.sum(-1)


def main():
    given = options(HIDDEN, ("--form", {"choices": FORMS, "default": "each"}))
    about = use_threads(given.threads)
    torch.manual_seed(0)
    rows, actor_rows = FORMS[given.form]
    critic, target, policy = Ensemble(given.hidden), Ensemble(given.hidden), Policy(given.hidden)
    target.load_state_dict(critic.state_dict())
    target.requires_grad_(False)
    log_temperature = torch.zeros((), requires_grad=True)
    critic_optimizer = torch.optim.Adam(critic.parameters(), lr=3e-4, fused=True)
    actor_optimizer = torch.optim.Adam(policy.parameters(), lr=3e-4, fused=True)
    temperature_optimizer = torch.optim.Adam([log_temperature], lr=3e-4)
    batch = STEPS * rows
    obs, next_obs, action = torch.randn(batch, O), torch.randn(batch, O), torch.rand(batch, A) * 2 - 1
    reward, discount = torch.rand(batch), torch.full((batch,), 0.99)
    steps = list(zip(*(x.split(rows) for x in (obs, action, reward, discount, next_obs))))

    @torch.compile
    def critic_loss(obs, action, reward, discount, next_obs, members):
        with torch.no_grad():
            next_action, next_log_prob = policy(next_obs)
            next_q = target(next_obs, next_action, members).amin(0) - log_temperature.exp() * next_log_prob
            y = reward + discount * next_q
        return (critic(obs, action) - y).square().mean()

    @torch.compile
    def actor_loss(obs):
        action, log_prob = policy(obs)
        return (log_temperature.detach().exp() * log_prob - critic(obs, action).mean(0)).mean(), log_prob.detach()

    @torch.compile
    @torch.no_grad()
    def average():
        torch._foreach_lerp_(list(target.parameters()), list(critic.parameters()), TAU)

    def descend(optimizer, loss):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def update():
        for step in steps:
            descend(critic_optimizer, critic_loss(*step, torch.randperm(E)[:SUBSET]))
            average()
        critic.requires_grad_(False)
        loss, log_prob = actor_loss(obs[-actor_rows:])
        descend(actor_optimizer, loss)
        critic.requires_grad_(True)
        descend(temperature_optimizer, -log_temperature * (log_prob - A).mean())

    measure(update, given.seconds, about)


if __name__ == "__main__":
    main()
