// The rows of the table: what is measured, by name.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "onramp/training/catalog.h"

namespace onramp::bench {

/// Something to repeat, made once a process.
struct Work {
  std::function<void()> once;
  double items = 1;                     ///< what one call does, in the row's unit
  double flops = 0;                     ///< of one call: matrix products and convolutions; 0: not of that kind
  double bytes = 0;                     ///< that one call copies (read once, written once); 0: not of that kind
  int64_t threads = 0;                  ///< of one operation; 0: as the program was started
  std::map<std::string, double> facts;  ///< numbers that do not come from the time of a call
};

/// A row. Nothing is made before the row is measured.
/// @param name  group/what/sizes, without blanks
/// @param unit  of what a call does: "updates", "transitions", ...
void add_row(const std::string& name, const std::string& unit, std::function<Work()> make);

/// From now on the first run of each row also prints where its time goes (profile.h).
void print_profiles();

void add_peak_rows();
void add_learner_rows(const Catalog& catalog);
void add_redq_rows();
void add_replay_rows();
void add_simulator_rows(const Catalog& catalog);
void add_latency_rows(const Catalog& catalog);
void add_gym_rows();

}  // namespace onramp::bench
