// A Python interpreter as a child process: started, listened to, and never left behind.
#pragma once

#include <sys/types.h>

#include <future>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "onramp/base/file_descriptor.h"

namespace onramp::gym {

/// What the child is given.
struct PythonStart {
  std::string python;        ///< path of the interpreter
  std::string_view script;   ///< its program
  int socket = -1;           ///< becomes its descriptor 3
  int memory = -1;           ///< becomes its descriptor 4
  bool show_output = false;  ///< what it prints goes to this process's stderr as well
};

/// Thread safety: one caller at a time. Invariants: the child dies with this object, and with this process however that
/// ends (PR_SET_PDEATHSIG). The kernel ties that to the thread that forked, so a thread of this object's own does, and
/// lives as long: the environment may be made, stepped and destroyed by threads that come and go.
class PythonProcess {
 public:
  /// @throws EnvironmentError when no process can be started
  explicit PythonProcess(const PythonStart& start);
  ~PythonProcess() { kill(); }
  PythonProcess(const PythonProcess&) = delete;
  PythonProcess& operator=(const PythonProcess&) = delete;

  /// Whether it ended by itself, which may take that long.
  bool wait(double seconds) const;
  /// Asks where it is: it writes the line of code to its stderr, and ends.
  void ask_where_it_hangs() const;
  /// Ends it, with what it has started. @return how it ended: "exit status 3", "signal 11 (Segmentation fault)"
  std::string kill();
  /// The last lines that it printed; whole after kill().
  std::string last_words() const;

 private:
  bool has_ended() const;
  void keep(const PythonStart& start, std::promise<pid_t>& started);
  void listen(const FileDescriptor& output, bool show);

  pid_t pid_ = -1;
  FileDescriptor stop_;  // an event: the keeper is to end though somebody holds the pipe open
  mutable std::mutex mutex_;
  std::string printed_;
  std::string ended_how_;
  std::thread keeper_;
};

}  // namespace onramp::gym
