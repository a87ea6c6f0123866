"""Plugins of earlier releases: built against the headers of their time, which tests/plugin/abi keeps,
they are loaded and do what they did, or, where UNROLL_PLUGIN_ABI has been raised, are refused by name.

What counts as compatible is in docs/plugin-files.md. A failure here says that plugins built against a
release would break without a word. If that release is still to come, run tools/freeze-abi; if it is
out, raise UNROLL_PLUGIN_ABI in framework/plugin/manifest.hpp, and say so in CHANGELOG.md.
"""
import pathlib
import re
import shutil
import subprocess
import unittest

import h5py

import harness

KEPT = harness.ROOT / "tests/plugin/abi"
RELEASES = sorted(path for path in KEPT.iterdir() if path.is_dir())
ADVICE = "see the top of tests/endtoend/abi_test.py"


def cached(name):
    for line in (harness.BUILD / "CMakeCache.txt").read_text().splitlines():
        if line.startswith(name + ":"):
            return line.split("=", 1)[1]
    return ""


def abi_of(header):
    return re.search(r"#define UNROLL_PLUGIN_ABI (\d+)", header.read_text(encoding="utf-8"))[1]


TODAY = abi_of(harness.ROOT / "framework/plugin/manifest.hpp")


class Releases(harness.EndToEnd):
    def compile(self, output, headers, source, *flags):
        """A library of a source against these headers, with the build's own compiler and its cache."""
        sanitize = cached("UNROLL_SANITIZE")
        compiler = [*filter(None, [cached("CCACHE").replace("CCACHE-NOTFOUND", "")]),
                    cached("CMAKE_CXX_COMPILER")]
        common = [*cached("CMAKE_CXX_FLAGS").split(), *([f"-fsanitize={sanitize}"] if sanitize else [])]
        library = next((harness.BUILD / "lib").glob("libunroll.so.*.*"))
        for words in ([*compiler, "-std=c++20", "-O0", "-fPIC", "-fvisibility=hidden", f"-I{headers}",
                       *common, *flags, "-c", source, "-o", f"{output}.o"],
                      [compiler[-1], "-shared", "-Wl,-z,defs", *common, f"{output}.o", "-o", output,
                       library, "-lfmt"]):
            done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, f"{ADVICE}\n{done.stderr}")

    def experiment_with(self, suffix, plugins):
        self.experiment(f"""\
experiment: small
seed: 1
threads: 1
plugins: [{plugins}]
data: {{text{suffix}: {{files: [story.txt]}}}}
tokenizer: char{suffix}
model: {{many_to_many{suffix}: {{cell: mgu{suffix}, hidden: 24}}}}
training: {{epochs: 1, batch: 8, window: 25, log_every: 1, optimizer: {{sgd{suffix}: {{learning_rate: 0.1}}}}}}
generate: {{prompt: "the ", length: 40, samplers: [greedy{suffix}]}}
""")

    def test_plugins_of_a_release_work_or_are_refused_by_name(self):
        self.assertTrue(RELEASES)
        for release in RELEASES:
            with self.subTest(release.name):
                folder = self.folder / release.name
                folder.mkdir()
                for source in sorted(release.glob("*.cpp")):
                    self.compile(folder / f"{source.stem}.so", release, source)
                suffix = "_" + release.name.replace(".", "_")
                self.experiment_with(suffix, folder)
                if abi_of(release / "unroll/plugin.hpp") != TODAY:
                    self.refused(3, "small.yaml", "--quiet", says=["built for plugin ABI", release.name])
                    continue
                self.run_it("small.yaml", "--quiet", "--output", "old.h5")
                self.experiment_with("", "")
                self.run_it("small.yaml", "--quiet", "--output", "new.h5")
                with h5py.File(self.folder / "old.h5") as old, h5py.File(self.folder / "new.h5") as new:
                    a, b = (run["metrics/train/loss"][:] for run in (old, new))
                    self.assertEqual(len(a), len(b))
                    self.assertLess(abs(a - b).max(), 1e-4, "the same figures as the plugins of today")
                    self.assertEqual([text.decode() for text in old["samples/text"][:]],
                                     [text.decode() for text in new["samples/text"][:]])

    @unittest.skipIf(shutil.which("abidiff") is None, "abigail-tools is not installed")
    def test_layouts_are_those_of_the_release(self):
        if cached("CMAKE_CXX_COMPILER_ID") == "Clang" or cached("UNROLL_SANITIZE"):
            self.skipTest("one plain build is enough")
        # Visible, and with all that classes are made of in this one library.
        flags = ["-g", "-fvisibility=default", "-fno-eliminate-unused-debug-types",
                 "-femit-class-debug-always"]
        surface = KEPT / "surface.cpp"
        self.compile(self.folder / "today.so", harness.BUILD / "include", surface, *flags)
        for release in RELEASES:
            if abi_of(release / "unroll/plugin.hpp") != TODAY:
                continue
            with self.subTest(release.name):
                self.compile(self.folder / "then.so", release, surface, *flags)
                done = subprocess.run(["abidiff", "--no-added-syms", "then.so", "today.so"],
                                      cwd=self.folder, capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, f"{ADVICE}\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    unittest.main()
