// Minari's HDF5: episode_N/{observations (T + 1 rows), actions, rewards, terminations, truncations, infos}.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "minari_layout.h"
#include "onramp/data/data_source.h"
#include "onramp/data/store/hdf5_file.h"
#include "read_ahead.h"

namespace onramp::detail {

class MinariSource final : public DataSource {
 public:
  MinariSource(const std::filesystem::path& file, Hdf5Listing listing, const DataOptions& options);
  std::string file(int64_t) const override { return label_; }
  std::string kind() const override { return "Minari HDF5"; }
  int64_t episodes() const override { return static_cast<int64_t>(names_.size()); }
  int64_t number(int64_t index) const override { return minari_number(names_[static_cast<size_t>(index)]); }
  std::string name(int64_t index) const override { return names_[static_cast<size_t>(index)]; }
  Episode read(int64_t index) override;

 private:
  using Arrays = std::map<std::string, HostArray>;  // by what follows the episode's name
  const std::map<std::string, std::string>& attributes(const std::string& name) const;
  ReadAhead::Item item_of(const std::string& name) const;
  void leaves_without_spaces();
  void note();
  void scale_actions(Episode& episode) const;
  void fill_meta(Episode& episode, const std::string& name, int64_t index) const;
  int64_t fill_observations(Episode& episode, const std::string& name, Arrays& arrays, bool own);
  bool fill_infos(Episode& episode, const std::string& name, Arrays& arrays);
  void end_of(Episode& episode, const HostArray& terminations, const HostArray& truncations, bool knows_success,
              int64_t index);

  std::string label_;
  DataOptions options_;
  Hdf5Listing listing_;
  std::vector<std::string> names_;
  MinariFacts facts_;
  std::optional<ReadAhead> reader_;
};

}  // namespace onramp::detail
