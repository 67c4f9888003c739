#include "onramp/envs/batched_environment.h"

#include <ATen/Parallel.h>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "onramp/base/error.h"

namespace onramp {

/// Work is handed out in rounds: every worker runs `job` over its own environments, then waits for the next round.
struct BatchedEnvironment::Impl {
  std::vector<std::unique_ptr<Environment>> environments;
  std::vector<std::exception_ptr> failures;  // by environment
  std::vector<std::thread> workers;

  std::mutex mutex;
  std::condition_variable start, finished;
  std::function<void(int64_t)> job;  // guarded by mutex while a round begins
  uint64_t round = 0;
  int64_t busy = 0;
  bool stop = false;
  std::mutex making;

  int64_t count() const { return static_cast<int64_t>(environments.size()); }

  void work(int64_t worker) {
    at::set_num_threads(1);  // of this thread: environments run side by side, what is in one of them does not
    for (uint64_t seen = 0;;) {
      std::function<void(int64_t)> current;
      {
        std::unique_lock lock(mutex);
        start.wait(lock, [&] { return round != seen; });
        seen = round;
        if (stop) break;
        current = job;
      }
      for (int64_t i = worker; i < count(); i += static_cast<int64_t>(workers.size())) run_one(current, i);
      const std::lock_guard lock(mutex);
      if (--busy == 0) finished.notify_all();
    }
    for (int64_t i = worker; i < count(); i += static_cast<int64_t>(workers.size())) environments[size_t(i)].reset();
  }

  void run_one(const std::function<void(int64_t)>& current, int64_t i) {
    try {
      current(i);
    } catch (const Error& error) {
      failures[size_t(i)] = std::make_exception_ptr(EnvironmentError(concat("environment ", i, ": ", error.what())));
    } catch (...) {  // a thread's entry: carried to the caller
      failures[size_t(i)] = std::current_exception();
    }
  }

  void begin(std::function<void(int64_t)> next, bool last = false) {
    const std::lock_guard lock(mutex);
    job = std::move(next);
    busy = static_cast<int64_t>(workers.size());
    stop = last;
    ++round;
    start.notify_all();
  }

  void run(std::function<void(int64_t)> next) {
    begin(std::move(next));
    std::unique_lock lock(mutex);
    finished.wait(lock, [&] { return busy == 0; });
    for (auto& failure : failures) {
      if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
    }
  }

  void join() {
    begin(nullptr, true);
    for (auto& worker : workers) worker.join();
  }
};

BatchedEnvironment::BatchedEnvironment(EnvironmentFactory make, int64_t count, int64_t threads)
    : impl_(std::make_unique<Impl>()) {
  ONRAMP_CHECK(count >= 1 && threads >= 1, "count ", count, ", threads ", threads);
  impl_->environments.resize(static_cast<size_t>(count));
  impl_->failures.resize(static_cast<size_t>(count));
  impl_->workers.resize(static_cast<size_t>(std::min(threads, count)));
  for (size_t i = 0; i < impl_->workers.size(); ++i) {
    impl_->workers[i] = std::thread([this, i] { impl_->work(static_cast<int64_t>(i)); });
  }
  try {
    impl_->run([&](int64_t i) {
      const std::lock_guard one_at_a_time(impl_->making);
      impl_->environments[size_t(i)] = make();
    });
  } catch (...) {
    impl_->join();
    throw;
  }
}

BatchedEnvironment::~BatchedEnvironment() {
  if (!impl_->workers.empty() && impl_->workers.front().joinable()) impl_->join();
}

int64_t BatchedEnvironment::size() const { return impl_->count(); }

const EnvSpec& BatchedEnvironment::spec() const { return impl_->environments.front()->spec(); }

std::vector<Observation> BatchedEnvironment::reset(const std::vector<uint64_t>& seeds) {
  ONRAMP_CHECK(static_cast<int64_t>(seeds.size()) <= size(), seeds.size(), " seeds for ", size(), " environments");
  std::vector<Observation> observations(seeds.size());
  impl_->run([&](int64_t i) {
    if (size_t(i) < seeds.size()) observations[size_t(i)] = impl_->environments[size_t(i)]->reset(seeds[size_t(i)]);
  });
  return observations;
}

std::vector<std::optional<Step>> BatchedEnvironment::step(const std::vector<at::Tensor>& actions) {
  ONRAMP_CHECK(static_cast<int64_t>(actions.size()) <= size(), actions.size(), " actions for ", size(), " environments");
  std::vector<std::optional<Step>> steps(actions.size());
  impl_->run([&](int64_t i) {
    if (size_t(i) < actions.size() && actions[size_t(i)].defined()) {
      steps[size_t(i)] = impl_->environments[size_t(i)]->step(actions[size_t(i)]);
    }
  });
  return steps;
}

void BatchedEnvironment::with(int64_t index, const std::function<void(Environment&)>& work) {
  impl_->run([&](int64_t i) {
    if (i == index) work(*impl_->environments[size_t(i)]);
  });
}

}  // namespace onramp
