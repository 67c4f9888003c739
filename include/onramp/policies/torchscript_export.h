// A trained policy as one TorchScript file: acts in Python, or anywhere that loads TorchScript, without onramp.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "onramp/data/policy.h"

namespace onramp {

/// The file's bytes, to be written as policy.pt. Preprocessing (normaliser, image encoders, frozen ones too) is inside.
///
/// Methods, B rows side by side, actions in [-1, 1]^A:
///   spec() -> str                             JSON: observation, action, noise, state, density, hash of the policy, `about`
///   initial_state(B: int) -> Tensor           float [B, spec.state.dim]: what it remembers, 0 numbers where that is nothing
///   act(obs: Dict[str, Tensor], state, noise) -> (action [B, A], the state after)
///       obs: float [B, D], pictures uint8 [B, H, W, C]. noise: standard normal [B, spec.noise.dim]; zeros give the mode
///   log_prob_entropy(obs, action, state) -> (log_prob [B], entropy [B], the state after); state: the one that act() was given
///       spec.density "pre_tanh": both of the Gaussian before the tanh, at u = atanh(action clipped to +-spec.density_clip),
///       without the tanh's Jacobian. "mixture": both in the space of actions, the entropy an upper bound (nn/mixture.h).
///       "none": a deterministic actor has no such method
///   forward(obs) -> action [B, A]             the mode, of a policy with a memory in an episode's first step
///   example() -> (obs, noise, action)         a few random observations and what onramp does there, in the last of spec.example.steps
///                                             calls with the same obs and noise: a loader's own check
///
/// A policy that came as such a file (policies/torchscript_policy.h) is that file.
///
/// @param about  anything that says where the policy comes from, an object
/// @throws Error for a policy that is not a trained actor, a gated one (policies/gated_policy.h) included
std::string export_torchscript(const Policy& policy, const nlohmann::json& about = nlohmann::json::object());

/// Loads such bytes and runs their example. @return the largest difference of an action from what onramp computed; 0 where there
/// is no example, which only files from elsewhere lack
double torchscript_difference(const std::string& bytes);

/// Actions of a loaded file may differ by this much: the order of sums is another.
inline constexpr double kTorchScriptTolerance = 1e-5;

}  // namespace onramp
