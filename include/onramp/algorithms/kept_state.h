// What a learner keeps in checkpoints, named once for save() and load().
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "onramp/core/checkpoint.h"
#include "onramp/core/generator.h"
#include "onramp/nn/optim.h"

namespace torch::nn {
class Module;
}

namespace onramp {

/// Each add() names a part after what it refers to, which must outlive this object: declare it as the learner's last member.
class KeptState {
 public:
  KeptState& add(const std::string& part, torch::nn::Module& module);  ///< parameters and buffers
  KeptState& add(const std::string& part, Adam& optimizer);            ///< moments and step counts
  KeptState& add(const std::string& part, TorchStream& stream);        ///< its counter
  KeptState& add(const std::string& part, RandomStream& stream);       ///< its counter

  void save(Parts& parts) const;
  /// @throws CheckpointError naming the part or tensor that is missing or has another shape
  void load(const Parts& parts) const;

 private:
  struct Kept {
    std::string part;
    std::function<void(PartState&)> save;
    std::function<void(const PartState&)> load;
  };
  template <class Stream>
  KeptState& add_counter(const std::string& part, Stream& stream);
  std::vector<Kept> kept_;
};

}  // namespace onramp
