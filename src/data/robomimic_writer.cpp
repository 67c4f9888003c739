#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "data_writer.h"
#include "episode_head.h"
#include "foreign_arrays.h"
#include "onramp/base/error.h"
#include "onramp/data/store/hdf5_stream_writer.h"
#include "robomimic_layout.h"

namespace onramp::detail {

namespace fs = std::filesystem;

namespace {

constexpr int kGzip = 1;  // of pictures

std::vector<int64_t> with_rows(int64_t rows, std::vector<int64_t> shape) {
  shape.insert(shape.begin(), rows);
  return shape;
}

class RobomimicWriter final : public DataWriter {
 public:
  RobomimicWriter(const fs::path& path, const fs::path& shown) : file_(path, shown), label_(shown.string()) {}

  void add(const Episode& episode, int64_t number) override {
    const std::string demo = name_for(episode, number);
    const std::string group = "data/" + demo;
    const int64_t T = episode.length();
    const int64_t A = episode.action_spec.dim;
    file_.attribute(group, "num_samples", T);
    std::vector<std::string> elsewhere{"env_args", "filter_keys"};
    for (const auto& [key, value] : episode.meta) {
      if (!key.starts_with(kRobomimicMeta)) continue;
      file_.attribute(group, key.substr(kRobomimicMeta.size()), value);
      elsewhere.push_back(key);
    }
    // env_args stand once in the file: an episode of another environment keeps its own in the head.
    const auto env = episode.meta.find("env_args");
    if (first_) env_args_ = env == episode.meta.end() ? "" : env->second;
    if (env != episode.meta.end() && env->second != env_args_) std::erase(elsewhere, "env_args");
    if (first_) default_name_ = episode.meta.contains("task") ? episode.meta.at("task") : "onramp";
    first_ = false;
    if (const auto keys = episode.meta.find("filter_keys"); keys != episode.meta.end()) {
      const auto items = items_of(keys->second);
      for (const auto& key : items) masks_[key].push_back(demo);
      // They come back sorted: what would come back otherwise stays in the head.
      if (list_text(items) != keys->second || !std::is_sorted(items.begin(), items.end()) || items.empty() ||
          !std::all_of(items.begin(), items.end(), is_plain)) {
        std::erase(elsewhere, "filter_keys");
      }
    }
    file_.attribute(group, kHead, head_text(episode, elsewhere));

    std::set<std::string> names;
    for (const auto& entry : episode.observation_spec.entries) {
      const auto name = array_name(entry.name);
      if (!names.insert(name).second)
        throw DataError(concat(label_, ": two observations would be called '", name, "' (slashes become dots)"));
      const auto numel = static_cast<size_t>(entry.numel());
      const auto shape = with_rows(T, entry.shape);
      const auto both = [&](const auto& values, int gzip) {
        const std::span all(values);
        file_.write(concat(group, "/obs/", name), all.first(all.size() - numel), shape, gzip);
        file_.write(concat(group, "/next_obs/", name), all.subspan(numel), shape, gzip);
      };
      if (entry.dtype == DType::kUint8) {
        both(episode.images.at(entry.name), kGzip);
      } else {
        both(episode.vectors.at(entry.name), 0);
      }
    }
    file_.write(group + "/actions", episode.action, {T, A});
    file_.write(group + "/rewards", episode.reward, {T});
    std::vector<uint8_t> dones(static_cast<size_t>(T), 0);
    dones.back() = episode.terminal();
    file_.write(group + "/dones", dones, {T});
    file_.write(group + "/onramp/success", episode.success, {T});
    file_.write(group + "/onramp/executed_actions", episode.executed_action, {T, A});
    for (const auto& [name, column] : episode.extra)
      file_.write(concat(group, "/onramp/extra/", name), column.values, {T, column.width});
    file_.flush();
    unseen_.add(episode);
    unseen_.also("success flags");
    steps_ += T;
  }

  void finish() override {
    file_.attribute("data", "total", steps_);
    const nlohmann::json made_up{{"env_name", default_name_}, {"type", 2}, {"env_kwargs", nlohmann::json::object()}};
    file_.attribute("data", "env_args", env_args_.empty() ? made_up.dump() : env_args_);
    for (const auto& [key, demos] : masks_) {
      if (is_plain(key)) file_.write_texts("mask/" + key, demos);
    }
    file_.close();
  }
  std::string unseen() const override { return unseen_.text(); }

 private:
  static bool is_plain(const std::string& key) { return !key.empty() && key.find('/') == std::string::npos; }

  /// The one it had in robomimic, where it is free.
  std::string name_for(const Episode& episode, int64_t number) {
    const auto demo = episode.meta.find("demo");
    std::string name =
        demo != episode.meta.end() && demo_number(demo->second) >= 0 ? demo->second : concat("demo_", number);
    for (int64_t next = number; !names_.insert(name).second;) name = concat("demo_", ++next);
    return name;
  }

  Hdf5StreamWriter file_;
  std::string label_, env_args_, default_name_;
  bool first_ = true;
  std::set<std::string> names_;
  std::map<std::string, std::vector<std::string>> masks_;
  int64_t steps_ = 0;
  Unseen unseen_;
};

}  // namespace

std::unique_ptr<DataWriter> make_robomimic_writer(const fs::path& path, const fs::path& shown) {
  return std::make_unique<RobomimicWriter>(path, shown);
}

}  // namespace onramp::detail
