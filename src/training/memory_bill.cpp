#include "onramp/training/memory_bill.h"

#include <algorithm>

#include "onramp/base/error.h"
#include "onramp/base/text.h"
#include "onramp/data/dataset.h"
#include "onramp/training/phase.h"

namespace onramp {

void MemoryBill::add(const PhaseNeeds& needs) {
  episodes += needs.episodes;
  more_steps += needs.steps;
}

std::string memory_bill_text(const MemoryBill& bill, const ObservationSpec& observation, const ActionSpec& action,
                             const FrameSpaceConfig& config, const std::filesystem::path& folder) {
  const auto text = [](int64_t bytes) { return format_bytes(static_cast<double>(bytes)); };
  const int64_t episodes = bill.episodes + bill.loose_steps();  // of one step each, at worst
  const int64_t bytes = memory_bill_bytes(observation, action, bill.rows() - episodes, episodes);
  std::string out = concat("at most ", text(bytes), " for ");
  if (bill.episodes > 0) out += concat(counted(bill.episodes, "episode"), " of ", counted(bill.steps, "step"));
  if (bill.more_steps > 0) out += concat(bill.episodes > 0 ? " and " : "", counted(bill.more_steps, "step"));
  if (bill.recorded_rows > 0) out += concat(" and ", bill.recorded_rows, " recorded observations");
  const int64_t limit = config.memory_bytes();
  const int64_t in_file = frame_bill_bytes(observation, bill.rows()) - limit;
  if (in_file > 0) {
    out += concat("; ", text(in_file), " of it, images beyond ", text(limit), ", lie in a file in ",
                  (config.folder.empty() ? folder : config.folder).string());
  }
  return out;
}

}  // namespace onramp
