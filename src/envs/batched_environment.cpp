#include "onramp/envs/batched_environment.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <thread>

#include "onramp/base/error.h"

namespace onramp {

/// Worker w owns the environments w, w + W, w + 2W, ... A job is one function over all of them; the caller waits.
class BatchedEnvironment::Pool {
 public:
  using Job = std::function<void(int64_t, Environment&)>;

  Pool(const std::function<std::unique_ptr<Environment>()>& make, int64_t count, int64_t threads)
      : environments_(count) {
    const int64_t workers = std::clamp<int64_t>(threads, 1, count);
    failures_.resize(static_cast<size_t>(count));
    for (int64_t w = 0; w < workers; ++w) {
      workers_.emplace_back([this, w, workers] { work(w, workers); });
    }
    std::mutex one_at_a_time;
    run_each([&](int64_t i) {
      const std::lock_guard lock(one_at_a_time);
      environments_[static_cast<size_t>(i)] = make();
    });
    for (const auto& failure : failures_) {
      if (failure) {
        close();
        std::rethrow_exception(failure);
      }
    }
  }

  ~Pool() { close(); }

  int64_t size() const { return static_cast<int64_t>(environments_.size()); }
  int64_t threads() const { return static_cast<int64_t>(workers_.size()); }
  Environment& at(int64_t i) { return *environments_[static_cast<size_t>(i)]; }

  /// @throws EnvironmentError naming the first environment that failed, when all are through
  void run(const Job& job) {
    run_each([&](int64_t i) { job(i, at(i)); });
    for (int64_t i = 0; i < size(); ++i) {
      if (!failures_[static_cast<size_t>(i)]) continue;
      try {
        std::rethrow_exception(failures_[static_cast<size_t>(i)]);
      } catch (const std::exception& error) {
        throw EnvironmentError(concat("environment ", i, ": ", error.what()));
      }
    }
  }

 private:
  void run_each(const std::function<void(int64_t)>& task) {
    std::unique_lock lock(mutex_);
    std::fill(failures_.begin(), failures_.end(), nullptr);
    task_ = &task;
    left_ = workers_.size();
    ++generation_;
    wake_.notify_all();
    finished_.wait(lock, [this] { return left_ == 0; });
    task_ = nullptr;
  }

  void work(int64_t first, int64_t stride) {
    for (uint64_t seen = 0;;) {
      const std::function<void(int64_t)>* task;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return generation_ != seen; });
        seen = generation_;
        task = task_;
      }
      for (int64_t i = first; i < size(); i += stride) {
        if (!task) {  // closing: what a thread made, it destroys
          environments_[static_cast<size_t>(i)].reset();
          continue;
        }
        try {
          (*task)(i);
        } catch (...) {  // a thread's entry: carried to the caller
          failures_[static_cast<size_t>(i)] = std::current_exception();
        }
      }
      if (!task) return;
      const std::lock_guard lock(mutex_);
      if (--left_ == 0) finished_.notify_one();
    }
  }

  void close() {
    {
      const std::lock_guard lock(mutex_);
      task_ = nullptr;
      ++generation_;
    }
    wake_.notify_all();
    for (auto& worker : workers_) worker.join();
    workers_.clear();
  }

  std::vector<std::unique_ptr<Environment>> environments_;
  std::vector<std::exception_ptr> failures_;
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_, finished_;
  const std::function<void(int64_t)>* task_ = nullptr;
  size_t left_ = 0;
  uint64_t generation_ = 0;
};

BatchedEnvironment::BatchedEnvironment(const std::function<std::unique_ptr<Environment>()>& make, int64_t count,
                                       int64_t threads) {
  if (count < 1) throw ValueError(concat("environments side by side: want >= 1, got ", count));
  pool_ = std::make_unique<Pool>(make, count, threads);
}

BatchedEnvironment::~BatchedEnvironment() = default;

int64_t BatchedEnvironment::size() const { return pool_->size(); }
int64_t BatchedEnvironment::threads() const { return pool_->threads(); }
const EnvSpec& BatchedEnvironment::spec() const { return pool_->at(0).spec(); }

std::vector<Observation> BatchedEnvironment::reset(const std::vector<uint64_t>& seeds) {
  ONRAMP_CHECK(static_cast<int64_t>(seeds.size()) <= size(), seeds.size(), " seeds for ", size(), " environments");
  std::vector<Observation> first(seeds.size());
  pool_->run([&](int64_t i, Environment& environment) {
    if (i < static_cast<int64_t>(seeds.size()))
      first[static_cast<size_t>(i)] = environment.reset(seeds[static_cast<size_t>(i)]);
  });
  return first;
}

std::vector<std::optional<Step>> BatchedEnvironment::step(const std::vector<at::Tensor>& actions) {
  ONRAMP_CHECK(static_cast<int64_t>(actions.size()) <= size(), actions.size(), " actions for ", size(),
               " environments");
  std::vector<std::optional<Step>> steps(actions.size());
  pool_->run([&](int64_t i, Environment& environment) {
    const auto row = static_cast<size_t>(i);
    if (row < actions.size() && actions[row].defined()) steps[row] = environment.step(actions[row]);
  });
  return steps;
}

void BatchedEnvironment::each(const std::function<void(int64_t, Environment&)>& job) { pool_->run(job); }

}  // namespace onramp
