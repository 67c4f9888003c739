// The writers behind convert_data(), one a layout.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "onramp/data/episode.h"

namespace onramp::detail {

/// Order: add for each episode, then finish. Memory: one episode.
class DataWriter {
 public:
  virtual ~DataWriter() = default;
  /// @param number  of the episode in the set it comes from, ascending
  virtual void add(const Episode& episode, int64_t number) = 0;
  virtual void finish() = 0;
  /// What readers of this layout do not see, of the episodes added.
  virtual std::string unseen() const = 0;
};

// `path`: where to write. `shown`: its name in errors.
std::unique_ptr<DataWriter> make_d4rl_writer(const std::filesystem::path& path, const std::filesystem::path& shown);
std::unique_ptr<DataWriter> make_robomimic_writer(const std::filesystem::path& path,
                                                  const std::filesystem::path& shown);
std::unique_ptr<DataWriter> make_minari_writer(const std::filesystem::path& folder, const std::filesystem::path& shown);

/// What an episode carries beyond observations, actions, rewards and whether its end is terminal.
class Unseen {
 public:
  void add(const Episode& episode);
  void also(const std::string& what);
  std::string text() const;  ///< "typed end reasons, executed actions where they differ"

 private:
  std::vector<std::string> parts_;
};

}  // namespace onramp::detail
