#include <gmock/gmock.h>

#include <unroll/core/command.hpp>
#include <unroll/core/error.hpp>

namespace unroll {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Told {
  int status = 0;
  std::vector<std::string> lines;
};

Told run(const std::vector<std::string>& words) {
  Told told;
  told.status = run_command(words, [&](const std::string& line) { told.lines.push_back(line); });
  return told;
}

TEST(Command, TellsBothOutputsByLine) {
  const Told told = run({"/bin/sh", "-c", "echo one; echo; echo two >&2; printf three"});
  EXPECT_EQ(told.status, 0);
  EXPECT_THAT(told.lines, ElementsAre("one", "", "two", "three"));
}

TEST(Command, PassesArgumentsAsTheyAre) {
  EXPECT_THAT(run({"/usr/bin/printf", "%s\n", "$(id); `id` * '\"", ""}).lines,
              ElementsAre("$(id); `id` * '\"", ""));
}

TEST(Command, HasNothingToRead) {
  EXPECT_THAT(run({"/bin/sh", "-c", "cat; echo end"}).lines, ElementsAre("end"));
}

TEST(Command, TellsHowItEnded) {
  EXPECT_EQ(run({"/bin/sh", "-c", "exit 7"}).status, 7);
  EXPECT_EQ(run({"/bin/sh", "-c", "kill -9 $$"}).status, 137);
}

TEST(Command, SaysWhyItCannotStart) {
  try {
    run({"/nowhere/program"});
    FAIL() << "started";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Failure::run);
    EXPECT_THAT(error.what(), HasSubstr("/nowhere/program: cannot be started: No such file"));
  }
}

}  // namespace
}  // namespace unroll
