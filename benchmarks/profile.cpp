#include "profile.h"

#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "onramp/core/shapes.h"

namespace onramp::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Operator {
  double self_us = 0;
  int64_t calls = 0;
};

std::map<std::string, Operator> operators;
std::thread::id observed;
std::vector<double> below_us;  // of each operator that is running, what those that it calls have taken

struct Running : at::ObserverContext {
  std::string name;
  Clock::time_point start;
};

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
  if (std::this_thread::get_id() != observed) return nullptr;
  auto running = std::make_unique<Running>();
  running->name = function.name();
  const auto inputs = function.inputs();
  for (size_t i = 0; i < std::min<size_t>(inputs.size(), 2); ++i) {
    if (inputs[i].isTensor() && inputs[i].toTensor().defined()) running->name += " " + describe(inputs[i].toTensor());
  }
  below_us.push_back(0);
  running->start = Clock::now();
  return running;
}

void end(const at::RecordFunction&, at::ObserverContext* context) {
  if (context == nullptr) return;
  const auto* running = static_cast<Running*>(context);
  const double us = std::chrono::duration<double, std::micro>(Clock::now() - running->start).count();
  auto& entry = operators[running->name];
  entry.self_us += us - below_us.back();
  ++entry.calls;
  below_us.pop_back();
  if (!below_us.empty()) below_us.back() += us;
}

}  // namespace

std::string profile(const std::function<void()>& work, int repetitions) {
  operators.clear();
  observed = std::this_thread::get_id();
  const auto handle =
      at::addGlobalCallback(at::RecordFunctionCallback(begin, end)
                                .needsInputs(true)
                                .scopes({at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION}));
  const auto start = Clock::now();
  for (int i = 0; i < repetitions; ++i) work();
  const double whole = std::chrono::duration<double, std::micro>(Clock::now() - start).count();
  at::removeCallback(handle);

  std::vector<std::pair<std::string, Operator>> sorted(operators.begin(), operators.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.second.self_us > b.second.self_us; });
  std::string text = fmt::format("{:>10} us a call of the row\n", static_cast<int64_t>(whole / repetitions));
  double rest = whole;
  for (const auto& [name, entry] : sorted) {
    rest -= entry.self_us;
    if (entry.self_us < 0.003 * whole) continue;
    text += fmt::format("{:>10.1f} us {:>5.1f} %  {:>3} x  {}\n", entry.self_us / repetitions,
                        100 * entry.self_us / whole, entry.calls / repetitions, name);
  }
  return text +
         fmt::format("{:>10.1f} us {:>5.1f} %         outside of operators\n", rest / repetitions, 100 * rest / whole);
}

}  // namespace onramp::bench
