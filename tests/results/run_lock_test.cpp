// Who may write a run file, and who is told about it.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>

#include <unroll/core/error.hpp>
#include <unroll/results/run_lock.hpp>

#include "results/scratch.hpp"

namespace unroll {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::string name_of(pid_t process) {
  std::array<char, 128> host{};
  ::gethostname(host.data(), host.size() - 1);
  return fmt::format("process {} on {}", process, host.data());
}

/// Kills and reaps, however the test ends.
struct Ended {
  pid_t child;
  ~Ended() {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
};

TEST(RunLock, NamesItsHolderAndLeavesNothing) {
  const Scratch scratch;
  const auto run = scratch / "run.h5";
  {
    const RunLock lock(run);
    EXPECT_EQ(run_writer(run), name_of(::getpid()));
    EXPECT_THAT([&] { RunLock second(run); },
                ThrowsMessage<Error>(HasSubstr("run.h5: is being written by " +
                                               name_of(::getpid()) + "; wait for it")));
  }
  EXPECT_FALSE(run_writer(run));
  EXPECT_FALSE(std::filesystem::exists(scratch / "run.h5.lock"));
}

TEST(RunLock, OfAKilledHolderHoldsNobodyUp) {
  const Scratch scratch;
  const auto run = scratch / "run.h5";
  const pid_t child = ::fork();
  if (child == 0) {
    const RunLock lock(run);
    ::raise(SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  ASSERT_TRUE(std::filesystem::exists(scratch / "run.h5.lock"));
  EXPECT_FALSE(run_writer(run));
  const RunLock lock(run);
  EXPECT_EQ(run_writer(run), name_of(::getpid()));
}

// Asking took a shared lock for a moment, and a run that began in this moment was refused as being
// written by the one before it.
TEST(RunLock, ReadersWhoAskKeepNoWriterOut) {
  const Scratch scratch;
  const auto run = scratch / "run.h5";
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    while (!stop) run_writer(run);
  });
  int refused = 0;
  for (int i = 0; i < 500; ++i) {
    std::ofstream(scratch / "run.h5.lock") << "process 999999999 on elsewhere\n";
    try {
      const RunLock lock(run);
    } catch (const Error&) {
      ++refused;
    }
  }
  stop = true;
  reader.join();
  EXPECT_EQ(refused, 0);
}

TEST(RunLock, IsNotFreedByAForkedChildThatEnds) {
  const Scratch scratch;
  const auto run = scratch / "run.h5";
  auto lock = std::make_unique<RunLock>(run);
  const pid_t child = ::fork();
  if (child == 0) {
    lock.reset();
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(run_writer(run), name_of(::getpid()));
  EXPECT_THROW(RunLock{run}, Error);
}

TEST(RunLock, IsHeldByWhatAKilledHolderLeftRunning) {
  const Scratch scratch;
  const auto run = scratch / "run.h5";
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t holder = ::fork();
  if (holder == 0) {
    const RunLock lock(run);
    const pid_t left = ::fork();
    if (left == 0)
      for (;;) ::pause();
    static_cast<void>(::write(pipe[1], &left, sizeof left) < 0);
    ::raise(SIGKILL);
  }
  pid_t left = 0;
  ASSERT_EQ(::read(pipe[0], &left, sizeof left), ssize_t{sizeof left});
  ::waitpid(holder, nullptr, 0);
  EXPECT_THAT([&] { RunLock lock(run); },
              ThrowsMessage<Error>(HasSubstr("is being written by what " + name_of(holder) +
                                             " has left running; ")));
  ::kill(left, SIGKILL);
  while (run_writer(run)) ::usleep(1000);
  const RunLock lock(run);
  EXPECT_EQ(run_writer(run), name_of(::getpid()));
}

// Of many that begin at once one wins, and the others name it, though it has only just begun.
TEST(RunLock, OfManyAtOnceOneWins) {
  const Scratch scratch;
  const auto run = scratch / "run.h5";
  for (int round = 0; round < 20; ++round) {
    std::ofstream(scratch / "run.h5.lock") << name_of(999'999'999) << "\n";
    int go[2], won[2];
    ASSERT_EQ(::pipe(go), 0);
    ASSERT_EQ(::pipe(won), 0);
    std::vector<pid_t> children;
    for (int i = 0; i < 6; ++i) {
      children.push_back(::fork());
      if (children.back() != 0) continue;
      ::close(go[1]);
      char none;
      static_cast<void>(::read(go[0], &none, 1) < 0);  // all are let go by closing the other end
      std::array<char, 256> said{};
      try {
        const RunLock lock(run);
        static_cast<void>(::write(won[1], said.data(), said.size()) < 0);
        ::close(go[0]);
        ::pause();
      } catch (const Error& error) {
        std::string(error.what()).copy(said.data(), said.size() - 1);
        static_cast<void>(::write(won[1], said.data(), said.size()) < 0);
      }
      ::_exit(0);
    }
    ::close(go[0]);
    ::close(go[1]);
    int winners = 0;
    std::vector<std::string> refusals;
    for (std::size_t i = 0; i < children.size(); ++i) {
      std::array<char, 256> said{};
      ASSERT_EQ(::read(won[0], said.data(), said.size()), ssize_t{said.size()});
      if (said[0] == '\0')
        ++winners;
      else
        refusals.emplace_back(said.data());
    }
    EXPECT_EQ(winners, 1);
    const std::optional<std::string> winner = run_writer(run);
    ASSERT_TRUE(winner);
    for (const std::string& refusal : refusals) EXPECT_THAT(refusal, HasSubstr(*winner));
    for (const pid_t child : children) {
      const Ended ended{child};
    }
    ::close(won[0]);
    ::close(won[1]);
  }
}

}  // namespace
}  // namespace unroll
