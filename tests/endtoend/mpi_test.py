#!/usr/bin/env python3
"""Processes that train one model together: the curve of one process, whole checkpoints, one message."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import unittest

import h5py
import numpy as np

from harness import BUILD, PATIENCE, EXPERIMENT, EndToEnd, end

CLASSES = """\
experiment: classes
data: {labelled_text: {files: [rows.tsv], text: 1, label: 2, validation: 0.2}}
tokenizer: char
model: {many_to_one: {cell: gru, hidden: 12, class_weights: balanced}}
training: {epochs: 2, batch: 6, optimizer: {adam: {learning_rate: 0.01}}}
"""


class Mpi(EndToEnd):
    def mpirun(self, ranks, *words, options=()):
        """As many processes as asked for on however many processors there are."""
        return ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", *options,
                "-n", str(ranks), *self.command(*words)]

    def begin(self, *options):
        """A run of two processes without an end, once it has saved something."""
        self.experiment(**{"epochs: 2": "epochs: 5000, checkpoint_every: 5"})
        process = subprocess.Popen(self.mpirun(2, "small.yaml", "-o", "run.h5", options=options),
                                   cwd=self.folder, env=self.environment(), text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(end, process)
        deadline = time.monotonic() + 60 * PATIENCE
        while self.saved_steps("run.h5") < 5:
            self.assertLess(time.monotonic(), deadline, "nothing was saved")
            time.sleep(0.05)
        children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True,
                                  text=True).stdout.split()
        self.assertEqual(len(children), 2)
        return process, children

    def run_together(self, ranks, *words, code=0):
        done = subprocess.run(self.mpirun(ranks, *words), cwd=self.folder, env=self.environment(),
                              capture_output=True, text=True, timeout=120 * PATIENCE)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def curves(self, name):
        with h5py.File(self.folder / name) as run:
            return {split: np.array(run[f"metrics/{split}/loss"]) for split in run["metrics"]
                    if "loss" in run[f"metrics/{split}"]}

    def assert_same_curve(self, together, alone):
        one, other = self.curves(together), self.curves(alone)
        self.assertEqual(one.keys(), other.keys())
        self.assertIn("train", one)
        for split in one:
            np.testing.assert_allclose(one[split], other[split], rtol=2e-4, err_msg=split)

    def test_the_curve_is_that_of_one_process_with_the_batches_of_all(self):
        self.experiment()
        for ranks in 2, 3:
            with self.subTest(ranks=ranks):
                done = self.run_together(ranks, "small.yaml", "-o", f"{ranks}.h5")
                self.assertEqual(done.stdout.count("runexp sample"), 1, "who says how it ended")
                self.run_it("small.yaml", "-o", f"alone{ranks}.h5", "--set",
                            f"training.batch={8 * ranks}")
                self.assert_same_curve(f"{ranks}.h5", f"alone{ranks}.h5")
        with h5py.File(self.folder / "3.h5") as run:
            self.assertEqual(run["environment/processes"][()], 3)

    def test_the_same_processes_give_the_same_bits(self):
        self.experiment()
        for name in "a.h5", "b.h5":
            self.run_together(2, "small.yaml", "-o", name)
        for split, values in self.curves("a.h5").items():
            np.testing.assert_array_equal(values, self.curves("b.h5")[split])

    def test_examples_of_different_lengths_and_weights(self):
        rows = [(word * (1 + i % 5), "ab"[i % 4 == 0]) for i in range(103)
                for word in ["xy" if i % 4 else "yxx"]]
        self.write("rows.tsv", "".join(f"{text}\t{label}\n" for text, label in rows))
        self.write("classes.yaml", CLASSES)
        self.run_together(2, "classes.yaml", "-o", "together.h5")
        self.run_it("classes.yaml", "-o", "alone.h5", "--set", "training.batch=12")
        self.assert_same_curve("together.h5", "alone.h5")

    def test_a_stopped_run_goes_on_to_the_same_bits(self):
        self.experiment()
        self.run_together(2, "small.yaml", "-o", "whole.h5")
        # In the midst of an epoch, where state is carried.
        self.run_together(2, "small.yaml", "-o", "parts.h5", "--set", "training.checkpoint_every=7",
                          "--max-time", "0.2s", code=143)
        self.run_together(2, "resume", "parts.h5")
        with h5py.File(self.folder / "whole.h5") as whole, h5py.File(self.folder / "parts.h5") as parts:
            def compare(name, item):
                if isinstance(item, h5py.Dataset):
                    np.testing.assert_array_equal(item[()], parts["weights"][name][()], err_msg=name)
            whole["weights"].visititems(compare)
        for split, values in self.curves("whole.h5").items():
            np.testing.assert_array_equal(values, self.curves("parts.h5")[split])

    def test_one_process_can_go_on_alone(self):
        self.experiment()
        self.run_together(2, "small.yaml", "-o", "parts.h5", "--max-time", "0.2s", code=143)
        self.run_it("resume", "parts.h5")
        self.run_it("small.yaml", "-o", "alone.h5", "--set", "training.batch=16")
        self.assert_same_curve("parts.h5", "alone.h5")

    def test_a_process_that_dies_ends_all_and_the_checkpoint_is_whole(self):
        process, children = self.begin()
        os.kill(int(children[1]), signal.SIGKILL)
        process.communicate(timeout=60 * PATIENCE)
        self.assertNotEqual(process.returncode, 0)
        deadline = time.monotonic() + 60 * PATIENCE
        while any(pathlib.Path(f"/proc/{child}").exists() for child in children):
            self.assertLess(time.monotonic(), deadline, "a process was left behind")
            time.sleep(0.1)
        self.assertGreaterEqual(self.saved_steps("run.h5"), 5)
        # What is there can be gone on with.
        self.run_together(2, "resume", "run.h5", "--max-time", "0.5s", code=143)

    def test_a_signal_that_mpirun_passes_on_saves_and_ends_all(self):
        process, _ = self.begin()
        before = self.saved_steps("run.h5")
        process.send_signal(signal.SIGUSR1)
        process.communicate(timeout=90 * PATIENCE)
        self.assertEqual(process.returncode, 143)
        with h5py.File(self.folder / "run.h5") as run:
            self.assertEqual(run.attrs["status"], "interrupted")
            self.assertIn("SIGUSR1", run.attrs["reason"])
        self.assertGreaterEqual(self.saved_steps("run.h5"), before)

    def test_sigterm_to_mpirun_leaves_a_whole_checkpoint(self):
        process, _ = self.begin()  # which Open MPI 5 kills without asking
        before = self.saved_steps("run.h5")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=90 * PATIENCE)
        self.assertGreaterEqual(self.saved_steps("run.h5"), before)
        self.run_together(2, "resume", "run.h5", "--max-time", "0.5s", code=143)

    def saved_steps(self, name):
        try:
            with h5py.File(self.folder / name) as run:
                return int(run["state/learner/position/step"][()])
        except (OSError, KeyError):
            return 0

    def test_what_is_wrong_is_said_once(self):
        self.experiment(**{"hidden: 24": "hiden: 24"})
        done = self.run_together(2, "small.yaml", code=2)
        self.assertEqual(done.stderr.count("unknown option 'hiden'"), 1, done.stderr)

    def test_a_run_that_diverges_is_kept_as_such(self):
        self.experiment(**{"learning_rate: 0.01": "learning_rate: 1.0e+38"})
        self.run_together(2, "small.yaml", "-o", "run.h5", code=5)
        with h5py.File(self.folder / "run.h5") as run:
            self.assertEqual(run.attrs["status"], "diverged")

    def test_models_that_count_are_not_shared(self):
        self.experiment(**{"{many_to_many: {cell: lstm, hidden: 24}}": "{markov: {order: 3}}"})
        done = self.run_together(2, "small.yaml", code=2)
        self.assertIn("start one process", done.stderr)


if __name__ == "__main__":
    if not shutil.which("mpirun") or not (BUILD / "lib/libunroll_mpi.so").exists():
        sys.exit(77)
    unittest.main()
