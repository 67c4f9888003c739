// Figures as data; a child process (python3 with matplotlib) draws them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace onramp {

/// Colours are numbers in a palette of eight. In all of these a value that is not finite is left out of the picture.
struct Line {
  std::string label;  ///< "" stands in no legend
  std::vector<double> x, y;
  std::vector<double> low, high;  ///< a band around it; empty: none
  int64_t color = 0;
  std::string style = "-";  ///< matplotlib's: - -- : -.
  double width = 1.4;       ///< points
  double alpha = 1.0;       ///< opacity
};

/// A horizontal line across the panel.
struct Level {
  std::string label;
  double y = 0.0;
  std::optional<double> low, high;
  int64_t color = 7;
  std::string style = "--";
};

/// A vertical line with its name.
struct Mark {
  double x = 0.0;
  std::string label;
};

/// A labelled point of a panel.
struct Point {
  std::string label;
  double x = 0.0, y = 0.0;
  std::optional<double> low, high;
  int64_t color = 0;
  std::string marker = "o";
};

/// One series of a histogram.
struct Bars {
  std::string label;
  std::vector<double> heights;  ///< one fewer than edges
  int64_t color = 0;
};

/// A row of a panel of intervals.
struct IntervalRow {
  std::string label;
  double value = 0.0;
  std::optional<double> low, high;
  std::vector<double> single;  ///< the results that it sums up
  int64_t color = 0;
};

/// How a panel is drawn.
enum class PanelKind : uint8_t { kLines, kBars, kIntervals, kMatrix, kField, kPicture };

/// One pair of axes. Which members count is said by `kind`.
struct Panel {
  PanelKind kind = PanelKind::kLines;
  std::string title, x_label, y_label;
  std::vector<double> x_limits, y_limits;  ///< two each; empty: as the data have it
  bool equal = false;                      ///< one unit is as long on both axes
  bool log_y = false;                      ///< kLines: y by powers of ten
  std::vector<Mark> x_ticks;               ///< kLines: where the axis is labelled, and how; empty: by its numbers
  // kLines
  std::vector<Line> lines;
  std::vector<Level> levels;
  std::vector<Mark> marks;
  std::vector<Point> points;  // kField too
  // kBars
  std::vector<double> edges;
  std::vector<Bars> bars;
  // kIntervals
  std::vector<IntervalRow> rows;
  // kMatrix, kField: row-major; a field is [y.size(), x.size()], with arrows along its gradient
  std::vector<double> x, y, values;
  int64_t matrix_rows = 0;
  double limit = 1.0;  ///< of a matrix: colours span -limit .. limit
  std::string value_label;
  // kPicture: RGB, row-major
  int64_t height = 0, width = 0;
  std::vector<uint8_t> pixels;
};

/// Panels that make one picture.
struct Figure {
  std::string name;  ///< of its file
  std::vector<Panel> panels;
  int64_t columns = 3;  ///< panels side by side; those of one column are of one kind
  bool dark = false;    ///< a second picture for dark pages, <name>.dark.png
  int64_t dpi = 110;
};

nlohmann::json to_json_value(const Figure& figure);

/// Draws each figure into `folder`/<name>.png. What was drawn lies beside it: <stem>.json and draw.py, to draw again with
/// other colours or sizes. The messages of a failure are kept in plot.log. O(seconds).
/// @return what kept figures from being drawn, one line with its remedy; nothing when all are there
/// @throws IoError
std::optional<std::string> draw_figures(const std::vector<Figure>& figures, const std::filesystem::path& folder,
                                        const std::string& stem);

}  // namespace onramp
