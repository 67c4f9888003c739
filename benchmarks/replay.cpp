// Replay: inserting, sampling, and what it keeps in memory.
#include <ATen/Functions.h>
#include <unistd.h>

#include <fstream>

#include "benchmarks/made_up_data.h"
#include "benchmarks/rows.h"

namespace onramp::bench {
namespace {

constexpr int64_t kLength = 60;  // steps of an episode, as vacuum_grasp's

/// Resident bytes of this process.
double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

std::unique_ptr<Replay> make_replay(int64_t episodes) {
  auto replay = std::make_unique<Replay>(picture_observation(), picture_action());
  replay->add_source("offline");
  auto episode = make_episode(picture_observation(), picture_action(), kLength, 0);
  for (int64_t i = 0; i < episodes; ++i) replay->add(episode, {"offline"});
  return replay;
}

}  // namespace

void add_replay_rows() {
  const int64_t frame_bytes = picture_observation().entries[0].numel();
  for (const int64_t batch : {256, 512}) {
    add_row("replay/sample/batch_" + std::to_string(batch), "transitions", [=] {
      const std::shared_ptr<Replay> replay = make_replay(400);  // 24 400 frames, 300 MB: more than any cache holds
      const auto sampler = std::make_shared<Sampler>(1);
      const std::vector<BatchRequest> plan{{.size = batch, .sources = {{.source = "offline"}}, .n_step = 3}};
      return Work{.once = [=] { sampler->sample(plan, *replay); },
                  .items = double(batch),
                  .bytes = double(2 * batch * frame_bytes)};
    });
  }
  add_row("replay/insert", "transitions", [=] {
    // Anew from time to time, so that it does not grow for ever; what that costs is part of the row.
    constexpr int64_t kAnew = 400;
    const auto episode = std::make_shared<Episode>(make_episode(picture_observation(), picture_action(), kLength, 0));
    const auto replay = std::make_shared<std::unique_ptr<Replay>>(make_replay(0));
    return Work{.once =
                    [=] {
                      if ((*replay)->dataset().episodes() == kAnew) *replay = make_replay(0);
                      (*replay)->add(*episode, {"offline"});
                    },
                .items = double(kLength),
                .bytes = double((kLength + 1) * frame_bytes)};
  });
  add_row("replay/memory", "look-ups", [=] {
    constexpr int64_t kEpisodes = 400;
    make_episode(picture_observation(), picture_action(), kLength, 0);  // its memory is there already
    const double before = resident_bytes();
    const std::shared_ptr<Replay> replay = make_replay(kEpisodes);
    const double held = resident_bytes() - before, frames = double(kEpisodes * (kLength + 1) * frame_bytes);
    return Work{
        .once = [replay] { replay->dataset().resident_bytes(); },
        .facts = {{"memory_per_frames", held / frames},
                  {"memory_per_frames_by_its_own_account", double(replay->dataset().resident_bytes()) / frames}}};
  });
}

}  // namespace onramp::bench
