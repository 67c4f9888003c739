#include "page_parts.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "onramp/base/text.h"
#include "onramp/workflow/interaction.h"

namespace onramp {
namespace {

std::string over_seeds_interval(const PolicyRow& row) {
  const auto scored = std::count_if(row.scores.begin(), row.scores.end(), [](const Score* score) { return score; });
  const auto repeated = scored - std::ssize(row.counted);
  if (row.rates.interval) {
    return percent_text(*row.rates.interval) + (repeated > 0 ? concat(" (", repeated, " repeated)") : std::string());
  }
  return repeated > 0 ? "the same in each run" : "one seed";
}
/// Of a difference, in percentage points: no more than 100 of them, wherever Student's t ends.
std::string points_text(const Interval& interval) {
  return concat(number_text(100 * std::max(-1.0, interval.low), "%+.1f"), " .. ",
                number_text(100 * std::min(1.0, interval.high), "%+.1f"));
}
std::string of_seeds(const Score* score) {
  if (!score) return "not scored";
  return concat(percent_text(score->rate()), " (", percent_text(score->interval()), ")");
}

void add_paired(HtmlPage& page, const std::vector<PairedRow>& rows, const std::string& title) {
  if (rows.empty()) return;
  page.subsection(title);
  std::vector<Cells> cells;
  cells.reserve(rows.size());
  for (const auto& row : rows) {
    cells.push_back({row.first, row.second, std::to_string(row.runs), std::to_string(row.gained),
                     std::to_string(row.lost), std::to_string(row.situations - row.gained - row.lost),
                     number_text(row.p, "%.2g"), number_text(100 * row.difference.mean, "%+.1f"),
                     row.difference.interval ? points_text(*row.difference.interval) : std::string("one seed")});
  }
  page.table({{"first"},
              {"second", true},
              {"seeds"},
              {"won"},
              {"lost"},
              {"alike"},
              {"sign test p"},
              {"difference"},
              {"95 % over seeds"}},
             cells);
}

}  // namespace

std::string percent_text(double rate) {
  char text[16];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * rate);
  return text;
}
std::string percent_text(const Interval& interval) {
  char text[40];
  std::snprintf(text, sizeof text, "%.1f .. %.1f", 100 * std::max(0.0, interval.low),
                100 * std::min(1.0, interval.high));
  return text;
}
std::string number_text(double value, const char* form) {
  char text[32];
  std::snprintf(text, sizeof text, form, value);
  return text;
}
std::string ends_text(const std::map<std::string, int64_t>& ends) {
  std::string text;
  for (const auto& [reason, count] : ends) text += concat(text.empty() ? "" : ", ", reason, " ", count);
  return text;
}

void add_success(HtmlPage& page, const Method& method) {
  const auto rows_of = policy_rows(method);
  if (rows_of.empty()) return;
  page.subsection(concat("Success of ", method.name, " by seed"));
  std::vector<TableColumn> columns{{"policy"}, {"mean"}, {"95 % over seeds"}};
  for (const auto* run : method.runs) columns.push_back({concat("seed ", run->seed)});
  columns.push_back({"return"});
  columns.push_back({"episodes ended by", true});
  std::vector<Cells> rows;
  const auto add = [&](const std::string& name, const PolicyRow& row) {
    Cells cells{name, percent_text(row.rates.mean), over_seeds_interval(row)};
    double total = 0.0, count = 0.0;
    std::map<std::string, int64_t> ends;
    for (const auto* score : row.scores) cells.push_back(of_seeds(score));
    for (const auto* score : row.counted) {
      total += score->mean_return;
      count += 1.0;
      for (const auto& [reason, times] : score->ends) ends[reason] += times;
    }
    cells.push_back(number_text(total / count, "%.2f"));
    cells.push_back(ends_text(ends));
    rows.push_back(std::move(cells));
  };
  for (const auto& row : rows_of) add(row.policy, row);
  if (const auto last = snapshot_row(method, Snapshot::kLast); !last.rates.values.empty()) {
    add("last", last);
    add("best", snapshot_row(method, Snapshot::kBest));
  }
  page.table(columns, rows);
  add_paired(page, paired_within(method), concat("Paired, within the runs of ", method.name));
}

void add_methods(HtmlPage& page, const std::vector<Method>& methods, double window) {
  constexpr int64_t kTimes = 3;
  double common = 0.0;  // steps that every method that learns on line has reached
  for (const auto& method : methods) {
    const double steps = common_steps(method);
    if (steps > 0) common = common > 0 ? std::min(common, steps) : steps;
  }
  std::vector<TableColumn> columns{{"method"},          {"seeds"}, {"began with"},    {"last"},
                                   {"95 % over seeds"}, {"best"},  {"while learning"}};
  for (int64_t i = 1; common > 0 && i <= kTimes; ++i)
    columns.push_back(
        {concat("after ", number_text(std::floor(common * double(i) / double(kTimes)), "%.0f"), " steps")});
  if (common > 0) columns.push_back({"steps"});
  const auto mean_text = [](const OverSeeds& rates) {
    return rates.values.empty() ? std::string() : percent_text(rates.mean);
  };
  std::vector<Cells> rows;
  for (const auto& method : methods) {
    std::vector<double> first, attempts;
    for (const auto* run : method.runs) {
      if (const auto* score = first_score(*run)) first.push_back(score->rate());
      const auto series = over_steps(*run, "success");
      if (!series) continue;
      double sum = 0.0;
      for (const double value : series->value) sum += value;
      attempts.push_back(sum / double(series->value.size()));
    }
    const auto last = snapshot_row(method, Snapshot::kLast);
    Cells cells{method.name,
                std::to_string(method.runs.size()),
                mean_text(over_seeds(std::move(first))),
                mean_text(last.rates),
                last.rates.values.empty() ? std::string() : over_seeds_interval(last),
                mean_text(snapshot_row(method, Snapshot::kBest).rates),
                mean_text(over_seeds(std::move(attempts)))};
    for (int64_t i = 1; common > 0 && i <= kTimes; ++i) {
      const auto there = at_step(method, "success", window, std::floor(common * double(i) / double(kTimes)));
      cells.push_back(there.interval ? concat(percent_text(there.mean), " (", percent_text(*there.interval), ")")
                                     : mean_text(there));
    }
    if (common > 0) {
      const double steps = common_steps(method);
      cells.push_back(steps > 0 ? number_text(steps, "%.0f") : "");
    }
    rows.push_back(std::move(cells));
  }
  page.subsection("Methods side by side");
  page.table(columns, rows);
  page.paragraph(concat(
      "Means over seeds. Began with: the cloned policy where a method asks one on line, else what its own learner had "
      "become off line. Last, best: scores on held-out situations, as below. While learning: all attempts made on "
      "line; after so many steps: the last ",
      window,
      " of them, with Student's 95 % interval over seeds. Steps: of the environment, made by policies of its own until "
      "every seed was done; rollouts and a warm-up count, demonstrations do not."));
}

void explain_success(HtmlPage& page) {
  page.paragraph(
      "In brackets: Wilson's 95 % interval of one run's episodes. The interval over seeds is Student's t and says "
      "how much the mean would move with other seeds; the same in each run: one policy that met the same situations "
      "with the same outcomes, counted once. Last: the policy that the last phase that learned left behind. Best: the "
      "best scored policy that a phase left behind, chosen after the fact, which flatters it.");
  page.paragraph(
      "Paired tables: both met the same held-out situations. Won: only the first succeeded. The sign test takes every "
      "situation as a draw of its own; whether another training seed would decide the same way is what the interval of "
      "the difference (percentage points, Student's t over seeds) tells.");
}

void add_comparison(HtmlPage& page, const std::vector<Method>& methods) {
  std::vector<PairedRow> rows;
  for (size_t i = 0; i < methods.size(); ++i) {
    for (size_t j = i + 1; j < methods.size(); ++j) {
      if (auto row = paired_between(methods[i], methods[j])) rows.push_back(std::move(*row));
    }
  }
  if (rows.empty()) {
    page.missing("paired comparison of methods: no two runs with equal seeds keep their successes by situation");
    return;
  }
  add_paired(page, rows, "Paired, between methods (last policies)");
}

}  // namespace onramp
