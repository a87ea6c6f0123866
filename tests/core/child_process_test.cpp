#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include <unroll/core/child_process.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include "results/scratch.hpp"

namespace unroll {
namespace {

ChildProcess shell(const std::string& script, int output = STDERR_FILENO,
                   ChildProcess::Group group = ChildProcess::Group::same) {
  return ChildProcess({"/bin/sh", "-c", script}, output, group);
}

TEST(ChildProcess, SaysHowItEnded) {
  ChildProcess child = shell("exit 7");
  EXPECT_EQ(child.wait(), 7);
  EXPECT_EQ(child.poll(), 7);
  EXPECT_EQ(shell("kill -9 $$").wait(), 128 + SIGKILL);
}

TEST(ChildProcess, RunsBesideThisOneUntilASignal) {
  ChildProcess child = shell("exec sleep 60");
  EXPECT_FALSE(child.poll());
  child.send(SIGTERM);
  EXPECT_EQ(child.wait(), 128 + SIGTERM);
  child.send(SIGTERM);  // to nobody
}

TEST(ChildProcess, WritesBothOutputsToTheDescriptor) {
  const Scratch folder;
  const std::string path = (folder / "out").string();
  std::FILE* file = std::fopen(path.c_str(), "w");
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(shell("echo one; echo two >&2; cat", fileno(file)).wait(), 0);  // stdin is empty
  std::fclose(file);
  EXPECT_EQ(read_file(path), "one\ntwo\n");
}

TEST(ChildProcess, MayHaveAGroupOfItsOwn) {
  ChildProcess apart = shell("exec sleep 60", STDERR_FILENO, ChildProcess::Group::own);
  ChildProcess with_us = shell("exec sleep 60");
  EXPECT_EQ(::getpgid(apart.id()), apart.id());
  EXPECT_EQ(::getpgid(with_us.id()), ::getpgrp());
  apart.send(SIGKILL);
  with_us.send(SIGKILL);
  apart.wait();
  with_us.wait();
}

TEST(ChildProcess, OfAMissingProgramIsAnError) {
  EXPECT_THROW(ChildProcess({"/no/such/program"}, STDERR_FILENO), Error);
}

}  // namespace
}  // namespace unroll
