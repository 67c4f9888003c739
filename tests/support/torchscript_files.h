// Policies as files of TorchScript, as somebody else would have made them.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <sstream>
#include <string>

namespace onramp::test {

/// Methods of a policy, each of which a test may change or leave out ("").
struct ScriptParts {
  std::string spec = R"({"observation": [{"name": "state", "dtype": "float32", "shape": [2]}], "action": {"dim": 1}, )"
                     R"("noise": {"dim": 1}, "density": "gaussian"})";
  std::string initial_state = "def initial_state(self, B: int) -> Tensor:\n    return torch.zeros([B, 0])\n";
  /// Of what is seen and remembered.
  std::string mean =
      "def mean(self, obs: Dict[str, Tensor], state: Tensor) -> Tensor:\n"
      "    return torch.tanh(torch.narrow(obs[\"state\"], 1, 0, 1))\n";
  std::string act =
      "def act(self, obs: Dict[str, Tensor], state: Tensor, noise: Tensor) -> Tuple[Tensor, Tensor]:\n"
      "    return (torch.clamp(self.mean(obs, state) + 0.2 * noise, -1, 1), state)\n";
  std::string log_prob_entropy =
      "def log_prob_entropy(self, obs: Dict[str, Tensor], action: Tensor, state: Tensor) -> Tuple[Tensor, Tensor, "
      "Tensor]:\n"
      "    z = (action - self.mean(obs, state)) / 0.2\n"
      // log 0.2 = -1.6094379, log(2 pi) / 2 = 0.9189385
      "    log_prob = torch.sum(1.6094379 - 0.9189385 - 0.5 * z * z, [-1])\n"
      "    return (log_prob, torch.full_like(log_prob, 0.5 + 0.9189385 - 1.6094379), state)\n";
};

/// The file.
inline std::string script_file(const ScriptParts& parts) {
  torch::jit::Module script("__torch__.elsewhere.Policy");
  script.register_attribute("spec_json", c10::StringType::get(), parts.spec);
  script.define("def spec(self) -> str:\n    return self.spec_json\n");
  for (const auto& method : {parts.initial_state, parts.mean, parts.act, parts.log_prob_entropy}) {
    if (!method.empty()) script.define(method);
  }
  std::ostringstream bytes;
  script.save(bytes);
  return bytes.str();
}

/// Its mean grows by 0.1 with each step that it remembers, so that whoever forgets or carries over its state is found out.
inline ScriptParts with_memory(ScriptParts parts = {}) {
  parts.initial_state = "def initial_state(self, B: int) -> Tensor:\n    return torch.zeros([B, 1])\n";
  parts.mean =
      "def mean(self, obs: Dict[str, Tensor], state: Tensor) -> Tensor:\n"
      "    return torch.tanh(torch.narrow(obs[\"state\"], 1, 0, 1)) * 0.4 + 0.1 * state\n";
  parts.act =
      "def act(self, obs: Dict[str, Tensor], state: Tensor, noise: Tensor) -> Tuple[Tensor, Tensor]:\n"
      "    return (torch.clamp(self.mean(obs, state) + 0.2 * noise, -1, 1), state + 1)\n";
  return parts;
}

}  // namespace onramp::test
