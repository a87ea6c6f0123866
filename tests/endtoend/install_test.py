"""An installation works on its own: the program, its plugins, and plugins built against it."""
import pathlib
import shutil
import subprocess
import unittest

import harness

PLUGIN = """
#include <unroll/plugin.hpp>

namespace {

class Last final : public unroll::Sampler {
 public:
  struct Options {};
  static void describe(unroll::Schema<Options>& schema) { schema.summary("the last possible"); }
  explicit Last(const Options&) {}
  unroll::TokenId choose(std::span<const float> logits, unroll::RandomStream&) override {
    auto id = static_cast<unroll::TokenId>(logits.size()) - 1;
    while (logits[static_cast<std::size_t>(id)] < -1e30F) --id;
    return id;
  }
};

}  // namespace

UNROLL_PLUGIN(sampler, "last", "1.0.0", Last)
"""

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(outside LANGUAGES CXX)
find_package(unroll REQUIRED)
unroll_add_plugin(sampler_last last.cpp)
"""


class Installation(harness.EndToEnd):
    def quietly(self, *words):
        done = subprocess.run([str(word) for word in words], cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_works_from_its_prefix(self):
        prefix = self.folder / "prefix"
        self.quietly("cmake", "--install", harness.BUILD, "--prefix", prefix)
        self.program = prefix / "bin/runexp"
        self.experiment()
        self.run_it("small.yaml", "--quiet", "--set", "training.epochs=1")
        found = self.run_it("plugins", "lstm").stdout
        self.assertIn(str(prefix), found)

        self.write("outside/last.cpp", PLUGIN)
        self.write("outside/CMakeLists.txt", PROJECT)
        self.quietly("cmake", "-S", "outside", "-B", "outside/build",
                     f"-DCMAKE_PREFIX_PATH={prefix}", *self.toolchain())
        self.quietly("cmake", "--build", "outside/build")
        library = next(pathlib.Path(self.folder, "outside/build").rglob("sampler_last.so"))
        self.run_it("sample", "runs/small.h5", "--plugins", library, "--sampler", "last")

    def toolchain(self):
        """The build's own compiler and flags: a plugin must fit its framework."""
        kept = ("CMAKE_CXX_COMPILER:", "CMAKE_CXX_FLAGS:", "CMAKE_BUILD_TYPE:")
        cache = (harness.BUILD / "CMakeCache.txt").read_text()
        flags = [f"-D{line}" for line in cache.splitlines() if line.startswith(kept)]
        sanitize = [line.partition("=")[2] for line in cache.splitlines()
                    if line.startswith("UNROLL_SANITIZE:") and not line.endswith("=")]
        if sanitize:
            flags.append(f"-DCMAKE_CXX_FLAGS=-fsanitize={sanitize[0]}")
        return flags

    def command(self, *words):
        return [str(getattr(self, "program", harness.RUNEXP)), *map(str, words)]


if __name__ == "__main__":
    if shutil.which("cmake") is None:
        print("skipped: there is no cmake")
        raise SystemExit(77)
    unittest.main()
