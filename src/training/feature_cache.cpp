#include "onramp/training/feature_cache.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "onramp/base/error.h"

namespace onramp {

FeatureCache::FeatureCache(FrameEncoder encoder, std::vector<std::string> entries, std::string encoder_hash,
                           at::Device device)
    : encoder_(std::move(encoder)),
      names_(std::move(entries)),
      encoder_hash_(std::move(encoder_hash)),
      device_(device) {}

void FeatureCache::extend(const Dataset& dataset) {
  for (; episodes_done_ < dataset.episodes(); ++episodes_done_) {
    const EpisodeInfo& info = dataset.info(episodes_done_);
    std::vector<int64_t> rows(static_cast<size_t>(info.length + 1));
    std::iota(rows.begin(), rows.end(), info.first_row);
    for (const auto& name : names_) {
      const Observation pixels = dataset.observations(rows, {name}, ImageForm::kPixels);
      const at::Tensor ids = dataset.observations(rows, {name}, ImageForm::kFrameIds).at(name);
      const at::Tensor features = encoder_(name, pixels.at(name).to(device_));  // [T+1, F]
      Entry& entry = entries_[name];
      const int64_t needed = ids.max().item<int64_t>() + 1;
      const int64_t capacity = entry.features.defined() ? entry.features.size(0) : 0;
      if (needed > capacity) {
        auto grown = at::empty({std::max<int64_t>(needed, 2 * capacity), features.size(1)}, features.options());
        if (entry.size > 0) grown.slice(0, 0, entry.size).copy_(entry.features.slice(0, 0, entry.size));
        entry.features = std::move(grown);
      }
      entry.features.index_copy_(0, ids.to(device_), features);
      entry.size = needed;
    }
  }
}

at::Tensor FeatureCache::lookup(const std::string& entry, const at::Tensor& ids) const {
  const auto found = entries_.find(entry);
  ONRAMP_CHECK(found != entries_.end(), "no features of '", entry, "' yet");
  const int64_t size = found->second.size;
  ONRAMP_CHECK(ids.numel() == 0 || ids.max().item<int64_t>() < size, "only ", size, " frames of '", entry,
               "' have features");
  auto sizes = ids.sizes().vec();
  sizes.push_back(found->second.features.size(1));
  return found->second.features.index_select(0, ids.to(device_).reshape({-1})).view(sizes);
}

void FeatureCache::resolve(Observation& observation) const {
  std::vector<std::string> names;
  for (const auto& [name, value] : observation) {
    if (value.scalar_type() == at::kLong) names.push_back(name);
  }
  for (const auto& name : names) observation.set(name, lookup(name, observation.at(name)));
}

void FeatureCache::resolve(Batch& batch) const {
  resolve(batch.obs);
  resolve(batch.next_obs);
  resolve(batch.goal);
}

int64_t FeatureCache::resident_bytes() const {
  int64_t bytes = 0;
  for (const auto& [name, entry] : entries_) bytes += entry.features.defined() ? int64_t(entry.features.nbytes()) : 0;
  return bytes;
}

}  // namespace onramp
