#include <unroll/core/child_process.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <unroll/core/error.hpp>

namespace unroll {

ChildProcess::ChildProcess(const std::vector<std::string>& words, int output, Group group) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  // What this program blocks, the child must not: it is ended by SIGTERM.
  sigset_t none;
  ::sigemptyset(&none);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes,
                             static_cast<short>(POSIX_SPAWN_SETSIGMASK |
                                                (group == Group::own ? POSIX_SPAWN_SETPGROUP : 0)));
  const int reason =
      ::posix_spawn(&id_, arguments[0], &actions, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (reason != 0) fail(Failure::run, "{}: cannot be started: {}", words[0], std::strerror(reason));
}

std::optional<int> ChildProcess::reap(int options) {
  int status = 0;
  pid_t done = 0;
  while (!status_ && (done = ::waitpid(id_, &status, options)) < 0 && errno == EINTR) {
  }
  if (done < 0) status_ = 1;  // somebody else has waited for it: how it ended is lost
  if (done == id_) status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return status_;
}

std::optional<int> ChildProcess::poll() {
  return reap(WNOHANG);
}

int ChildProcess::wait() {
  return *reap(0);
}

void ChildProcess::send(int signal) {
  if (!poll()) ::kill(id_, signal);
}

}  // namespace unroll
