"""Training in bfloat16: the run file says so, and resuming, sampling and exporting are as ever."""
import json
import signal
import subprocess
import unittest

import h5py
import harness

MIXED = ("--set", "training.precision=bf16", "--quiet")


class MixedPrecision(harness.EndToEnd):
    def text_of(self, path, name):
        with h5py.File(self.folder / path) as run:
            return run[name].asstr()[()]

    def test_the_run_file_says_what_was_multiplied(self):
        self.experiment()
        done = self.run_it("small.yaml", *MIXED, "--json", "-o", "mixed.h5")
        mixed = json.loads(done.stdout)
        single = json.loads(self.run_it("small.yaml", "--quiet", "--json", "-o", "single.h5").stdout)
        self.assertIn("precision: bf16", self.text_of("mixed.h5", "config/resolved"))
        self.assertIn("precision: f32", self.text_of("single.h5", "config/resolved"))
        self.assertIn("bfloat16", self.text_of("mixed.h5", "environment/matrix_products"))
        self.assertEqual(self.text_of("single.h5", "environment/matrix_products"), "float32")
        losses = [run["validation"]["loss"] for run in (single, mixed)]
        self.assertNotEqual(*losses)
        self.assertAlmostEqual(*losses, delta=0.02 * losses[0])
        types = set()
        with h5py.File(self.folder / "mixed.h5") as run:
            run["weights"].visititems(lambda _, item: types.add(item.dtype.str)
                                      if isinstance(item, h5py.Dataset) else None)
        self.assertEqual(types, {"<f4"})

    def test_a_killed_run_resumes_to_the_same_bits(self):
        self.experiment()
        often = (*MIXED, "--set", "training.checkpoint_every=20")
        self.run_it("small.yaml", *often, "-o", "whole.h5")
        self.run_it("small.yaml", *often, "--kill-at", "50", "-o", "cut.h5", code=-signal.SIGKILL)
        self.run_it("resume", "cut.h5", "--quiet")
        for group in ("metrics", "weights", "samples", "state", "best"):
            done = subprocess.run(["h5diff", "-v2", "--exclude-path", "/timing", "whole.h5",
                                   "cut.h5", f"/{group}", f"/{group}"], cwd=self.folder,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.run_it("verify-resume", "small.yaml", "--set", "training.precision=bf16", "--steps", "40")

    def test_what_is_made_of_the_run_is_as_ever(self):
        self.experiment()
        self.run_it("small.yaml", *MIXED)
        self.assertIn("the", self.run_it("sample", "runs/small.h5", "--prompt", "the ").stdout)
        self.run_it("evaluate", "runs/small.h5")
        self.run_it("export", "runs/small.h5", "--to", "npz", "-o", "small.npz")

    def test_another_precision_is_refused(self):
        self.experiment()
        self.refused(2, "small.yaml", "--set", "training.precision=bf61", says=["bf61", "bf16"])


if __name__ == "__main__":
    unittest.main()
