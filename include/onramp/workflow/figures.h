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
std::optional<Figure> rates_figure(const std::vector<Method>& methods);
/// "losses", "values", "other": every metric of the phases that learn, over the updates of its learner.
std::vector<Figure> learning_figures(const std::vector<Method>& methods);
std::optional<Figure> actions_figure(const std::vector<RunLook>& looks);
std::optional<Figure> trajectories_figure(const std::vector<RunLook>& looks);
std::optional<Figure> similarity_figure(const std::vector<RunLook>& looks);
std::optional<Figure> values_figure(const std::vector<RunLook>& looks);
std::optional<Figure> fields_figure(const std::vector<RunLook>& looks);
std::optional<Figure> zero_shot_figure(const std::vector<RunLook>& looks);

}  // namespace onramp
