"""runexp new-plugin: what it writes compiles, passes its own tests and trains, for every kind; what
--build compiles is found, and what cannot be used leaves everything as it was."""
import json
import shutil
import subprocess
import unittest

import harness

KINDS = ("cell", "architecture", "tokenizer", "sampler", "encoder", "dataset", "optimizer")
BROKEN = harness.ROOT / "tests/plugin/broken"


class NewPlugin(harness.EndToEnd):
    def test_what_is_written(self):
        done = self.run_it("new-plugin", "cell", "leaky_unit", "--in", "ideas")
        folder = self.folder / "ideas/leaky_unit"
        self.assertEqual(done.stdout.splitlines()[0], "ideas/leaky_unit/leaky_unit.cpp")
        self.assertEqual({path.name for path in folder.iterdir()},
                         {"leaky_unit.cpp", "leaky_unit_test.cpp", "leaky_unit.yaml", "story.txt", "CMakeLists.txt",
                          "README.md"})
        self.assertIn("cd ideas/leaky_unit", done.stderr)
        for path in folder.iterdir():
            text = path.read_text(encoding="utf-8")
            for placeholder in ("plugin_name", "PluginName", "plugin_kind", "plugin_article",
                                "unroll_prefix"):
                self.assertNotIn(placeholder, text, path.name)
        self.assertIn("class LeakyUnitCell final : public Cell", (folder / "leaky_unit.cpp").read_text())
        self.assertEqual([p.name for p in folder.parent.iterdir()], ["leaky_unit"])

    def test_json(self):
        told = json.loads(self.run_it("new-plugin", "sampler", "mine", "--json").stdout)
        self.assertEqual((told["kind"], told["name"]), ("sampler", "mine"))
        for name in told["files"]:
            self.assertTrue((self.folder / name).is_file(), name)

    def test_nothing_is_overwritten(self):
        self.write("mine/notes.txt", "precious")
        self.refused(2, "new-plugin", "cell", "mine", says="./mine: exists already")
        self.write("other", "a file")
        self.refused(2, "new-plugin", "cell", "other", says="exists already")
        (self.folder / "dangling").symlink_to("nowhere")
        self.refused(2, "new-plugin", "cell", "dangling", says="exists already")
        self.assertEqual((self.folder / "mine/notes.txt").read_text(), "precious")
        self.assertEqual(len(list(self.folder.iterdir())), 3)

    def test_a_folder_that_cannot_be_written(self):
        self.write("file", "")
        self.refused(4, "new-plugin", "cell", "mine", "--in", "file", says="cannot be made")

    def test_names(self):
        for name, why in {"": "needs a kind and a name", "Mine": "lower case letter", "2nd": "lower case letter",
                          "a-b": "other characters", "a b": "other characters", "ä": "lower case",
                          "../up": "lower case letter", "a/b": "other characters", "a__b": "underscore",
                          "a_": "underscore", "a" * 41: "longer than 40"}.items():
            self.refused(2, "new-plugin", "cell", name, says=why)
        self.refused(2, "new-plugin", "cell", "fused", says="FusedCell, which the framework has")
        self.refused(2, "new-plugin", "cell", "lstm", says=["cell 'lstm' exists already", "cell_lstm.so"])
        self.refused(2, "new-plugin", "cel", "mine", says="did you mean 'cell'?")
        self.refused(2, "new-plugin", says="needs a kind and a name")
        self.assertEqual(list(self.folder.iterdir()), [])
        self.run_it("new-plugin", "sampler", "lstm")  # of another kind
        self.run_it("new-plugin", "cell", "cell")


class EveryKind(harness.EndToEnd):
    """The folder of each kind, built by CMake as its README says, and its own tests."""

    def kind(self, kind):
        # A folder that stays the same: a compiler cache knows it the next time.
        home = harness.BUILD / "tests/new-plugin"
        shutil.rmtree(home / f"my_{kind}", ignore_errors=True)
        self.run_it("new-plugin", kind, f"my_{kind}", "--in", home)
        # Every test of it runs the program of this build, in an environment like that of the others.
        environment = self.environment()
        if shutil.which("ccache"):
            environment["CMAKE_CXX_COMPILER_LAUNCHER"] = "ccache"

        def quietly(*words):
            done = subprocess.run([str(word) for word in words], cwd=home / f"my_{kind}", text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                                  env=environment)
            self.assertEqual(done.returncode, 0, done.stdout)
            return done.stdout

        sanitize = harness.cached("UNROLL_SANITIZE")
        # Instrumented code has warnings of its own.
        error = "" if sanitize else " -Werror"
        quietly("cmake", "-B", "build", f"-DCMAKE_CXX_COMPILER={harness.cached('CMAKE_CXX_COMPILER')}",
                f"-DCMAKE_CXX_FLAGS={harness.cached('CMAKE_CXX_FLAGS')} -Wall -Wextra -Wconversion "
                f"-Wshadow{error}", f"-DUNROLL_SANITIZE={sanitize}")
        quietly("cmake", "--build", "build", "--parallel", "2")
        told = quietly("ctest", "--test-dir", "build", "--output-on-failure")
        self.assertRegex(told, "100% tests passed")

        library = home / f"my_{kind}/build/plugins/{kind}_my_{kind}.so"
        listed = self.run_it("plugins", f"my_{kind}", "--kind", kind, "--plugins", library).stdout
        self.assertIn(f"{kind} my_{kind} 0.1.0", listed)
        done = subprocess.run([harness.RUNEXP, f"my_{kind}.yaml", "--plugins", library, "--gate", "--quiet",
                               "--threads", "1", "--output", self.folder / "run.h5"], text=True,
                              cwd=home / f"my_{kind}", env=environment, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("expected ", done.stdout)


for each in KINDS:
    setattr(EveryKind, f"test_{each}", lambda self, kind=each: self.kind(kind))


class Build(harness.EndToEnd):
    """runexp new-plugin --build."""

    def plugins(self):
        return sorted(path.name for path in self.folder.glob(".local/share/unroll/plugins/*"))

    def refused_build(self, name, source, code=3, says=()):
        before = self.plugins()
        path = self.write(name, source)
        done = self.run_it("new-plugin", "--build", path, code=code)
        last = done.stderr.splitlines()[-1]
        for part in [says] if isinstance(says, str) else says:
            self.assertIn(part, done.stderr)
        self.assertTrue(last.startswith("runexp: "), done.stderr)
        self.assertNotIn("/tmp/unroll-plugin", last)
        self.assertEqual(self.plugins(), before)
        return done.stderr

    def test_built_found_and_replaced(self):
        self.run_it("new-plugin", "cell", "mine")
        done = self.run_it("new-plugin", "--build", "mine/mine.cpp")
        self.assertRegex(done.stdout, r"^cell mine 0\.1\.0  /.*/unroll/plugins/cell_mine\.so  [\d.]+ s$")
        self.assertEqual(self.plugins(), ["cell_mine.so"])
        self.assertRegex(self.run_it("plugins").stdout, "cell +mine ")
        self.run_it("mine/mine.yaml", "--quiet", "--set", "training.epochs=1", "--set",
                    "data.text.files=[mine/story.txt]")

        source = self.folder / "mine/mine.cpp"
        source.write_text(source.read_text().replace('"0.1.0"', '"0.2.0"'))
        told = json.loads(self.run_it("new-plugin", "--build", source, "--json").stdout)
        self.assertTrue(told["replaced"])
        self.assertIn("mine 0.2.0", self.run_it("plugins", "mine").stdout)
        self.assertEqual(self.plugins(), ["cell_mine.so"])
        self.refused(2, "new-plugin", "cell", "mine", says="exists already")

        # What cannot be built leaves what was there.
        source.write_text(source.read_text().replace("sigmoid(", "sigmod("))
        done = self.run_it("new-plugin", "--build", source, code=3)
        self.assertIn("mine/mine.cpp:", done.stderr)
        self.assertIn("sigmod", done.stderr)
        self.assertIn("does not compile", done.stderr.splitlines()[-1])
        self.assertIn("mine 0.2.0", self.run_it("plugins", "mine").stdout)

    def test_into_another_folder(self):
        self.run_it("new-plugin", "sampler", "mine")
        self.run_it("new-plugin", "--build", "mine/mine.cpp", "--into", "here")
        self.assertEqual([p.name for p in (self.folder / "here").iterdir()], ["sampler_mine.so"])
        self.assertIn("mine", self.run_it("plugins", "--plugins", "here").stdout)

    def test_no_plugin(self):
        self.refused_build("empty.cpp", "", says="empty.cpp: no manifest")
        self.refused_build("nothing.cpp", "int unroll_plugin(", says="nothing.cpp: does not compile")

    def test_a_name_that_is_taken(self):
        text = (harness.ROOT / "tests/plugin/sound.cpp").read_text()
        kind, name = text.split("UNROLL_PLUGIN(")[1].split(",")[:2]
        self.assertEqual(kind, "sampler")
        taken = text.replace(name.strip(), '"greedy"')
        self.refused_build("taken.cpp", taken, says=["sampler 'greedy' is in", "sampler_greedy.so already"])

    def broken(self, name):
        trivial = (harness.ROOT / "tests/plugin/trivial_sampler.hpp").read_text()
        self.write("trivial_sampler.hpp", trivial)
        source = (BROKEN / name).read_text()
        return source.replace("../trivial_sampler.hpp", "trivial_sampler.hpp")

    def test_undefined_symbol(self):
        self.refused_build("undefined.cpp", self.broken("undefined_symbol.cpp"),
                           says=["undefined reference", "does not link"])

    def test_what_goes_wrong_while_it_describes_itself(self):
        source = self.broken("throws_on_describe.cpp")
        self.refused_build("shy.cpp", source, says=["shy.cpp", "no words"])
        ends = source.replace('throw std::logic_error("no words")', "__builtin_trap()")
        self.refused_build("shy.cpp", ends, says="shy.cpp: its process ended while it described itself")

    def test_files_and_folders(self):
        self.refused(4, "new-plugin", "--build", "nowhere.cpp", says="nowhere.cpp")
        self.refused(2, "new-plugin", "cell", "--build", "x.cpp", says="stands alone")
        self.refused(2, "new-plugin", "cell", "mine", "--into", "x", says="--into goes with --build")
        self.run_it("new-plugin", "sampler", "mine")
        self.refused(4, "new-plugin", "--build", "mine/mine.cpp", "--into", "mine/mine.cpp",
                     says="mine/mine.cpp")


if __name__ == "__main__":
    for program in ("cmake", "ctest"):
        if shutil.which(program) is None:
            print(f"skipped: there is no {program}")
            raise SystemExit(77)
    unittest.main()
