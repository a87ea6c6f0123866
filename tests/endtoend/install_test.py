"""An installation works on its own: the build is installed, moved, and used as a stranger would.

The program trains from its new place; a project outside the tree finds the CMake package and builds
the tutorial's cell, which the program trains, and a program of its own that links the framework.
"""
import shutil
import subprocess
import unittest

import harness

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(stranger LANGUAGES CXX)
find_package(unroll 0.1 REQUIRED)
unroll_add_plugin(cell_ugrnn ugrnn.cpp)
add_executable(stranger main.cpp)
target_link_libraries(stranger PRIVATE unroll::unroll)
file(WRITE ${CMAKE_BINARY_DIR}/plugin_dir ${UNROLL_PLUGIN_DIR})
"""

PROGRAM = """
#include <unroll/plugin/registry.hpp>
#include <cstdio>
int main(int, char** arguments) {
  unroll::Registry registry;
  registry.add(arguments[1]);
  for (const auto& plugin : registry.list())
    std::printf("%s %s %s\\n", plugin.kind.c_str(), plugin.name.c_str(), plugin.refused.c_str());
  std::puts(registry.describe("cell", "ugrnn").summary.c_str());
  registry.make_sampler({"temperature", {}, {}});
  std::puts(registry.make_tokenizer({"char", {}, {}})->lossless() ? "lossless" : "lossy");
}
"""


class Installation(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.quietly("cmake", "--install", harness.BUILD, "--prefix", self.folder / "first")
        self.home = self.folder / "moved here"
        shutil.move(self.folder / "first", self.home)

    def command(self, *words):
        return [str(self.home / "bin/runexp"), *map(str, words)]

    def quietly(self, *words):
        done = subprocess.run([str(word) for word in words], cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def test_nothing_installed_holds_an_absolute_path(self):
        libraries = {path.relative_to(self.home).as_posix(): path
                     for path in self.home.rglob("*.so*")}
        self.assertIn("lib/unroll/plugins/sampler_greedy.so", libraries)
        for name, path in {**libraries, "bin/runexp": self.home / "bin/runexp"}.items():
            for line in self.quietly("readelf", "-d", path).splitlines():
                if "RPATH" in line or "RUNPATH" in line:
                    for part in line.split("[", 1)[1].rstrip("]").split(":"):
                        self.assertTrue(part.startswith("$ORIGIN"), f"{name}: {line}")

    def test_a_stranger_builds_against_it_and_trains(self):
        project, build = self.folder / "project", self.folder / "project/build"
        self.write("project/CMakeLists.txt", PROJECT)
        self.write("project/main.cpp", PROGRAM)
        shutil.copy(harness.ROOT / "tests/plugin/tutorial/ugrnn.cpp", project)
        # The build's own compiler and sanitizers: a plugin must fit its framework.
        sanitize = harness.cached("UNROLL_SANITIZE")
        self.quietly("cmake", "-S", project, "-B", build, f"-DCMAKE_PREFIX_PATH={self.home}",
                     "-DCMAKE_BUILD_TYPE=Debug",
                     f"-DCMAKE_CXX_COMPILER={harness.cached('CMAKE_CXX_COMPILER')}",
                     f"-DCMAKE_CXX_COMPILER_LAUNCHER={harness.cached('CCACHE')}",
                     f"-DCMAKE_CXX_FLAGS={harness.cached('CMAKE_CXX_FLAGS')}"
                     f"{f' -fsanitize={sanitize}' if sanitize else ''}",
                     f"-DUNROLL_SANITIZE={sanitize}")
        self.assertEqual((build / "plugin_dir").read_text(), f"{self.home}/lib/unroll/plugins")
        self.quietly("cmake", "--build", build, "--parallel", "2")

        told = self.quietly(build / "stranger", build / "plugins").splitlines()
        for line in ("cell ugrnn ", "sampler greedy ", "tokenizer char ", "lossless",
                     "Update gate network (Collins et al. 2017)"):
            self.assertIn(line, told)

        self.assertIn(str(self.home), self.run_it("plugins", "lstm").stdout)
        self.experiment(**{"cell: lstm": "cell: ugrnn", "epochs: 2": "epochs: 1"})
        library = build / "plugins/cell_ugrnn.so"
        self.run_it("small.yaml", "--quiet", "--plugins", library)
        self.run_it("sample", "runs/small.h5", "--plugins", library, "--sampler", "greedy")
        self.run_it("report", "runs/small.h5")
        self.assertIn("d3js.org", (self.folder / "runs/small.html").read_text(encoding="utf-8"))

    def test_a_plugin_is_begun_and_built_against_it(self):
        self.run_it("new-plugin", "cell", "mine")
        self.run_it("new-plugin", "--build", "mine/mine.cpp", "--into", "by hand")
        listed = self.run_it("plugins", "mine", "--plugins", "by hand").stdout
        self.assertIn("cell mine 0.1.0", listed)
        # CMake finds this Unroll by itself.
        self.quietly("cmake", "-S", "mine", "-B", "build",
                     f"-DCMAKE_CXX_COMPILER={harness.cached('CMAKE_CXX_COMPILER')}",
                     f"-DCMAKE_CXX_COMPILER_LAUNCHER={harness.cached('CCACHE')}",
                     f"-DUNROLL_SANITIZE={harness.cached('UNROLL_SANITIZE')}")
        self.assertIn(f"unroll_DIR:PATH={self.home}/lib", (self.folder / "build/CMakeCache.txt").read_text())
        self.quietly("cmake", "--build", "build", "--target", "cell_mine")
        self.run_it("plugins", "mine", "--plugins", "build/plugins/cell_mine.so")


if __name__ == "__main__":
    for program in ("cmake", "readelf"):
        if shutil.which(program) is None:
            print(f"skipped: there is no {program}")
            raise SystemExit(77)
    unittest.main()
