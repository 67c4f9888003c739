// The page: what stands on it, in which order, and how to read each picture.

#include <algorithm>

#include "onramp/base/atomic_file.h"
#include "onramp/base/interrupt.h"
#include "onramp/base/log.h"
#include "onramp/workflow/run_report.h"
#include "page_parts.h"

namespace onramp {
namespace {

namespace fs = std::filesystem;

class Writer {
 public:
  Writer(const ReportData& data, const ReportOptions& options, const fs::path& page_path)
      : data_(data),
        options_(options),
        folder_(fs::absolute(page_path).parent_path()),
        pictures_(folder_ / (page_path.stem().string() + "-figures")),
        page_(title(), lead()) {}

  std::string write() {
    draw();
    overview();
    success();
    learning();
    behaviour();
    critic();
    zero_shot();
    add_timing(page_, data_);
    videos();
    add_provenance(page_, data_);
    return page_.html();
  }

 private:
  std::string title() const {
    if (data_.runs.size() == 1) return data_.runs[0].name();
    std::vector<std::string> names;
    for (const auto& method : data_.methods) names.push_back(method.name);
    return names.size() > 4 ? concat(names.size(), " methods, ", data_.runs.size(), " runs") : join(names, " and ");
  }
  std::string lead() const {
    return data_.runs.size() == 1 ? concat("Report of the run in ", data_.runs[0].folder.string())
                                  : concat("Report of ", data_.runs.size(), " runs of ", data_.methods.size(),
                                           data_.methods.size() == 1 ? " method" : " methods");
  }

  void draw() {
    std::vector<Figure> figures = learning_figures(data_.methods);
    const auto window = static_cast<double>(options_.window);
    for (auto&& figure : {steps_figure(data_.methods, window), gate_figure(data_.methods, window),
                          starts_figure(data_.methods), over_setting(), success_figure(data_.methods, window),
                          rates_figure(data_.methods), acting_figure(data_.looks), actions_figure(data_.looks),
                          trajectories_figure(data_.looks), similarity_figure(data_.looks), values_figure(data_.looks),
                          fields_figure(data_.looks), zero_shot_figure(data_.looks)}) {
      if (figure) figures.push_back(*figure);
    }
    for (auto& figure : figures) {
      figure.dark = true;
      wanted_.push_back(figure.name);
    }
    const bool ours = !fs::exists(pictures_);
    create_folders(pictures_);
    const auto trouble = draw_figures(figures, pictures_, "figures");
    if (interrupt_requested()) {
      std::error_code ignored;
      if (ours) fs::remove_all(pictures_, ignored);
      throw InterruptedError("interrupted; no page was written");
    }
    if (trouble) {
      drawing_ = concat("pictures: ", *trouble);
      log_warning(drawing_);
    }
  }

  std::optional<Figure> over_setting() const {
    return options_.over.empty() ? std::nullopt : setting_figure(data_.methods, options_.over);
  }

  /// The picture, or why it is not there.
  void figure(const std::string& name, const std::string& title, const std::string& caption,
              const std::string& otherwise) {
    if (std::find(wanted_.begin(), wanted_.end(), name) == wanted_.end()) {
      if (!otherwise.empty()) page_.missing(concat(title, ": ", otherwise));
      return;
    }
    const auto light = pictures_ / (name + ".png"), dark = pictures_ / (name + ".dark.png");
    if (!fs::is_regular_file(light)) {
      page_.missing(concat("the picture \"", title, "\": it could not be drawn, see the top of the page"));
      return;
    }
    page_.picture(light, dark, title, caption);
    fs::remove(dark);  // of use on the page alone
  }

  void overview() {
    page_.section("Runs");
    std::vector<Cells> rows;
    for (const auto& run : data_.runs) {
      double seconds = 0.0;
      for (const auto& phase : run.phases) seconds += phase.seconds;
      rows.push_back({run.method, std::to_string(run.seed), run.stands, seconds > 0 ? format_duration(seconds) : "",
                      run.folder.string()});
    }
    page_.table({{"method"}, {"seed"}, {"stands", true}, {"wall time"}, {"folder", true}}, rows);
    for (const auto& note : data_.notes) page_.note(note);
    if (!drawing_.empty()) page_.missing(drawing_);
  }

  void success() {
    page_.section("Success");
    figure(
        "success_steps", "Success over environment steps",
        concat(
            "Success of the attempts made on line, as the mean of the last ", options_.window,
            " attempts, over the steps that the policies of a run made: the line is the mean over seeds, the band "
            "Student's 95 % interval, as far as every seed has come. Dotted: mean of the attempts before on-line "
            "learning, a cloned policy's rollouts or a warm-up. Dashed levels: what methods began with (the "
            "cloned policy where they ask one, else what their learner had become off line), and methods that do not "
            "learn on line, on held-out situations.",
            thinned() ? " Of a summary not the length of every attempt was kept; the others are filled in." : ""),
        "");
    figure(
        "success", "Success over on-line attempts",
        concat(
            "Success of the attempts made while learning, as the mean of the last ", options_.window,
            " attempts; where a method has several seeds, the line is their mean and the band reaches from the "
            "lowest to the highest. Dashed: success on held-out situations of ",
            data_.methods.size() == 1 ? "the other policies of these runs." : "methods that do not learn on line.",
            thinned() ? " Of a summary only every few attempts were kept; the mean is over those of the window." : ""),
        "no run has made an on-line attempt");
    figure("rates", "Success on held-out situations",
           "Dot: success rate, mean over seeds. Bar: 95 % interval, over seeds by Student's t; with one seed "
           "Wilson's interval of its episodes. Ticks: single seeds.",
           "no policy was scored");
    figure("starts", "What came of how it began",
           "A point a run. Above the dotted line it is better than the policy that it began with.", "");
    figure("setting", concat("Success over ", options_.over),
           "Last policies on held-out situations, mean over seeds with Student's 95 % interval; dotted: the "
           "policies that they began with.",
           options_.over.empty() ? "" : "no policy was scored");
    if (data_.methods.size() > 1) add_methods(page_, data_.methods, static_cast<double>(options_.window));
    for (const auto& method : data_.methods) add_success(page_, method);
    explain_success(page_);
    if (data_.methods.size() > 1) add_comparison(page_, data_.methods);
  }

  bool thinned() const {
    for (const auto& run : data_.runs) {
      const auto* online = run.online_phase();
      const auto* series = online ? run.metrics.find(online->name, "success") : nullptr;
      for (size_t i = 1; series && i < series->step.size(); ++i) {
        if (series->step[i] > series->step[i - 1] + 1) return true;
      }
    }
    return false;
  }

  void learning() {
    page_.section("Learning curves");
    const std::string seeds = data_.methods.size() == 1 ? "One line a run." : "One line a run, coloured by method.";
    const std::string otherwise = "none was logged";
    figure("losses", "Losses", concat(seeds, " Dotted lines: where the learner's next phase begins."), otherwise);
    figure("values", "Values",
           concat(seeds,
                  " q_data: at the data's actions; q_policy: at the policy's; values that rise without success "
                  "rising with them are overestimated."),
           "");
    figure("other", "Other quantities", seeds, "");
  }

  std::string looked_at() const {
    Cells names;
    for (const auto& look : data_.looks) names.push_back(look.run->name());
    return concat("Of ", join(names), ". ");
  }

  void behaviour() {
    page_.section("What the policy does on line");
    figure(
        "gate", "Who acts",
        concat("Of methods in which a cloned and a learned policy propose, over environment steps, as the mean of the "
               "last ",
               options_.window,
               " attempts and over seeds: success, the share of steps in which the cloned policy acted, and what both "
               "proposals were worth to the gate. The more is worth the learned one, the less the cloned one acts."),
        "");
    figure("acting", "Who acts when",
           concat(looked_at(),
                  "A row an on-line attempt, the first above, the last below; a column a step. Blue: the cloned policy "
                  "acted; "
                  "orange: the learned one; grey: the attempt is over."),
           "");
    figure("actions", "Actions",
           concat(looked_at(),
                  "How often the policy chose which action in its on-line attempts, one panel for each dimension. "
                  "Mass in the middle: fine movements; mass at -1 and 1 alone: bang-bang."),
           "no on-line episodes are recorded");
    figure(
        "trajectories", "Trajectories",
        concat(
            looked_at(),
            "Way of the tool in the plane in the first, the middle and the last on-line attempt. Circle: start; cross: "
            "end; squares: where the items lay at the start, where the task tells."),
        "no on-line episodes with a pose of the tool are recorded");
  }

  void critic() {
    page_.section("What the critic believes");
    const auto pairs = data_.looks.empty() || data_.looks[0].critics.empty() ? 0 : data_.looks[0].critics[0].q.size();
    figure(
        "q_values", "Q-estimates against what can be earned",
        concat(looked_at(),
               "Estimates over the agent's updates. Lines: what was logged of its batches. Points: random "
               "recorded steps, asked of the critic that each phase left behind. Levels: the most that an episode "
               "can earn, undiscounted (the line of the paper's figure 5b) and discounted, and 1 / (1 - g), the bound "
               "for a critic that sees no clock, or success alone where it ends the attempt: what is above the last "
               "one cannot be true."),
        "no values were logged and no critic is kept");
    figure("similarity", "Similarity of representations",
           concat(looked_at(), "Dot products of the critic's last hidden layer between ", pairs,
                  " random recorded steps. White: unrelated, so that an update at one leaves the other alone; the "
                  "diagonal is each step with itself. One colour scale for all."),
           "no critic is kept, or no episodes are recorded");
    figure("fields", "Gradient of Q over the velocities",
           concat(looked_at(),
                  "Left: what the camera saw. Right: Q over the two velocities, the other dimensions of the action as "
                  "the policy would have them; arrows along the gradient, the fainter the smaller it is. The axes are "
                  "those of the action, not of the picture."),
           "no critic is kept, or the actions are not velocities");
  }

  void zero_shot() {
    page_.section("Situations of another kind");
    std::vector<Cells> rows;
    for (const auto& look : data_.looks) {
      for (const auto& row : look.zero_shot) {
        rows.push_back({look.run->name(), row.scenario.name, join(row.scenario.settings, " "),
                        concat(row.score.successes, "/", row.score.episodes), percent_text(row.score.rate()),
                        percent_text(row.score.interval()), ends_text(row.score.ends)});
      }
    }
    figure("zero_shot", "Success in situations of another kind",
           "The last policy, without learning on; dot: success rate, bar: Wilson's 95 % interval.",
           "not scored; call with --zero-shot, which takes a few minutes and is kept with the run");
    if (rows.empty()) return;
    page_.table({{"run"},
                 {"situation", true},
                 {"settings", true},
                 {"successes"},
                 {"success"},
                 {"95 %"},
                 {"episodes ended by", true}},
                rows);
  }

  void videos() {
    page_.section("Videos");
    const auto limit = static_cast<int64_t>(options_.inline_video_mb * 1e6);
    bool any = false;
    for (const auto& run : data_.runs) any = any || !run.videos.empty();
    if (!any) {
      page_.missing("videos: no run has filmed any (phase evaluate, key videos)");
      return;
    }
    const auto chooses = [](const RunRecord& run) {
      const auto* online = run.online_phase();
      return online && run.metrics.find(online->name, "bc_share");
    };
    if (std::any_of(data_.runs.begin(), data_.runs.end(), chooses)) {
      page_.paragraph(
          "The border shows who led to a frame, where a policy chooses between two: blue the cloned one, orange the "
          "learned one.");
    }
    page_.begin_videos();
    for (const auto& run : data_.runs) {
      for (const auto& file : run.videos)
        page_.video(file, folder_, limit, concat(run.name(), ": ", file.stem().string()));
    }
    page_.end_videos();
  }

  const ReportData& data_;
  const ReportOptions& options_;
  fs::path folder_, pictures_;
  HtmlPage page_;
  std::vector<std::string> wanted_;
  std::string drawing_;  // why pictures are missing
};

}  // namespace

void write_report_page(const ReportData& data, const ReportOptions& options, const fs::path& page) {
  create_folders(fs::absolute(page).parent_path());
  write_file_atomic(page, Writer(data, options, page).write());
}

}  // namespace onramp
