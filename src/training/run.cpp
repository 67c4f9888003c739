#include "onramp/training/run.h"

#include <algorithm>
#include <utility>

#include "onramp/base/atomic_file.h"
#include "onramp/base/csv_sink.h"
#include "onramp/base/event_file_sink.h"
#include "onramp/base/interrupt.h"
#include "onramp/base/log.h"
#include "onramp/base/text.h"
#include "onramp/models/content_hash.h"
#include "onramp/models/image_encoders.h"
#include "onramp/models/normalizer.h"
#include "onramp/training/brought_policies.h"
#include "onramp/training/critic_file.h"
#include "onramp/training/learner_file.h"
#include "onramp/training/phase.h"
#include "onramp/training/policy_file.h"
#include "onramp/training/run_folder.h"

namespace onramp {
namespace {

/// The copy in the run's folder says where it lies, so that this file alone continues the run from anywhere.
RunConfig with_folder(RunConfig config, const std::filesystem::path& folder) {
  config.run.folder = std::filesystem::absolute(folder).lexically_normal();
  return config;
}

}  // namespace

Run::Run(const RunConfig& config, std::filesystem::path folder)
    : config_(with_folder(config, folder)), folder_(std::move(folder)), resolved_(dump_run_config(config_)) {
  identity_ = config_hash(run_identity(resolved_));
  for (const auto& component : config_.phases) phases_.push_back(component.make());
  // What can be refused is refused before anything is on disk.
  const Compute compute = apply_compute(config_.compute);
  device_ = compute.device;
  if (config_.env) environment();
  make_collector();
  Recorded recorded = load_data();
  bring_policies();
  open_folder();
  const auto reduced = reduced_precision(resolved_);
  log_info(compute.summary, reduced.empty() ? "" : "; products as ", join(reduced));
  if (!reduced.empty() && device_.is_cpu() && !has_bf16_products()) {
    log_warning("this processor has no AVX512-BF16, so that bf16 is slower than fp32 here; set precision: fp32");
  }
  for (const auto& warning : compute.warnings) log_warning(warning);
  const int64_t running = compute.threads > 1 ? running_elsewhere() : 0;
  const auto busy = busy_warning(compute.threads, running, available_cores());
  if (!busy.empty()) log_warning(busy);
  for (const auto& [name, learner] : learners_) {
    log_info("'", name, "' is the policy of ", config_.learners.at(name).make()->policy_file(),
             ", of which this run keeps a copy: ", describe_brought(*learner));
  }
  fill_replay(std::move(recorded));
  resume();
  progress_ = std::make_unique<Progress>(clock_);
  last_checkpoint_s_ = phase_started_s_ = clock_.now();
}

Run::~Run() {
  close_environment();
  close_log_files();
}

void Run::open_folder() {
  lock_.emplace(folder_);
  check_same_run(folder_, resolved_);
  check_metrics_are_there(folder_);
  remove_stale_temporaries(folder_);
  for (const char* sub : {"checkpoints", "critics", "policies", "report", "tensorboard"}) create_folders(folder_ / sub);
  // Episodes and films make their folder when the first of them comes.
  for (const char* sub : {"checkpoints", "critics", "episodes", "policies", "report", "tensorboard", "videos"})
    remove_stale_temporaries(folder_ / sub);
  write_file_atomic(folder_ / "config.yaml", to_yaml(resolved_));
  add_log_file(folder_ / "log.txt");
  store_.emplace(folder_ / "episodes");
  sinks_.add("csv", std::make_unique<CsvSink>(folder_ / "metrics.csv"));
  sinks_.add("tensorboard", std::make_unique<EventFileSink>(folder_ / "tensorboard"));
}

Environment& Run::environment() {
  if (!environment_) environment_ = make_environment();
  return *environment_;
}

std::unique_ptr<Environment> Run::make_environment() const {
  if (!config_.env) throw ConfigError("this phase needs an environment: add `env: {type: ...}` to the config");
  return config_.env.make();
}

Replay& Run::replay() {
  ONRAMP_CHECK(replay_, "no replay yet");
  return *replay_;
}

uint64_t Run::seed(const std::string& purpose, int64_t number) const {
  return derive_seed(static_cast<uint64_t>(config_.run.seed), purpose, static_cast<uint64_t>(number));
}

LearnerContext Run::learner_context(const std::string& name) const {
  return {.observation = replay_->dataset().observation_spec(),
          .action = replay_->dataset().action_spec(),
          .seed = derive_seed(static_cast<uint64_t>(config_.run.seed), "learner/" + name, 0),
          .device = device_,
          .given = &given_};
}

void Run::ensure_normalizer(const LearnerFactory& starting) {
  if (given_.contains("normalizer")) return;
  const auto& name = config_.normalizer_source;
  const auto states = replay_->source(name).state_rows().size();
  if (states == 0) {
    const auto needs = starting.needs(replay_->dataset().observation_spec());
    if (std::find(needs.begin(), needs.end(), "normalizer") == needs.end()) return;
    throw ConfigError(concat("normalizer_source: source '", name, "' holds no episode when the first learner starts; ",
                             "collect into it first, give `data`, name another source, or set input.normalize: false"));
  }
  const auto normalizer = fit_normalizer(*replay_, name);
  if (!normalizer.entries().empty()) given_["normalizer"] = save_normalizer(normalizer);
  log_info("normaliser fitted on ", states, " states of source '", name, "'");
}

Learnable& Run::learner(const std::string& name) {
  auto& slot = learners_[name];
  if (!slot) {
    ONRAMP_CHECK(config_.learners.contains(name), "no learner '", name, "'");
    const std::string prefix = "learners/" + name + "/";
    Parts own;
    for (auto it = unread_.lower_bound(prefix); it != unread_.end() && it->first.starts_with(prefix);) {
      own[it->first.substr(prefix.size())] = std::move(it->second);
      it = unread_.erase(it);
    }
    const auto factory = config_.learners.at(name).make();
    // One that goes on finds what was there when it started: there may be more to fit on by now.
    if (own.empty()) ensure_normalizer(*factory);
    slot = factory->make(learner_context(name));
    if (!own.empty()) slot->load(own);
  }
  return *slot;
}

void Run::take_over(const std::string& name, const std::filesystem::path& run) {
  Learnable& taker = learner(name);
  taker.load(read_learner(run, name, resolved_));
  log_info("'", name, "' is taken as it has become in ", run.string());
}

// From the first checkpoint on the run has them, wherever their files are by then.
void Run::bring_policies() {
  if (!list_checkpoints(folder_ / "checkpoints").empty()) return;
  learners_ = onramp::bring_policies(config_, [this](const std::string& name) { return learner_context(name); });
}

Agent& Run::agent(const std::string& name) {
  auto* agent = dynamic_cast<Agent*>(&learner(name));
  if (!agent) throw ConfigError(concat("learner '", name, "' has no policy; a phase that acts needs an agent"));
  return *agent;
}

const Agent* Run::acting_agent() const {
  for (int64_t i = std::min<int64_t>(state_.phase, static_cast<int64_t>(phases_.size()) - 1); i >= 0; --i) {
    for (const auto& name : phases_[static_cast<size_t>(i)]->needs().learners) {
      const auto found = learners_.find(name);
      if (found == learners_.end() || !found->second) continue;
      if (const auto* agent = dynamic_cast<const Agent*>(found->second.get())) return agent;
    }
  }
  return nullptr;
}

void Run::prepare(const std::vector<BatchRequest>& plan) {
  check_plan(plan, *replay_);
  const bool wants_features =
      std::any_of(plan.begin(), plan.end(), [](const auto& r) { return r.images == ImageForm::kFrameIds; });
  if (!wants_features) return;
  if (!features_) {
    const PartState& part = require_part(given_, "encoder");
    const auto encoder = load_encoder(part);
    encoder->to(device_);
    std::vector<std::string> names;
    for (const auto& entry : encoder->observation().entries) names.push_back(entry.name);
    features_.emplace(
        [encoder](const std::string& entry, const at::Tensor& frames) {
          const at::NoGradGuard no_grad;
          return encoder->encode(entry, frames);
        },
        std::move(names), content_hash(part), device_);
  }
  features_->extend(replay_->dataset());
}

Batches Run::sample(const std::string& learner, const std::vector<BatchRequest>& plan) {
  auto it = samplers_.find(learner);
  if (it == samplers_.end()) it = samplers_.emplace(learner, Sampler(seed("sampler/" + learner, 0))).first;
  Batches batches = it->second.sample(plan, *replay_);
  for (auto& [name, batch] : batches) {
    if (features_) features_->resolve(batch);
    if (device_.is_cuda()) batch = batch.to(device_);
  }
  return batches;
}

std::unique_ptr<Policy> Run::policy(const std::string& name) {
  if (config_.policies.contains(name)) {
    return config_.policies.at(name).make(PolicyContext{environment().spec().observation, environment().spec().action});
  }
  return read_policy_file(folder_ / "policies" / name, device_).policy;
}

void Run::keep_agent(const std::string& name, const std::string& learner_name) {
  nlohmann::json about{{"phase", phases_[static_cast<size_t>(state_.phase)]->name()},
                       {"phase_index", state_.phase},
                       {"step", state_.step},
                       {"episodes", state_.episodes}};
  if (config_.env) about["env"] = to_yaml(config_.env.dump());
  const Agent& kept = agent(learner_name);
  write_policy_file(folder_ / "policies" / name, *kept.policy(), identity_, about);
  if (dynamic_cast<const CriticView*>(&kept) == nullptr) return;
  about["learner"] = to_yaml(config_.learners.at(learner_name).dump());
  write_critic_file(folder_ / "critics" / name, kept, learner_context(learner_name), identity_, about);
}

void Run::hand_over(const std::string& name) {
  const auto provides = config_.learners.at(name).make()->provides();
  if (provides.empty()) return;
  Parts saved;
  learner(name).save(saved);
  for (const auto& part : provides) given_[part] = require_part(saved, part);
}

void Run::log(int64_t step, const std::vector<std::pair<std::string, double>>& values) {
  const auto& phase = phases_[static_cast<size_t>(state_.phase)]->name();
  sinks_.write({phase, step, values});
  watch_.check(phase, step, values);
}

void Run::log(int64_t step, const Metrics& metrics) {
  std::vector<std::pair<std::string, double>> values;
  for (const auto& [name, value] : metrics) values.emplace_back(name, value.item<double>());
  log(step, values);
  progress_->set_values(values);
}

void Run::show(int64_t step, const std::vector<std::pair<std::string, double>>& values) {
  if (!values.empty()) progress_->set_values(values);
  progress_->update(step);
}

void Run::begin_progress(int64_t total, std::optional<int64_t> at) {
  const auto& phase = phases_[static_cast<size_t>(state_.phase)]->name();
  const auto earlier = state_.phase_seconds.find(phase);
  progress_->begin(phase, total, at.value_or(state_.step),
                   earlier == state_.phase_seconds.end() ? 0.0 : earlier->second);
}

void Run::execute() {
  const auto count = static_cast<int64_t>(phases_.size());
  try {
    while (state_.phase < count) {
      Phase& phase = *phases_[static_cast<size_t>(state_.phase)];
      phase_started_s_ = clock_.now();
      log_to_files(LogLevel::kInfo, concat("phase '", phase.name(), "' ", state_.step == 0 ? "begins" : "goes on",
                                           " at step ", state_.step, ": ", phase.needs().plan));
      phase.run(*this);
      log_to_files(LogLevel::kInfo, concat("phase '", phase.name(), "' ends: ", progress_->finish()));
      account_time();
      ++state_.phase;
      state_.step = 0;
      state_.notes = nullptr;
      checkpoint();
    }
  } catch (const DivergenceError& error) {
    const auto last = last_checkpoint_.empty() ? "none" : last_checkpoint_;
    const auto message = concat(error.what(), "; the last good checkpoint is ", last);
    log_to_files(LogLevel::kError, message);
    throw DivergenceError(message);
  } catch (const InterruptedError& error) {
    log_to_files(LogLevel::kInfo, error.what());
    throw;
  } catch (const std::exception& error) {
    log_to_files(LogLevel::kError, error.what());
    throw;
  }
}

void Run::account_time() {
  const double now = clock_.now();
  state_.phase_seconds[phases_[static_cast<size_t>(state_.phase)]->name()] += now - phase_started_s_;
  phase_started_s_ = now;
}

void Run::tick() {
  if (interrupt_requested()) {
    account_time();
    checkpoint();
    throw InterruptedError(concat("interrupted in phase '", phases_[static_cast<size_t>(state_.phase)]->name(),
                                  "' and saved; the same command continues it"));
  }
  if (clock_.now() - last_checkpoint_s_ >= config_.run.checkpoint_every_s) {
    account_time();
    checkpoint();
  }
}

}  // namespace onramp
