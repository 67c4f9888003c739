// The figures of a report, as data for draw_figures().
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "onramp/training/figure.h"
#include "onramp/workflow/comparison.h"
#include "onramp/workflow/critic_figures.h"
#include "onramp/workflow/recorded.h"
#include "onramp/workflow/zero_shot.h"

namespace onramp {

/// A state, what the policy's camera saw there, and the values around it.
struct FieldLook {
  RecordedState state;
  std::string picture;  ///< entry of the observation; "" without one
  ValueField field;
};

/// What is looked at in one run of a method, for figures that would be crowded by more.
struct RunLook {
  const RunRecord* run = nullptr;
  Recorded recorded;
  std::vector<CriticLook> critics;  ///< in order of the phases that left them
  std::vector<FieldLook> fields;    ///< by the last of them
  std::optional<ValueBounds> bounds;
  std::vector<ZeroShotRow> zero_shot;
};

/// All of these: nothing where there is nothing to draw. `window` is in attempts.
std::optional<Figure> success_figure(const std::vector<Method>& methods, double window);
/// Success over the environment's steps, mean over seeds with its interval; before on-line learning dotted (Q2RL, figs. 3, 4, 6,
/// 8, 12). Levels: methods that do not learn on line, and the cloned policies that methods began with.
std::optional<Figure> steps_figure(const std::vector<Method>& methods, double window);
/// Of methods that choose between a cloned and a learned policy: success, share of the cloned one's actions, and what both were
/// worth at the gate, over steps (Q2RL, fig. 5).
std::optional<Figure> gate_figure(const std::vector<Method>& methods, double window);
/// The last policy's success over that of the cloned policy which a run began with, a point a run (Q2RL, fig. 14).
std::optional<Figure> starts_figure(const std::vector<Method>& methods);
/// The last policy's success over a setting in which methods differ, a line for each type of learner (Q2RL, figs. 11, 13).
/// @throws ConfigError naming the method that has no number there
std::optional<Figure> setting_figure(const std::vector<Method>& methods, const std::string& key);
std::optional<Figure> rates_figure(const std::vector<Method>& methods);
/// "losses", "values", "other": every metric of the phases that learn, over the updates of its learner; but for those of the gate.
std::vector<Figure> learning_figures(const std::vector<Method>& methods);
std::optional<Figure> actions_figure(const std::vector<RunLook>& looks);
/// Who acted in each step of on-line attempts, of policies that choose between two (Q2RL, fig. 7b).
std::optional<Figure> acting_figure(const std::vector<RunLook>& looks);
std::optional<Figure> trajectories_figure(const std::vector<RunLook>& looks);
std::optional<Figure> similarity_figure(const std::vector<RunLook>& looks);
std::optional<Figure> values_figure(const std::vector<RunLook>& looks);
std::optional<Figure> fields_figure(const std::vector<RunLook>& looks);
std::optional<Figure> zero_shot_figure(const std::vector<RunLook>& looks);

}  // namespace onramp
