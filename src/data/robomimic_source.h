// robomimic's HDF5: data/demo_N/{actions, rewards, dones, obs/*, next_obs/*}, mask/*, the attribute env_args of data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "onramp/data/data_source.h"
#include "onramp/data/store/hdf5_file.h"
#include "read_ahead.h"
#include "robomimic_layout.h"

namespace onramp::detail {

class RobomimicSource final : public DataSource {
 public:
  RobomimicSource(const std::filesystem::path& file, Hdf5Listing listing, const DataOptions& options);
  std::string file(int64_t) const override { return label_; }
  std::string kind() const override { return "robomimic HDF5"; }
  int64_t episodes() const override { return static_cast<int64_t>(demos_.size()); }
  int64_t number(int64_t index) const override {
    const int64_t number = demo_number(demos_[static_cast<size_t>(index)]);
    return number < 0 ? index : number;
  }
  std::string name(int64_t index) const override { return demos_[static_cast<size_t>(index)]; }
  std::vector<std::string> filter_keys(int64_t index) override {
    const auto found = masks_of_.find(demos_[static_cast<size_t>(index)]);
    return found == masks_of_.end() ? std::vector<std::string>{} : found->second;
  }
  Episode read(int64_t index) override;

 private:
  const std::string* attribute(const std::string& object, const std::string& name) const;
  /// Arrays below data/<demo>/, by what follows.
  std::map<std::string, const Hdf5Listing::Array*> arrays_of(const std::string& demo) const;
  /// Steps of a demonstration: num_samples, as robomimic goes by; else the rows of actions.
  int64_t steps_of(const std::string& demo) const;
  /// The arrays of one demonstration; those of next_obs apart, by what follows.
  struct Parts {
    std::map<std::string, HostArray> arrays, next;
  };
  Parts parts_of(const std::string& demo, int64_t index);
  ObservationSpec spec_of(const std::string& demo, const Parts& parts);
  void fill_foreign(Episode& episode, const std::string& demo, Parts& parts, int64_t index);
  void fill_meta(Episode& episode, const std::string& demo, int64_t index, const std::vector<std::string>* own);
  void append_last(Episode& episode, Parts& parts, const std::string& label);
  ReadAhead::Item item_of(const std::string& demo) const;
  void read_masks(const std::filesystem::path& file);
  void judge(const std::filesystem::path& file);
  void check(const std::string& demo, int64_t index, const std::vector<uint8_t>& dones,
             const std::map<std::string, HostArray>& next, const Episode& episode);

  std::string label_;
  DataOptions options_;
  Hdf5Listing listing_;
  std::vector<std::string> demos_;
  std::string env_args_;
  std::map<std::string, std::vector<std::string>> masks_of_;  // by demonstration
  bool sparse_ = false;                                       // rewards are 0 or 1: they tell success
  bool dones_tell_ = false;  // dones mark the last step of some demonstrations and not of others
  std::optional<ReadAhead> reader_;
};

}  // namespace onramp::detail
