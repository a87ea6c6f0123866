#!/usr/bin/env python3
"""Installs the build, moves the installation, and uses it as a stranger would.

A project outside the tree finds the CMake package, builds the tutorial's cell, and a program that
links the framework finds both the installed plugins and the new one.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["UNROLL_BUILD"])

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(stranger LANGUAGES CXX)
find_package(unroll 0.1 REQUIRED)
unroll_add_plugin(cell_mgu mgu.cpp)
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
  std::puts(registry.describe("cell", "mgu").summary.c_str());
  registry.make_sampler({"temperature", {}, {}});
  std::puts(registry.make_tokenizer({"char", {}, {}})->lossless() ? "lossless" : "lossy");
}
"""


def run(*words, **more):
    done = subprocess.run([str(w) for w in words], text=True, capture_output=True, check=False,
                          **more)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def cached(name):
    for line in (BUILD / "CMakeCache.txt").read_text().splitlines():
        if line.startswith(name + ":"):
            return line.split("=", 1)[1]
    return ""


def main():
    with tempfile.TemporaryDirectory(prefix="unroll-install-") as temporary:
        scratch = pathlib.Path(temporary)
        run("cmake", "--install", BUILD, "--prefix", scratch / "first")
        home = scratch / "moved here"
        shutil.move(scratch / "first", home)

        libraries = sorted(p.relative_to(home).as_posix() for p in home.rglob("*.so*"))
        assert any(name.startswith("lib/unroll/plugins/sampler_greedy") for name in libraries), libraries
        for name in libraries:
            dynamic = run("readelf", "-d", home / name)
            paths = [line for line in dynamic.splitlines() if "RPATH" in line or "RUNPATH" in line]
            for line in paths:
                value = line.split("[", 1)[1].rstrip("]")
                assert all(part.startswith("$ORIGIN") for part in value.split(":")), f"{name}: {line}"

        runexp = home / "bin" / "runexp"
        if runexp.exists():
            plugins = run(runexp, "plugins", cwd=scratch)
            assert "temperature" in plugins and "lstm" in plugins, plugins

        project = scratch / "project"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(PROJECT)
        (project / "main.cpp").write_text(PROGRAM)
        shutil.copy(ROOT / "tests" / "plugin" / "tutorial" / "mgu.cpp", project)
        flags = cached("UNROLL_SANITIZE")
        run("cmake", "-S", project, "-B", project / "build", f"-DCMAKE_PREFIX_PATH={home}",
            "-DCMAKE_BUILD_TYPE=Debug", f"-DCMAKE_CXX_COMPILER={cached('CMAKE_CXX_COMPILER')}",
            f"-DCMAKE_CXX_COMPILER_LAUNCHER={cached('CCACHE')}",
            f"-DCMAKE_CXX_FLAGS={'-fsanitize=' + flags if flags else ''}",
            f"-DUNROLL_SANITIZE={flags}")
        run("cmake", "--build", project / "build", "--parallel", "2")
        told = run(project / "build" / "stranger", project / "build" / "plugins", cwd=scratch)
        for line in ("cell mgu ", "sampler greedy ", "tokenizer char ", "lossless",
                     "Minimal gated unit (Zhou et al. 2016)"):
            assert line in told.splitlines(), f"'{line}' not in:\n{told}"
        print(f"{len(libraries)} libraries installed; an outside plugin was built and loaded")
    return 0


if __name__ == "__main__":
    sys.exit(main())
