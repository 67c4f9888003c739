#include "torchscript_code.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "onramp/base/error.h"
#include "onramp/models/mixture_actor.h"

namespace onramp::detail {
namespace {

constexpr const char* kDeterministic = R"(
def act(self, obs: Dict[str, Tensor], state: Tensor, noise: Tensor) -> Tuple[Tensor, Tensor]:
    return (torch.tanh(self.mlp.forward(self.encode(obs))), state)
def forward(self, obs: Dict[str, Tensor]) -> Tensor:
    return torch.tanh(self.mlp.forward(self.encode(obs)))
)";

// {0} and {1}: bounds of log_std; {2}: clip of actions; {3}: log(2 pi) / 2.
constexpr const char* kSquashedGaussian = R"(
def distribution(self, obs: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
    mean, raw = torch.chunk(self.mlp.forward(self.encode(obs)), 2, -1)
    return (mean, {0} + 0.5 * ({1} - {0}) * (torch.tanh(raw) + 1))
def act(self, obs: Dict[str, Tensor], state: Tensor, noise: Tensor) -> Tuple[Tensor, Tensor]:
    mean, log_std = self.distribution(obs)
    return (torch.tanh(mean + torch.exp(log_std) * noise.to(mean)), state)
def log_prob_entropy(self, obs: Dict[str, Tensor], action: Tensor, state: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    mean, log_std = self.distribution(obs)
    z = (torch.atanh(torch.clamp(action.to(mean), -{2}, {2})) - mean) * torch.exp(-log_std)
    log_prob = -torch.sum(0.5 * z * z + log_std + {3}, [-1])
    return (log_prob, torch.sum(log_std + 0.5 + {3}, [-1]), state)
def forward(self, obs: Dict[str, Tensor]) -> Tensor:
    return torch.tanh(self.distribution(obs)[0])
)";

// {0} components of {1} dimensions; {2}: log std from softplus(raw) + min_std, or a constant; {3}: log(2 pi) / 2; {4}: sqrt(1/2).
// As nn/mixture.cpp, line by line, from what the network puts out.
constexpr const char* kMixture = R"(
def distribution(self, out: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    log_weight = torch.log_softmax(torch.narrow(out, 1, 0, {0}), -1)
    mean = torch.tanh(torch.reshape(torch.narrow(out, 1, {0}, {0} * {1}), [-1, {0}, {1}]))
    raw = torch.reshape(torch.narrow(out, 1, {0} + {0} * {1}, {0} * {1}), [-1, {0}, {1}])
    return (log_weight, mean, {2})
def pick(self, of: Tensor, index: Tensor) -> Tensor:
    chosen = torch.reshape(index, [-1, 1, 1]).expand([-1, 1, {1}])
    return torch.squeeze(torch.gather(of, 1, chosen), 1)
def mode(self, out: Tensor) -> Tensor:
    log_weight, mean, log_std = self.distribution(out)
    return self.pick(mean, torch.argmax(log_weight, -1))
def draw(self, out: Tensor, noise: Tensor) -> Tensor:
    log_weight, mean, log_std = self.distribution(out)
    z = noise.to(mean)
    weight = torch.exp(log_weight)
    below = torch.cumsum(weight, -1)
    heaviest = torch.gather(below - 0.5 * weight, -1, torch.argmax(log_weight, -1, True))
    turned = 0.5 * torch.erf(torch.narrow(z, 1, {1}, 1) * {4}) + heaviest
    component = torch.clamp_max(torch.sum(turned - torch.floor(turned) > below, [-1]), {0} - 1)
    action = self.pick(mean, component) + torch.exp(self.pick(log_std, component)) * torch.narrow(z, 1, 0, {1})
    return torch.clamp(action, -1, 1)
def rate(self, out: Tensor, action: Tensor) -> Tuple[Tensor, Tensor]:
    log_weight, mean, log_std = self.distribution(out)
    z = (torch.unsqueeze(action.to(mean), 1) - mean) * torch.exp(-log_std)
    log_prob = torch.logsumexp(log_weight - torch.sum(0.5 * z * z + log_std + {3}, [-1]), [-1])
    of_each = torch.sum(log_std + 0.5 + {3}, [-1])
    return (log_prob, torch.sum(torch.exp(log_weight) * (of_each - log_weight), [-1]))
)";

constexpr const char* kOfOneStep = R"(
def act(self, obs: Dict[str, Tensor], state: Tensor, noise: Tensor) -> Tuple[Tensor, Tensor]:
    return (self.draw(self.mlp.forward(self.encode(obs)), noise), state)
def log_prob_entropy(self, obs: Dict[str, Tensor], action: Tensor, state: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    log_prob, entropy = self.rate(self.mlp.forward(self.encode(obs)), action)
    return (log_prob, entropy, state)
def forward(self, obs: Dict[str, Tensor]) -> Tensor:
    return self.mode(self.mlp.forward(self.encode(obs)))
)";

// {0} layers of {1} units, {2} numbers in all of h; {3}: what is left of the state where its time has come.
constexpr const char* kWithMemory = R"(
def initial_state(self, B: int) -> Tensor:
    return torch.zeros([B, 2 * {2} + 1])
def layers(self, state: Tensor, start: int) -> Tensor:
    return torch.transpose(torch.reshape(torch.narrow(state, 1, start, {2}), [-1, {0}, {1}]), 0, 1).contiguous()
def step(self, obs: Dict[str, Tensor], state: Tensor) -> Tuple[Tensor, Tensor]:
    x = self.encode(obs)
    kept = state.to(x)
    steps = torch.narrow(kept, 1, 2 * {2}, 1)
    kept = {3}
    out, h, c = self.lstm.forward(torch.unsqueeze(x, 1), self.layers(kept, 0), self.layers(kept, {2}))
    rows = [torch.reshape(torch.transpose(h, 0, 1), [-1, {2}]), torch.reshape(torch.transpose(c, 0, 1), [-1, {2}])]
    after = torch.cat([rows[0], rows[1], torch.narrow(kept, 1, 2 * {2}, 1) + 1], 1)
    return (self.mlp.forward(torch.squeeze(out, 1)), after)
def act(self, obs: Dict[str, Tensor], state: Tensor, noise: Tensor) -> Tuple[Tensor, Tensor]:
    out, after = self.step(obs, state)
    return (self.draw(out, noise), after)
def log_prob_entropy(self, obs: Dict[str, Tensor], action: Tensor, state: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    out, after = self.step(obs, state)
    log_prob, entropy = self.rate(out, action)
    return (log_prob, entropy, after)
def forward(self, obs: Dict[str, Tensor]) -> Tensor:
    out, after = self.step(obs, self.initial_state(self.encode(obs).size(0)))
    return self.mode(out)
)";

const double kHalfLogTwoPi = 0.5 * std::log(2.0 * std::numbers::pi);

std::string mixture_code(const MixtureConfig& config, int64_t action_dim) {
  const auto log_std = config.low_noise ? fmt::format("torch.full_like(raw, {})", std::log(kLowNoiseStd))
                                        : fmt::format("torch.log(torch.softplus(raw) + {})", config.min_std);
  return fmt::format(fmt::runtime(kMixture), config.components, action_dim, log_std, kHalfLogTwoPi, std::sqrt(0.5));
}

}  // namespace

std::string actor_code(const Actor& actor) {
  switch (actor.type()) {
    case ActorType::kDeterministic:
      return kDeterministic;
    case ActorType::kSquashedGaussian:
      return fmt::format(fmt::runtime(kSquashedGaussian), actor.config().log_std_min, actor.config().log_std_max,
                         kAtanhClip, kHalfLogTwoPi);
    case ActorType::kMixture:
      return mixture_code(dynamic_cast<const MixtureActor&>(actor).mixture(), actor.action_dim()) + kOfOneStep;
    case ActorType::kMixtureRnn:
      break;
  }
  throw Error("an actor of no known type cannot be exported");
}

int64_t state_values(const RecurrentMixtureActor& actor) {
  return 2 * actor.lstm().layers() * actor.lstm().units() + 1;
}

std::string recurrent_code(const RecurrentMixtureActor& actor) {
  const auto L = actor.lstm().layers(), F = actor.lstm().units();
  const auto horizon = actor.config().horizon;
  const auto kept = horizon > 0 ? fmt::format("kept * (steps < {}).to(kept)", horizon) : std::string("kept");
  return mixture_code(actor.mixture(), actor.action_dim()) + fmt::format(fmt::runtime(kWithMemory), L, F, L * F, kept);
}

}  // namespace onramp::detail
