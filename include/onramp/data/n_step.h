// Returns over the rewards of one episode: n-step windows and Monte Carlo sums. Pure functions of host arrays.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "onramp/data/episode.h"

namespace onramp {

/// r~ = scale * r + bias on every step (Q2RL eq. 17). Stored rewards stay raw: the transform belongs to a replay
/// source.
struct RewardTransform {
  double scale = 1.0;
  double bias = 0.0;
  double operator()(double raw) const { return scale * raw + bias; }
  template <class V>
  void fields(V& v) {
    v("scale", scale, "factor on the raw reward, r~ = scale * r + bias; not 0");
    v("bias", bias, "added to every step's scaled reward");
  }
  void validate() const;  ///< @throws ConfigError for a scale of 0
  bool operator==(const RewardTransform&) const = default;
};

/// What follows an episode that was cut off (not terminal) without success.
enum class McTail : uint8_t {
  kAuto,      ///< infinite where the episode's reward was one constant, else zero
  kInfinite,  ///< its last reward c goes on for ever: g^(T-t) c / (1 - g), as Cal-QL and WSRL do
  kZero,      ///< nothing, as Q2RL's eq. 7 prints it
};
constexpr auto enum_names(McTail*) {
  return std::array{std::pair{McTail::kAuto, std::string_view("auto")},
                    std::pair{McTail::kInfinite, std::string_view("infinite")},
                    std::pair{McTail::kZero, std::string_view("zero")}};
}

/// What a protective stop means to a learner, whatever is stored.
enum class StopMeaning : uint8_t {
  kAsDeclared,  ///< what the task says: the attempt is cut off there, or over
  kLasting,     ///< the robot stays there without success: the last reward goes on for ever
};
constexpr auto enum_names(StopMeaning*) {
  return std::array{std::pair{StopMeaning::kAsDeclared, std::string_view("as_declared")},
                    std::pair{StopMeaning::kLasting, std::string_view("lasting")}};
}

/// A window of rewards and the state after it.
struct NStepReturn {
  double reward = 0.0;    ///< sum_{k<m} g^k r~_{t+k}
  double discount = 0.0;  ///< g^m, 0 when the window reaches a terminal end
  int64_t next = 0;       ///< index of the state to bootstrap from, t + m, in 0..T
};

/// The window of at most `n` rewards from step `t`: m = min(n, T - t); the reward of the last step is included.
/// @param reward raw, [T]. @param terminal whether the episode's end is (Episode::terminal()).
/// REQUIRES: 0 <= t < T, n >= 1. Inline: the sampler runs it once a row.
inline NStepReturn n_step_return(std::span<const float> reward, int64_t t, int64_t n, double gamma, bool terminal,
                                 const RewardTransform& transform = {}) {
  const auto T = static_cast<int64_t>(reward.size());
  const int64_t m = n < T - t ? n : T - t;
  NStepReturn window;
  double power = 1.0;
  for (int64_t k = 0; k < m; ++k) {
    window.reward += power * transform(reward[static_cast<size_t>(t + k)]);
    power *= gamma;
  }
  window.next = t + m;
  window.discount = terminal && window.next == T ? 0.0 : power;
  return window;
}

/// What a last reward c (transformed) is worth that goes on for ever: c / (1 - g), from the step after it.
/// @throws ValueError for g = 1 and c != 0, which have no value
double lasting_return(double c, double gamma);

/// The window at an end that lasts: what follows the last step joins the sum, and nothing is bootstrapped from.
/// @param last_reward raw, of the episode's last step. REQUIRES: the window reaches that step, the end is not terminal.
NStepReturn with_lasting_end(NStepReturn window, double last_reward, double gamma, const RewardTransform& transform);

/// G_t = sum_{k>=t} g^(k-t) r~_k plus the tail of `mc_tail`, for every step, [T]. The tail is added only where the
/// episode was cut off and no step's success flag is set.
/// @param gamma in [0, 1); an infinite tail needs it below 1.  @throws ValueError
std::vector<double> monte_carlo_returns(std::span<const float> reward, double gamma, bool cut_off_without_success,
                                        McTail mc_tail, const RewardTransform& transform = {});

}  // namespace onramp
