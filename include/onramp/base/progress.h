// What a person sees while a run works.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "onramp/base/clock.h"

namespace onramp {

/// One line: "offline  12340/20000  61 %  412/s  18 s left  success 0.85". On a terminal it is redrawn in place five times a
/// second; elsewhere (a log file, CI) a new line comes every 10 s. Not thread-safe.
class Progress {
 public:
  /// @param clock  must outlive this
  explicit Progress(const Clock& clock, std::FILE* out = stderr);
  /// @param redraw      whether the line is redrawn in place
  /// @param interval_s  time between two lines
  /// @param columns     lines that are redrawn are cut to fit this width
  Progress(const Clock& clock, std::FILE* out, bool redraw, double interval_s, int columns);
  ~Progress();  ///< leaves the cursor at the start of a line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// A phase begins, or goes on, at `step` of `total` (0: not known), after `earlier_s` that processes before this one spent in it.
  void begin(std::string phase, int64_t total, int64_t step = 0, double earlier_s = 0.0);
  /// Call it as often as you like; it mostly returns at once.
  void update(int64_t step);
  /// Shown at the end of the line, in this order, until replaced.
  void set_values(std::vector<std::pair<std::string, double>> values) { values_ = std::move(values); }
  /// The phase is over: its last line, with how long it took. @return that line
  std::string finish();

 private:
  void measure(double now_s);
  std::string position() const;
  std::string line() const;
  std::string values_text() const;
  void print(const std::string& line, bool last);

  const Clock& clock_;
  std::FILE* out_;
  bool redraw_;
  double interval_s_;
  int columns_;

  std::string phase_;
  int64_t total_ = 0, step_ = 0;
  std::vector<std::pair<std::string, double>> values_;
  double began_s_ = 0.0, printed_s_ = 0.0;
  // Rate: steps and seconds, both forgotten with the same time constant, so that it follows slow changes and starts
  // without bias.
  double measured_s_ = 0.0;
  int64_t measured_step_ = 0;
  double recent_steps_ = 0.0, recent_s_ = 0.0;
  bool open_line_ = false;
};

}  // namespace onramp
