#include "python_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "onramp/base/error.h"
#include "onramp/base/text.h"

extern char** environ;  // POSIX declares it nowhere

namespace onramp::gym {
namespace {

constexpr size_t kWordsKept = 8192;

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// This process's, and what makes an episode the same in every process and leaves the cores to those who learn. What the
/// user has set stays.
std::vector<std::string> python_environment() {
  std::vector<std::string> settings;
  for (char** setting = environ; *setting; ++setting) settings.emplace_back(*setting);
  for (const char* name : {"OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1", "PYTHONHASHSEED=0"}) {
    const std::string setting = name;
    if (!std::getenv(setting.substr(0, setting.find('=')).c_str())) settings.push_back(setting);
  }
  return settings;
}

/// All that the child needs, made before the fork: after it nothing may be allocated.
struct Prepared {
  std::vector<std::string> words, settings;
  std::vector<char*> argv, envp;
  int null, output, socket, memory;
  pid_t parent;
};

/// The copy of a process with many threads: only what is safe in a signal handler may be called.
[[noreturn]] void become_python(const Prepared& with) {
  setpgid(0, 0);  // Ctrl-C is the parent's to handle; and what the environment starts can be ended with it
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != with.parent) _exit(127);  // it died before that took effect
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  // Out of the way first: one of them may be the number that another is to get.
  const std::array<int, 5> wanted = {with.null, with.output, with.output, with.socket, with.memory};
  std::array<int, 5> high{};
  for (size_t i = 0; i < wanted.size(); ++i) high[i] = fcntl(wanted[i], F_DUPFD, 16);
  for (size_t i = 0; i < wanted.size(); ++i) dup2(high[i], static_cast<int>(i));
  syscall(SYS_close_range, wanted.size(), ~0U, 0U);  // files that other code left open to children
  execve(with.argv[0], with.argv.data(), with.envp.data());
  const char* why = strerrordesc_np(errno);
  const std::array<const char*, 3> said = {"cannot be run: ", why ? why : "?", "\n"};
  for (const char* part : said) {
    if (write(STDERR_FILENO, part, std::strlen(part)) < 0) break;
  }
  _exit(127);
}

std::string how_it_ended(int status) {
  if (WIFEXITED(status)) return concat("exit status ", WEXITSTATUS(status));
  return concat("signal ", WTERMSIG(status), " (", strsignal(WTERMSIG(status)), ")");
}

}  // namespace

PythonProcess::PythonProcess(const PythonStart& start) : stop_(eventfd(0, EFD_CLOEXEC)) {
  std::promise<pid_t> started;
  auto pid = started.get_future();
  if (stop_.valid()) keeper_ = std::thread([&] { keep(start, started); });
  pid_ = stop_.valid() ? pid.get() : -errno;
  if (pid_ > 0) return;
  if (keeper_.joinable()) keeper_.join();
  throw EnvironmentError(concat(start.python, ": no process can be started: ", std::strerror(-pid_)));
}

/// The thread that forks, and hears what the child prints.
void PythonProcess::keep(const PythonStart& start, std::promise<pid_t>& started) {
  int ends[2];
  FileDescriptor null(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null.valid() || pipe2(ends, O_CLOEXEC) != 0) return started.set_value(-errno);
  FileDescriptor from_child(ends[0]);
  FileDescriptor to_parent(ends[1]);
  const bool show = start.show_output;  // `start` is gone as soon as the child has started
  Prepared with{.words = {start.python, "-u", "-c", std::string(start.script)},
                .settings = python_environment(),
                .argv = {},
                .envp = {},
                .null = null.get(),
                .output = to_parent.get(),
                .socket = start.socket,
                .memory = start.memory,
                .parent = getpid()};
  with.argv = pointers_to(with.words);
  with.envp = pointers_to(with.settings);
  const pid_t child = fork();
  if (child == 0) become_python(with);
  const int error = errno;
  to_parent.close();
  started.set_value(child > 0 ? child : -error);
  if (child > 0) listen(from_child, show);
}

void PythonProcess::listen(const FileDescriptor& output, bool show) {
  std::array<char, 4096> bytes{};
  int reads_after_stop = 64;
  for (;;) {
    std::array<pollfd, 2> about = {pollfd{output.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
    if (poll(about.data(), about.size(), -1) < 0 && errno != EINTR) break;
    // What the child printed last is read before the end; a process that it left behind may print for ever.
    if (about[1].revents != 0 && (about[0].revents == 0 || reads_after_stop-- == 0)) break;
    if (about[0].revents == 0) continue;
    const ssize_t n = read(output.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    if (show && write(STDERR_FILENO, bytes.data(), static_cast<size_t>(n)) < 0) show = false;
    const std::lock_guard lock(mutex_);
    printed_.append(bytes.data(), static_cast<size_t>(n));
    if (printed_.size() > 2 * kWordsKept) printed_.erase(0, printed_.size() - kWordsKept);
  }
}

bool PythonProcess::has_ended() const {
  // Nobody waits for it until kill(), so that its number, which is its group's too, stays its own.
  siginfo_t about{};
  return waitid(P_PID, static_cast<id_t>(pid_), &about, WEXITED | WNOHANG | WNOWAIT) == 0 && about.si_pid == pid_;
}

bool PythonProcess::wait(double seconds) const {
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!has_ended()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

void PythonProcess::ask_where_it_hangs() const {
  if (keeper_.joinable()) ::kill(pid_, SIGABRT);  // faulthandler writes a line of code for each frame
}

std::string PythonProcess::kill() {
  if (!keeper_.joinable()) return ended_how_;
  const bool by_itself = has_ended();
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);  // before it had a group of its own
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(stop_.get(), &one, sizeof one);
  keeper_.join();
  ended_how_ = by_itself ? how_it_ended(status) : "killed";
  return ended_how_;
}

std::string PythonProcess::last_words() const {
  const std::lock_guard lock(mutex_);
  return printed_;
}

}  // namespace onramp::gym
