#!/usr/bin/env python3
"""Compiles every public header alone: each includes what it uses, once, and warns of nothing.

Files named *-inl.hpp are no headers: Highway includes them several times, within others.
"""
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["UNROLL_BUILD"])
SCRATCH = BUILD / "tests" / "structure" / "headers"


def command():
    """How the build compiles a file of the framework, without its input and output."""
    source = ROOT / "framework" / "core" / "text.cpp"
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        if pathlib.Path(entry["directory"], entry["file"]).resolve() == source:
            words = shlex.split(entry["command"])
            del words[words.index("-o"):words.index("-o") + 2]
            return entry["directory"], words[:words.index("-c")] + ["-O0", "-Werror"]
    sys.exit("the build does not compile framework/core/text.cpp")


def compile_alone(header, folder, words):
    name = "unroll/" + header.relative_to(ROOT / "framework").as_posix()
    source = SCRATCH / (name.replace("/", "_") + ".cpp")
    source.write_text(f"#include <{name}>\n#include <{name}>\n")
    # With an object file, so that ccache knows next time.
    done = subprocess.run([*words, "-c", source, "-o", source.with_suffix(".o")], cwd=folder,
                          text=True, capture_output=True, check=False)
    return name, done.returncode, done.stderr


def main():
    folder, words = command()
    SCRATCH.mkdir(parents=True, exist_ok=True)
    headers = sorted(p for p in (ROOT / "framework").rglob("*.hpp")
                     if not p.name.endswith("-inl.hpp"))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, code, errors in pool.map(lambda h: compile_alone(h, folder, words), headers):
            if code:
                failed += 1
                print(f"{name} does not compile alone:\n{errors}")
    print(f"{len(headers)} headers compiled, {failed} failed")
    return 1 if failed or len(headers) < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
