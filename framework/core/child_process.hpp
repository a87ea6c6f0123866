// Child process: a program that runs beside this one, started without a shell.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace unroll {

/// Not for several threads at once. Destroying it leaves the program running.
class ChildProcess {
 public:
  /// In whose process group: a Ctrl-C on the terminal reaches all of the foreground group.
  enum class Group { same, own };

  /// Runs `words[0]` with the other words as its arguments, an empty standard input, and both
  /// outputs going to the open descriptor `output`, which stays the caller's. It blocks no signals.
  /// Throws Error(run) where it cannot be started.
  ChildProcess(const std::vector<std::string>& words, int output, Group group = Group::same);

  /// Its exit status, or 128 + the signal that ended it; nothing while it runs. Asking again gives
  /// the same.
  std::optional<int> poll();
  /// Waits for the end.
  int wait();
  /// Sends it a signal, if it still runs.
  void send(int signal);
  pid_t id() const noexcept { return id_; }

 private:
  std::optional<int> reap(int options);

  pid_t id_ = -1;
  std::optional<int> status_;
};

}  // namespace unroll
