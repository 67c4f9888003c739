#include "onramp/training/film.h"

#include <utility>

#include "onramp/base/random.h"
#include "onramp/envs/video.h"
#include "onramp/training/collector.h"

namespace onramp {
namespace {

/// Films whatever happens in the environment it stands before.
class Filmed final : public Environment {
 public:
  Filmed(Environment& inner, VideoWriter& film) : inner_(inner), film_(film) {}
  const EnvSpec& spec() const override { return inner_.spec(); }
  Observation reset(uint64_t seed) override {
    Observation first = inner_.reset(seed);
    film_.add(film_frame(inner_, first));
    return first;
  }
  Step step(const at::Tensor& action) override {
    Step step = inner_.step(action);
    film_.add(film_frame(inner_, step.obs));
    return step;
  }
  void standby() override { inner_.standby(); }

 private:
  Environment& inner_;
  VideoWriter& film_;
};

}  // namespace

void film_policy(Environment& environment, Policy& policy, ActMode mode, const std::vector<uint64_t>& seeds,
                 const std::filesystem::path& path, const std::function<void(const Episode&)>& tell) {
  VideoWriter film(path, 1.0 / environment.spec().control_period_s);
  Filmed filmed(environment, film);
  for (const auto seed : seeds) {
    const CollectedEpisode collected = collect_episode(filmed, policy, mode, seed, {});
    if (collected.failure) std::rethrow_exception(collected.failure);
    if (tell) tell(collected.episode);
  }
  film.close();
}

uint64_t held_out_seed(int64_t number) { return derive_seed(0, "held-out", static_cast<uint64_t>(number)); }

}  // namespace onramp
