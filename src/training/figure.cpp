#include "onramp/training/figure.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include "onramp/base/atomic_file.h"
#include "onramp/base/interrupt.h"
#include "onramp/base/text.h"

namespace onramp {
namespace {

using nlohmann::json;

const char* const kDrawScript =
#include "draw.py.inc"
    ;
constexpr std::array<const char*, 6> kKindNames = {"lines", "bars", "intervals", "matrix", "field", "picture"};

/// Four digits are more than a picture shows, and a matrix of 512 x 512 stays small.
json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  char text[32];
  std::snprintf(text, sizeof text, "%.5g", value);
  return std::strtod(text, nullptr);
}
json number(const std::optional<double>& value) { return value ? number(*value) : json(nullptr); }
json numbers(const std::vector<double>& values) {
  json list = json::array();
  for (const double value : values) list.push_back(number(value));
  return list;
}
/// x is kept exactly: a step may be a large whole number.
json positions(const std::vector<double>& values) { return values; }

template <class T, class Function>
json list_of(const std::vector<T>& items, Function&& convert) {
  json list = json::array();
  for (const auto& item : items) list.push_back(convert(item));
  return list;
}

json convert_line(const Line& line) {
  return {{"label", line.label},      {"x", positions(line.x)},     {"y", numbers(line.y)},
          {"low", numbers(line.low)}, {"high", numbers(line.high)}, {"color", line.color},
          {"style", line.style},      {"width", line.width},        {"alpha", line.alpha}};
}
json convert_level(const Level& level) {
  return {{"label", level.label},       {"y", level.y},         {"low", number(level.low)},
          {"high", number(level.high)}, {"color", level.color}, {"style", level.style}};
}
json convert_mark(const Mark& mark) { return {{"x", mark.x}, {"label", mark.label}}; }
json convert_point(const Point& point) {
  return {{"label", point.label},       {"x", point.x},         {"y", number(point.y)},  {"low", number(point.low)},
          {"high", number(point.high)}, {"color", point.color}, {"marker", point.marker}};
}
json convert_row(const IntervalRow& row) {
  return {{"label", row.label},       {"value", number(row.value)},    {"low", number(row.low)},
          {"high", number(row.high)}, {"single", numbers(row.single)}, {"color", row.color}};
}
json matrix_rows(const Panel& panel, size_t rows) {
  json list = json::array();
  const size_t columns = rows > 0 ? panel.values.size() / rows : 0;
  for (size_t i = 0; i < rows; ++i) {
    const auto first = panel.values.begin() + static_cast<std::ptrdiff_t>(i * columns);
    list.push_back(numbers({first, first + static_cast<std::ptrdiff_t>(columns)}));
  }
  return list;
}

json convert_panel(const Panel& panel) {
  json out{{"kind", kKindNames[static_cast<size_t>(panel.kind)]},
           {"title", panel.title},
           {"x_label", panel.x_label},
           {"y_label", panel.y_label},
           {"x_limits", numbers(panel.x_limits)},
           {"y_limits", numbers(panel.y_limits)},
           {"equal", panel.equal},
           {"log_y", panel.log_y},
           {"value_label", panel.value_label},
           {"points", list_of(panel.points, convert_point)}};
  switch (panel.kind) {
    case PanelKind::kLines:
      out["lines"] = list_of(panel.lines, convert_line);
      out["levels"] = list_of(panel.levels, convert_level);
      out["marks"] = list_of(panel.marks, convert_mark);
      out["x_ticks"] = list_of(panel.x_ticks, convert_mark);
      break;
    case PanelKind::kBars:
      out["edges"] = numbers(panel.edges);
      out["series"] = list_of(panel.bars, [](const Bars& bars) {
        return json{{"label", bars.label}, {"heights", numbers(bars.heights)}, {"color", bars.color}};
      });
      break;
    case PanelKind::kIntervals:
      out["rows"] = list_of(panel.rows, convert_row);
      break;
    case PanelKind::kMatrix:
      out["values"] = matrix_rows(panel, static_cast<size_t>(panel.matrix_rows));
      out["limit"] = panel.limit;
      break;
    case PanelKind::kField:
      out["x"] = numbers(panel.x);
      out["y"] = numbers(panel.y);
      out["values"] = matrix_rows(panel, panel.y.size());
      break;
    case PanelKind::kPicture:
      out["height"] = panel.height;
      out["width"] = panel.width;
      out["pixels"] = panel.pixels;
      break;
  }
  return out;
}

/// Runs a program and waits, but for no longer than until `stop`. @return exit status, or -1 when there is none
int run_program(const std::vector<std::string>& words, const std::filesystem::path& output,
                const std::function<bool()>& stop) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) return -1;
  if (child == 0) {
    if (!std::freopen(output.c_str(), "w", stderr) || !std::freopen("/dev/null", "w", stdout)) _exit(126);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  while (true) {
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) break;
    if (ended < 0 && errno != EINTR) return -1;
    if (stop()) kill(child, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

json to_json_value(const Figure& figure) {
  return {{"name", figure.name},
          {"columns", figure.columns},
          {"dark", figure.dark},
          {"dpi", figure.dpi},
          {"panels", list_of(figure.panels, convert_panel)}};
}

std::optional<std::string> draw_figures(const std::vector<Figure>& figures, const std::filesystem::path& folder,
                                        const std::string& stem) {
  // An interruption from before is answered by who draws all the same.
  const auto stop = [before = interrupt_requested()] { return !before && interrupt_requested(); };
  const auto script = folder / "draw.py";
  const auto data = folder / (stem + ".json");
  const auto messages = folder / "plot.log";
  write_file_atomic(script, std::string_view(kDrawScript));
  write_file_atomic(data, json{{"figures", list_of(figures, to_json_value)}}.dump());
  // The Python that a person has first in the path may be one without matplotlib; Debian's own package is under /usr.
  for (const char* python : {"python3", "/usr/bin/python3"}) {
    if (run_program({python, script.string(), data.string(), folder.string()}, messages, stop) != 0) {
      if (stop()) return "interrupted";
      continue;
    }
    std::filesystem::remove(messages);
    return std::nullopt;
  }
  return concat("python3 with matplotlib is needed (Debian: apt install python3-matplotlib); then `python3 ",
                script.string(), " ", data.string(), " ", folder.string(), "`; its message is in ", messages.string());
}

}  // namespace onramp
