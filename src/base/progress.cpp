#include "onramp/base/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>

#include "onramp/base/text.h"

namespace onramp {
namespace {

constexpr double kRedrawInterval_s = 0.2;
constexpr double kLineInterval_s = 10.0;
constexpr double kRateMemory_s = 20.0;

bool is_terminal_file(std::FILE* file) { return ::isatty(::fileno(file)) != 0; }

int terminal_columns(std::FILE* file) {
  winsize size{};
  return ::ioctl(::fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), std::abs(value) >= 1000.0 && std::abs(value) < 1e7 ? "%.0f" : "%.3g", value);
  return text;
}

}  // namespace

Progress::Progress(const Clock& clock, std::FILE* out)
    : Progress(clock, out, is_terminal_file(out), is_terminal_file(out) ? kRedrawInterval_s : kLineInterval_s,
               terminal_columns(out)) {}

Progress::Progress(const Clock& clock, std::FILE* out, bool redraw, double interval_s, int columns)
    : clock_(clock), out_(out), redraw_(redraw), interval_s_(interval_s), columns_(columns) {}

Progress::~Progress() {
  if (open_line_) std::fputc('\n', out_);
}

void Progress::begin(std::string phase, int64_t total, int64_t step, double earlier_s) {
  if (open_line_) std::fputc('\n', out_);
  open_line_ = false;
  phase_ = std::move(phase);
  total_ = total;
  step_ = measured_step_ = step;
  values_.clear();
  recent_steps_ = recent_s_ = 0.0;
  measured_s_ = printed_s_ = clock_.now();
  began_s_ = measured_s_ - earlier_s;
}

void Progress::update(int64_t step) {
  step_ = step;
  if (!redraw_ && total_ > 0 && step_ >= total_) return;  // the line of finish() says it
  const double now_s = clock_.now();
  if (now_s - printed_s_ < interval_s_) return;
  measure(now_s);
  printed_s_ = now_s;
  print(line(), /*last=*/false);
}

void Progress::measure(double now_s) {
  const double elapsed_s = now_s - measured_s_;
  const double keep = std::exp(-elapsed_s / kRateMemory_s);
  recent_steps_ = recent_steps_ * keep + static_cast<double>(step_ - measured_step_);
  recent_s_ = recent_s_ * keep + elapsed_s;
  measured_s_ = now_s;
  measured_step_ = step_;
}

std::string Progress::position() const {
  return total_ > 0 ? concat(phase_, "  ", step_, "/", total_) : concat(phase_, "  ", step_);
}

std::string Progress::line() const {
  std::string text = position();
  if (total_ > 0) text += concat("  ", 100 * step_ / total_, " %");
  const double rate = recent_s_ > 0.0 ? recent_steps_ / recent_s_ : 0.0;
  if (rate > 0.0) {
    text += concat("  ", short_number(rate), "/s");
    if (total_ > step_) text += concat("  ", format_duration(static_cast<double>(total_ - step_) / rate), " left");
  }
  return text + values_text();
}

std::string Progress::values_text() const {
  std::string text;
  for (const auto& [name, value] : values_) text += concat("  ", name, " ", short_number(value));
  return text;
}

void Progress::print(const std::string& line, bool last) {
  if (redraw_) {
    const auto width = static_cast<size_t>(columns_ > 1 ? columns_ - 1 : 1);
    std::fprintf(out_, "\r\033[K%s%s", line.substr(0, width).c_str(), last ? "\n" : "");
  } else {
    std::fprintf(out_, "%s\n", line.c_str());
  }
  open_line_ = redraw_ && !last;
  std::fflush(out_);
}

std::string Progress::finish() {
  auto line = concat(position(), "  done in ", format_duration(clock_.now() - began_s_), values_text());
  print(line, /*last=*/true);
  return line;
}

}  // namespace onramp
