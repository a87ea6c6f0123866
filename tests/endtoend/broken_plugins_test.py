"""Plugins that are broken on purpose, through the real program: each gives a message of its own, none
takes the program down without words, and none harms a run file.

What is out of reach: a plugin is code in this process. One that calls _exit(), kills the process or
overwrites memory that is not its own ends or spoils the run; its file is then what a power cut leaves,
which opens and resumes.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import unittest

import h5py

import harness

FOLDER = harness.BUILD / "tests/plugin"
SANITIZED = any(line.startswith("UNROLL_SANITIZE:") and not line.endswith("=")
                for line in (harness.BUILD / "CMakeCache.txt").read_text().splitlines())

# Refused when an experiment names them as a sampler: file, name, what is said.
REFUSED = {
    "no_manifest": ("silent", "no manifest: a library, but not a plugin of Unroll"),
    "damaged_manifest": ("tenor", "its manifest is damaged: unknown kind 'saxophone'"),
    "empty_name": ("empty_name", "its manifest is damaged: '' is no name"),
    "other_abi": ("future", "built for plugin ABI 999 (Unroll 99.0.0)"),
    "other_framework": ("tomorrow", "built for Unroll 0.99.0, newer than this Unroll"),
    "other_compiler": ("foreign", "built with compiler cfront 3"),
    "debug_containers": ("fat", "built with _GLIBCXX_DEBUG yes"),
    "entry_abi": ("mixed", "its entry has ABI 7, its manifest says"),
    "null_entry": ("nowhere", "its entry has ABI 0, its manifest says"),
    "no_symbol": ("hollow", "has a manifest but no symbol 'unroll_plugin'"),
    "other_name": ("jekyll", "its manifest says sampler 'jekyll', its code sampler 'hyde'"),
    "other_kind": ("wolf", "'wolf' is a tokenizer, not a sampler"),
    "undefined_symbol": ("needy", "undefined symbol"),
    "current_folder": ("wanderer", "has the empty entry '', for which the current folder would be"),
    "throws_on_load": ("explosive", "threw while being loaded: the table of frequencies is missing"),
    "aborts_on_load": ("fatal", "was killed by signal 6 (Aborted) while being loaded"),
    "exits_on_load": ("quitter", "ended the program with status 3 while being loaded"),
    "throws_on_entry": ("rude", "'unroll_plugin' threw: an exception of type int"),
    "throws_on_describe": ("shy", "threw while reading its options: no words"),
    "same_option_twice": ("stutterer", "two options are named 'number'"),
}

# Accepted, and then break their contracts: kind, exit code, what is said.
MISBEHAVING = {
    "throws_in_step": ("cell", 3, "threw in Cell::step, projected [8, 24], h [8, 24]: no step today"),
    "wrong_shape": ("cell", 3, "broke its contract in Cell::step, projected [8, 24], h [8, 24]: of what "
                               "it gave, state part 'h' is [8, 48], expected [8, 24]"),
    "wrong_type": ("cell", 3, "state part 'h' is float64, expected float32"),
    "nothing": ("cell", 3, "of what it gave, state part 'h' is undefined"),
    "infinity_forward": ("cell", 5, "the loss is "),
    "infinity_backward": ("cell", 5, "the gradient's norm is"),
    "throws_in_constructor": ("sampler", 3, "threw while being made: the table of frequencies is missing"),
    "no_such_token": ("sampler", 3, "broke its contract in Sampler::choose"),
    "no_rate": ("optimizer", 3, "broke its contract in Optimizer::learning_rate: its learning rate is nan"),
    "spoils_weights": ("optimizer", 5, "the loss is "),
    "no_such_id": ("tokenizer", 3, "broke its contract in Tokenizer::encode"),
    "wrong_features": ("data", 3, "broke its contract in Dataset::load: example 0 of train has 2 features, "
                                  "expected 3"),
    "no_loss": ("model", 3, "broke its contract in Architecture::run"),
}

# End the program, and have to say who did: exit code, what is said.
DEADLY = {
    "exits": (3, "called exit()"),
    "thread_throws": (3, "ended a thread with what nobody caught: nobody hears me"),
    "aborts": (-signal.SIGABRT, "crashed: Aborted"),
    "crashes": (-signal.SIGSEGV, "crashed: Segmentation fault"),
    "recurses": (-signal.SIGSEGV, "crashed: Segmentation fault"),
}

PLACES = {
    "cell": ("cell: lstm", "cell: {}"),
    "sampler": ("samplers: [greedy, {temperature: {temperature: 0.8}}]", "samplers: [{}]"),
    "optimizer": ("optimizer: {adam: {learning_rate: 0.01}}", "optimizer: {}"),
    "tokenizer": ("tokenizer: char", "tokenizer: {}"),
    "data": ("data: {text: {files: [story.txt]}}", "data: {}"),
    "model": ("model: {many_to_many: {cell: lstm, hidden: 24}}", "model: {}"),
}


def library(folder, name):
    found = list((FOLDER / folder / name).glob("*.so"))
    assert len(found) == 1, f"build test_plugin first: {FOLDER / folder / name}"
    return found[0]


class Broken(harness.EndToEnd):
    def using(self, file, kind, name):
        old, new = PLACES[kind]
        return self.experiment(**{old: new.replace("{}", name),
                                  "epochs: 2": "epochs: 2, log_every: 1",
                                  "seed: 1": f"seed: 1\nthreads: 1\nplugins: [{file}]"})

    def kept(self, name, status):
        """The run file opens, says how the run ended, and has the figures of its first steps."""
        listed = json.loads(self.run_it("list", "runs", "--json").stdout)
        self.assertEqual([(run["experiment"], run["status"]) for run in listed], [("small", status)], name)
        with h5py.File(self.folder / "runs/small.h5") as run:
            self.assertEqual(run.attrs["format"], "unroll-run")
            return {split: len(run[f"metrics/{split}/loss"]) for split in run["metrics"]
                    if f"metrics/{split}/loss" in run}

    def test_refused(self):
        for file, (name, says) in REFUSED.items():
            with self.subTest(file):
                path = library("broken", file)
                self.using(path, "sampler", name)
                self.refused(3, "small.yaml", "--quiet", says=[says, path.name])
                self.assertFalse((self.folder / "runs").exists(), "nothing has begun")

    def test_what_is_no_library(self):
        sound = (FOLDER / "sound/sound.so").read_bytes()
        foreign = bytearray(sound)
        foreign[18:20] = (0x28).to_bytes(2, "little")  # ARM
        at = sound.index(b'{"summary": "always the same token"')
        other = sound[:at] + sound[at:].replace(b"always the same token", b"always some new token", 1)
        for name, content, says in (
                ("poem", b"this is a poem, not a library\n", "not an ELF library"),
                ("empty", b"", "not an ELF library (the file is empty)"),
                ("half", sound[:len(sound) // 2], "truncated or damaged library"),
                ("foreign", bytes(foreign), "a library for another processor (ELF machine 40"),
                ("other", other, "its description in the file is not that of its code: the summary: the "
                                 "file says 'always some new token', its code 'always the same token'")):
            with self.subTest(name):
                path = self.write(f"{name}.so", content)
                self.using(path, "sampler", "sound")
                self.refused(3, "small.yaml", "--quiet", says=[says, path.name])
                self.assertFalse((self.folder / "runs").exists(), "nothing has begun")

    def test_one_name_in_two_libraries(self):
        twins = f"{FOLDER / 'sound'}, {FOLDER / 'twin'}"
        self.using(twins, "sampler", "sound")
        self.refused(3, "small.yaml", "--quiet", says=["sampler 'sound' is in two libraries, ", "sound.so",
                                                        "sound_twin.so", "remove one of them"])

    def test_misbehaving(self):
        for name, (kind, code, says) in MISBEHAVING.items():
            with self.subTest(name):
                shutil.rmtree(self.folder / "runs", ignore_errors=True)
                path = library("misbehaving", name)
                self.using(path, kind, name)
                named = [f"'{name}'", str(path)] if code == 3 else []
                self.refused(code, "small.yaml", "--quiet", says=[says, *named])
                if kind == "cell":
                    kept = self.kept(name, "diverged" if code == 5 else "failed")
                    self.assertGreater(kept["train"], 0, "the figures before it failed")
                    with h5py.File(self.folder / "runs/small.h5") as run:
                        self.assertIn(says, run.attrs["reason"])

    @unittest.skipIf(SANITIZED, "a sanitizer ends such programs in its own way")
    def test_deadly(self):
        for name, (code, says) in DEADLY.items():
            with self.subTest(name):
                shutil.rmtree(self.folder / "runs", ignore_errors=True)
                path = library("misbehaving", name)
                self.using(path, "cell", name)
                done = subprocess.run(self.command("small.yaml", "--quiet"), cwd=self.folder, text=True,
                                      capture_output=True, timeout=120 * harness.PATIENCE, check=False,
                                      env=self.environment())
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(f"the plugin {path} {says}", done.stderr)
                self.assertIn("runexp resume goes on", done.stderr)
                listed = json.loads(self.run_it("list", "runs", "--json").stdout)
                self.assertEqual([run["experiment"] for run in listed], ["small"])
                # With a sound plugin in its place of the same form it would go on; here it begins again.
                self.experiment(**{"seed: 1": "seed: 1\nthreads: 1", "epochs: 2": "epochs: 1"})
                self.run_it("small.yaml", "--quiet", "--force")

    def test_anomalies_are_named(self):
        for name, kind, says in (
                ("infinity_forward", "cell", ["runexp: step ", ": forward: exp of [8, 24] gave inf at [0, 0] of [8, 24] "
                                              "(192 of 192 are not finite), called by ",
                                              "misbehaving_infinity_forward.so in Cell::step"]),
                ("infinity_backward", "cell", ["runexp: step ", ": backward: of an operation of ", "infinity_backward.so of "
                                          "[8, 24], the gradient of [8, 24] is inf at [0, 0]"]),
                ("spoils_weights", "optimizer", ["step 7: after the optimizer, '", "is NaN at [0, 0]"])):
            with self.subTest(name):
                shutil.rmtree(self.folder / "runs", ignore_errors=True)
                self.using(library("misbehaving", name), kind, name)
                self.refused(5, "small.yaml", "--quiet", "--detect-anomalies", says=says)
                self.kept(name, "diverged")

    def test_looking_for_anomalies_changes_no_bit(self):
        self.experiment(**{"epochs: 2": "epochs: 1"})
        self.run_it("small.yaml", "--quiet")
        self.run_it("small.yaml", "--quiet", "--detect-anomalies", "--output", "runs/watched.h5")
        with h5py.File(self.folder / "runs/small.h5") as a, h5py.File(self.folder / "runs/watched.h5") as b:
            self.assertEqual(a["metrics/train/loss"][:].tobytes(), b["metrics/train/loss"][:].tobytes())


class Trust(harness.EndToEnd):
    """Whose files are loaded."""

    def setUp(self):
        super().setUp()
        self.file = self.folder / "safe/sound.so"
        self.file.parent.mkdir()
        shutil.copy(FOLDER / "sound/sound.so", self.file)
        self.file.chmod(0o644)

    def why(self):
        done = self.run_it("plugins", "--json", environment={"UNROLL_PLUGIN_PATH": str(self.file)})
        found = [p for p in json.loads(done.stdout) if p["file"] == str(self.file)]
        return found[0].get("refused", "")

    def test_files_that_others_may_write(self):
        self.assertEqual(self.why(), "")
        self.file.chmod(0o646)
        self.assertIn(f"{self.file}: everybody may write it (mode 0646): chmod go-w {self.file}", self.why())
        self.refused(3, "plugins", "sound", "--plugins", self.file, says="or say --trust-plugins")
        self.run_it("plugins", "sound", "--plugins", self.file, "--trust-plugins")
        self.run_it("--trust-plugins", "plugins", "sound", "--plugins", self.file)
        self.file.chmod(0o644)
        self.file.parent.chmod(0o777)
        self.assertIn(f"everybody may write its folder {self.file.parent} (mode 0777)", self.why())
        self.file.parent.chmod(0o1777)
        self.assertEqual(self.why(), "", "they may not remove it")
        if os.geteuid() == 0:
            os.chown(self.file, 65534, 65534)
            self.assertIn(f"everybody may put files into {self.file.parent}, and {self.file} belongs to "
                          "user 65534", self.why())

    def test_a_link_out_of_a_safe_folder(self):
        target = self.folder / "open/sound.so"
        target.parent.mkdir()
        target.parent.chmod(0o777)
        self.file.rename(target)
        self.file.symlink_to(target)
        self.assertIn(f"everybody may write its folder {target.parent}", self.why())

    def test_the_path_begins_at_the_root(self):
        self.run_it("plugins", environment={"UNROLL_PLUGIN_PATH": f":{self.file}::"})
        self.refused(3, "plugins", environment={"UNROLL_PLUGIN_PATH": f"{self.file}:safe"},
                     says=["$UNROLL_PLUGIN_PATH: 'safe' is a relative path", str(self.file.parent)])

    def test_resuming_with_another_file_of_the_same_name_says_so(self):
        cell = self.folder / "cell.so"
        shutil.copy(harness.BUILD / "tests/plugin/tutorial/cell_ugrnn.so", cell)
        self.experiment(**{"cell: lstm": "cell: ugrnn", "seed: 1": "seed: 1\nplugins: [cell.so]"})
        self.run_it("small.yaml", "--quiet", "--stop-at", "20", code=143)
        with open(cell, "ab") as more:
            more.write(b"\0")
        done = self.run_it("resume", "runs/small.h5")
        self.assertIn("cell 'ugrnn'", done.stderr + done.stdout)


if __name__ == "__main__":
    unittest.main()
