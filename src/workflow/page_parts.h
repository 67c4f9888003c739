// Sections of the page that are tables and text.
#pragma once

#include <string>
#include <vector>

#include "onramp/workflow/html_page.h"
#include "onramp/workflow/run_report.h"

namespace onramp {

using Cells = std::vector<std::string>;

std::string percent_text(double rate);               ///< "59.0 %"
std::string percent_text(const Interval& interval);  ///< "52.1 .. 65.6"
std::string number_text(double value, const char* form = "%.3g");
std::string ends_text(const std::map<std::string, int64_t>& ends);  ///< "time_limit 49, safety_stop 1"

/// By policy and seed, last and best, with what they mean; then the last policy against the others.
void add_success(HtmlPage& page, const Method& method);
/// Methods side by side: how they began, last, best and while learning. `window` is in attempts.
void add_methods(HtmlPage& page, const std::vector<Method>& methods, double window);
/// How to read these tables, once for all of them.
void explain_success(HtmlPage& page);
/// The last policies of each two methods, seed against seed.
void add_comparison(HtmlPage& page, const std::vector<Method>& methods);
/// Wall time and updates a second by phase; times of the control steps.
void add_timing(HtmlPage& page, const ReportData& data);
/// Machine, commands, settings that differ, configs.
void add_provenance(HtmlPage& page, const ReportData& data);

}  // namespace onramp
