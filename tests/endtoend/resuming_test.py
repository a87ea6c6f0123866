"""Runs that go on: time limits, more epochs, kept checkpoints, forks, proofs and repetitions."""
import json
import os
import shutil
import signal
import subprocess
import unittest

import h5py
import harness

FORGETFUL = harness.BUILD / "tests/plugin/forgetful"
# Evaluations, logs, samples and checkpoints out of step with epochs and with each other.
UNEVEN = ("--set", "training.log_every=7", "--set", "training.evaluate_every=50",
          "--set", "training.checkpoint_every=40", "--set", "generate.length=10")


class Going(harness.EndToEnd):
    def steps_of(self, path):
        with h5py.File(self.folder / path) as run:
            return int(run.attrs["checkpoint_step"])

    def status_of(self, path):
        with h5py.File(self.folder / path) as run:
            return run.attrs["status"]

    def same(self, a, b, *groups):
        for group in groups or ("metrics", "weights", "samples", "vocabulary", "state", "best"):
            done = subprocess.run(["h5diff", "-v2", "--exclude-path", "/timing", a, b,
                                   f"/{group}", f"/{group}"], cwd=self.folder,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class TimeLimit(Going):
    def test_it_saves_and_ends_and_goes_on(self):
        self.experiment()
        long = ("small.yaml", "--quiet", "--threads", "1", "--set", "training.epochs=4000",
                "--set", "training.evaluate_every=100000", "--set", "training.sample_every=100000")
        done = self.run_it(*long, "--max-time", "1.5s", "-o", "cut.h5", code=143)
        self.assertIn("interrupted, saved", done.stdout)
        with h5py.File(self.folder / "cut.h5") as run:
            self.assertEqual(run.attrs["status"], "interrupted")
            self.assertIn("the end of the time it was given", run.attrs["reason"])
        done = self.run_it("resume", "cut.h5", "--json", "--quiet", "--max-time", "0m3s", code=143)
        self.assertIn("the end of the time", json.loads(done.stdout)["reason"])
        step = self.steps_of("cut.h5")
        if step > 0:  # on a busy machine loading may take all of the time
            self.run_it(*long, "-o", "whole.h5", "--stop-at", step, code=143)
            self.same("whole.h5", "cut.h5", "weights", "metrics", "state")

    def test_durations_are_read_as_people_write_them(self):
        self.experiment()
        self.run_it("small.yaml", "--max-time", "1h30m", "--set", "training.max_steps=2")
        self.refused(2, "small.yaml", "--force", "--max-time", "soon",
                     says="'soon' is no duration; write seconds, or 90s, 10m, 2h30m")


class Epochs(Going):
    def test_more_epochs_reach_the_bits_of_a_run_planned_so(self):
        self.experiment()
        self.run_it("small.yaml", "--quiet", *UNEVEN, "--set", "training.epochs=4", "-o", "whole.h5")
        short = ("small.yaml", "--quiet", *UNEVEN, "--set", "training.epochs=2")
        self.run_it(*short, "-o", "completed.h5")
        self.refused(2, "resume", "completed.h5", says=["is complete", "--epochs N"])
        self.run_it(*short, "--stop-at", "60", "-o", "interrupted.h5", code=143)
        self.run_it(*short, "--kill-at", "60", "-o", "killed.h5", code=-signal.SIGKILL)
        for name in ("completed.h5", "interrupted.h5", "killed.h5"):
            with self.subTest(name):
                self.run_it("resume", name, "--epochs", "2", "--quiet")
                self.same("whole.h5", name)
                with h5py.File(self.folder / name) as run:
                    self.assertIn("epochs: 4", run["config/resolved"].asstr()[()])
                    self.assertIn("# resume --epochs 2", run["config/source"].asstr()[()])

    def test_what_cannot_go_on_stays_as_it_is(self):
        self.experiment()
        self.run_it("small.yaml", "--quiet", "--set", "training.epochs=1")
        before = (self.folder / "runs/small.h5").read_bytes()
        (self.folder / "story.txt").write_text(harness.story(900))
        self.refused(4, "resume", "runs/small.h5", "--epochs", "1", says="the data is not what")
        self.refused(2, "resume", "runs/small.h5", "--epochs", "0", says="--epochs")
        self.assertEqual((self.folder / "runs/small.h5").read_bytes(), before)
        self.assertEqual(sorted(p.name for p in (self.folder / "runs").iterdir()), ["small.h5"])

    def test_a_model_that_counts_has_no_epochs(self):
        self.experiment()
        self.run_it("small.yaml", "--set", "model={markov: {order: 3}}", "--quiet")
        self.refused(2, "resume", "runs/small.h5", "--epochs", "1", says="counts in one pass")


class Checkpoints(Going):
    def kept(self, path="runs/small.checkpoints"):
        return sorted(int(p.stem) for p in (self.folder / path).glob("*.h5"))

    def test_the_last_ones_stay_and_are_runs(self):
        self.experiment()
        self.run_it("small.yaml", "--quiet", "--set", "training.keep=2",
                    "--set", "training.checkpoint_every=30")
        last = self.steps_of("runs/small.h5")
        self.assertEqual(self.kept(), [last // 30 * 30 - 30, last // 30 * 30])
        for step in self.kept():
            path = f"runs/small.checkpoints/{step}.h5"
            self.assertEqual(self.steps_of(path), step)
            self.run_it("sample", path, "--sampler", "greedy", "--length", "5")
            self.run_it("evaluate", path)
        self.run_it("small.yaml", "--quiet", "--force", "--set", "training.keep=1",
                    "--set", "training.checkpoint_every=60")
        self.assertEqual(self.kept(), [last // 60 * 60])

    def test_one_of_every_so_many_steps_stays_for_good(self):
        self.experiment()
        self.run_it("small.yaml", "--quiet", "--set", "training.keep=1",
                    "--set", "training.keep_every=50", "--set", "training.checkpoint_every=20",
                    "--set", "training.max_steps=190")
        self.assertEqual(self.kept(), [60, 100, 160, 180])

    def test_a_fork_goes_on_as_its_run_did(self):
        self.experiment()
        self.run_it("small.yaml", "--quiet", *UNEVEN, "--set", "training.keep=3")
        step = self.kept()[0]
        before = (self.folder / "runs/small.h5").read_bytes()
        self.run_it("resume", "runs/small.h5", "--from", step, "--quiet")
        fork = f"runs/small-from-{step}.h5"
        self.same("runs/small.h5", fork)
        self.assertEqual((self.folder / "runs/small.h5").read_bytes(), before)
        with h5py.File(self.folder / fork) as new, h5py.File(self.folder / "runs/small.h5") as old:
            self.assertNotEqual(new.attrs["run_id"], old.attrs["run_id"])
            self.assertEqual(new["environment/forked_from/run_id"].asstr()[()], old.attrs["run_id"])
            self.assertEqual(new["environment/forked_from/step"][()], step)
        self.refused(2, "resume", "runs/small.h5", "--from", step, says=["exists", "--force"])
        self.run_it("resume", "runs/small.h5", "--from", step, "--quiet", "--output", "other.h5",
                    "--set", "training.optimizer.adam.learning_rate=0.001")
        different = subprocess.run(["h5diff", "-q", "other.h5", "runs/small.h5", "/weights"],
                                   cwd=self.folder, capture_output=True)
        self.assertEqual(different.returncode, 1)

    def test_the_last_checkpoint_and_the_beginning_can_be_forked_too(self):
        self.experiment()
        self.run_it("small.yaml", "--quiet", *UNEVEN, "--set", "training.keep=1000")
        self.assertEqual(self.kept()[0], 0)
        last = self.steps_of("runs/small.h5")
        self.run_it("resume", "runs/small.h5", "--from", last, "--epochs", "1", "--quiet")
        self.run_it("resume", "runs/small.h5", "--from", 0, "--quiet")
        self.same("runs/small.h5", "runs/small-from-0.h5")

    def test_unknown_steps_are_refused_with_those_there_are(self):
        self.experiment()
        self.run_it("small.yaml", "--quiet", "--set", "training.keep=2",
                    "--set", "training.checkpoint_every=30")
        says = [f"no checkpoint of step 7; its last is of step {self.steps_of('runs/small.h5')}",
                "kept are " + ", ".join(map(str, self.kept()))]
        self.refused(2, "resume", "runs/small.h5", "--from", "7", says=says)
        self.run_it("small.yaml", "--quiet", "-o", "plain.h5", "--set", "training.epochs=1")
        self.refused(2, "resume", "plain.h5", "--from", "7", says="training.keep keeps more")
        self.refused(2, "resume", "plain.h5", "--output", "x.h5", says="--from")

    def test_checkpoints_of_a_lost_run_are_not_mixed_with_a_new_one(self):
        self.experiment()
        short = ("--quiet", "--set", "training.keep=2", "--set", "training.max_steps=20",
                 "--set", "training.checkpoint_every=5")
        self.run_it("small.yaml", *short)
        (self.folder / "runs/small.h5").unlink()
        self.refused(2, "small.yaml", *short, says=["small.checkpoints", "--force"])
        self.assertEqual(self.kept(), [10, 15])
        self.run_it("small.yaml", *short, "--force", "--set", "training.keep=0")
        self.assertFalse((self.folder / "runs/small.checkpoints").exists())

    def test_a_kill_between_keeping_and_replacing_is_mended(self):
        self.experiment()
        short = ("small.yaml", "--quiet", "--set", "training.keep=9", "--set",
                 "training.max_steps=40", "--set", "training.checkpoint_every=10")
        self.run_it(*short, "-o", "whole.h5")
        self.run_it(*short, "-o", "cut.h5", "--kill-at", "25", code=-signal.SIGKILL)
        kept = self.folder / "cut.checkpoints"
        os.link(self.folder / "cut.h5", kept / f"{self.steps_of('cut.h5')}.h5")
        self.run_it("resume", "cut.h5", "--quiet")
        self.assertEqual(self.kept("cut.checkpoints"), self.kept("whole.checkpoints"))
        for step in self.kept("cut.checkpoints"):
            self.same(f"whole.checkpoints/{step}.h5", f"cut.checkpoints/{step}.h5", "weights",
                      "metrics", "state")


class Proof(Going):
    def forgetful(self, where):
        self.experiment(**{"seed: 1": f"seed: 1\nthreads: 1\nplugins: [{FORGETFUL}]",
                           "optimizer: {adam: {learning_rate: 0.01}}":
                               f"optimizer: {{forgetful: {{in: {where}}}}}"})

    def test_an_experiment_that_resumes(self):
        self.experiment()
        done = self.run_it("verify-resume", "small.yaml", "--set", "model.many_to_many.dropout=0.2",
                           "--set", "training.schedule={plateau: {patience: 1, threshold: 1}}",
                           "--set", "training.early_stopping={patience: 30}")
        self.assertIn("small  resumes to the very bits: 24 steps, interrupted 6 times", done.stdout)
        self.assertIn("killed at step 6: one step after a checkpoint", done.stderr)
        self.assertFalse((self.folder / "runs").exists())

    def test_past_the_end_of_an_epoch_as_json(self):
        self.experiment(**{"batch: 8": "batch: 64"})
        done = self.run_it("verify-resume", "small.yaml", "--json", "--output", "proof")
        found = json.loads(done.stdout)
        self.assertTrue(found["identical"])
        self.assertEqual(found["differences"], [])
        self.assertIn("between two epochs", [one["where"] for one in found["interruptions"]])
        self.assertEqual(self.status_of("proof/interrupted.h5"), "completed")
        self.assertEqual(self.steps_of("proof/undisturbed.h5"), found["steps"])

    def test_plugins_that_forget_are_caught(self):
        for where in ("object", "static"):
            with self.subTest(where):
                self.forgetful(where)
                done = self.run_it("verify-resume", "small.yaml", code=6)
                self.assertIn("does not resume to the same bits", done.stdout)
                # The second update after the first step's interruption is the first to suffer.
                self.assertRegex(done.stdout, r"metrics +train/\w+ at step 3: \S+ and \S+, after it "
                                              r"was stopped at step 1, after the first step")
                self.assertRegex(done.stdout, r"weights +\S+\[\d+(, \d+)*\]: \S+ and \S+ \(\d+ of ")
        self.forgetful("static")
        found = json.loads(self.run_it("verify-resume", "small.yaml", "--json", code=6).stdout)
        self.assertFalse(found["identical"])
        self.assertEqual(found["differences"][0]["step"], 3)

    def test_the_same_plugin_without_a_secret_passes(self):
        self.forgetful("nothing")
        self.assertIn("very bits", self.run_it("verify-resume", "small.yaml").stdout)

    def test_a_resumption_that_fails_is_told(self):
        self.forgetful("refusal")
        done = self.run_it("verify-resume", "small.yaml", code=6)
        self.assertIn("resuming it from step 1 (after the first step, before any evaluation) fails",
                      done.stdout)
        self.assertIn("I cannot remember", done.stdout)

    def test_what_does_not_train_at_all_says_so(self):
        self.experiment()
        self.refused(2, "verify-resume", "small.yaml", "--set", "training.batch=0", says="batch")
        self.refused(5, "verify-resume", "small.yaml", "--set",
                     "training.optimizer={sgd: {learning_rate: 1.0e+38, momentum: 0.9}}",
                     says="the shortened run fails")

    def test_a_model_that_counts(self):
        self.experiment()
        done = self.run_it("verify-resume", "small.yaml", "--set", "model={markov: {order: 3}}")
        self.assertIn("it counts in one pass", done.stdout)


class Repetition(Going):
    def test_the_same_bits_again(self):
        self.experiment()
        self.run_it("small.yaml", "--quiet", "--threads", "1", *UNEVEN)
        os.remove(self.folder / "small.yaml")
        done = self.run_it("rerun", "runs/small.h5", "--quiet")
        self.assertIn("the same bits as runs/small.h5: metrics, samples, weights and state",
                      done.stdout)
        self.assertEqual(done.stderr, "")
        self.same("runs/small.h5", "runs/small-rerun.h5")
        with h5py.File(self.folder / "runs/small-rerun.h5") as new, \
                h5py.File(self.folder / "runs/small.h5") as old:
            self.assertEqual(new["environment/rerun_of/run_id"].asstr()[()], old.attrs["run_id"])
        self.refused(2, "rerun", "runs/small.h5", says=["exists", "--force"])

    def test_a_difference_is_named_and_is_a_gate(self):
        """A plugin that is not what the run was made with, and says nothing of it."""
        shutil.copytree(FORGETFUL, self.folder / "plugins")
        self.experiment(**{"seed: 1": "seed: 1\nthreads: 1\nplugins: [plugins]",
                           "optimizer: {adam: {learning_rate: 0.01}}":
                               "optimizer: {forgetful: {in: static}}"})
        self.run_it("small.yaml", "--quiet", "--stop-at", "20", code=143)
        self.run_it("resume", "runs/small.h5", "--quiet")
        done = self.run_it("rerun", "runs/small.h5", "--quiet", "--json", code=6)
        found = json.loads(done.stdout)
        self.assertFalse(found["identical"])
        self.assertEqual(found["differences"][0]["step"], 30)
        self.assertIn("weights", [one["part"] for one in found["differences"]])

    def test_data_that_changed_is_refused_with_both_sums(self):
        self.experiment()
        self.run_it("small.yaml", "--quiet", "--set", "training.epochs=1")
        with h5py.File(self.folder / "runs/small.h5") as run:
            then = run["environment/data/sha256"].asstr()[0]
        text = self.folder / "story.txt"
        text.write_text(text.read_text().replace("Alice", "Alfie"))
        now = subprocess.run(["sha256sum", text], capture_output=True, text=True).stdout.split()[0]
        self.refused(4, "rerun", "runs/small.h5", says=["story.txt: is not what the run read", then, now])
        self.assertFalse((self.folder / "runs/small-rerun.h5").exists())

    def test_an_unfinished_run_is_compared_as_far_as_it_went(self):
        self.experiment()
        self.run_it("small.yaml", "--quiet", "--threads", "1", *UNEVEN, "--stop-at", "90", code=143)
        done = self.run_it("rerun", "runs/small.h5", "--quiet")
        self.assertIn("in all metrics and samples up to its step 90", done.stdout)
        self.assertEqual(self.status_of("runs/small-rerun.h5"), "completed")

    def test_a_fork_has_its_beginning_elsewhere(self):
        self.experiment()
        self.run_it("small.yaml", "--quiet", *UNEVEN, "--set", "training.keep=1")
        self.run_it("resume", "runs/small.h5", "--from", self.steps_of("runs/small.h5"), "--quiet",
                    "--epochs", "1", "-o", "fork.h5")
        self.refused(2, "rerun", "fork.h5", says=["began at step", "runs/small.h5"])


class OtherSurroundings(Going):
    def test_a_plugin_that_changed_is_named(self):
        shutil.copytree(FORGETFUL, self.folder / "plugins")
        self.experiment(**{"seed: 1": "seed: 1\nthreads: 1\nplugins: [plugins]",
                           "optimizer: {adam: {learning_rate: 0.01}}": "optimizer: forgetful"})
        self.run_it("small.yaml", "--quiet", "--stop-at", "20", code=143)
        done = self.run_it("resume", "runs/small.h5", "--quiet", "--stop-at", "30", code=143)
        self.assertEqual(done.stderr, "", "found where the run found it, and the same")
        library = next((self.folder / "plugins").glob("*.so"))
        with open(library, "ab") as file:
            file.write(b"\0")
        done = self.run_it("resume", "runs/small.h5", "--quiet")
        self.assertIn("the plugin optimizer 'forgetful' has changed", done.stderr)
        self.assertIn(str(library.name), done.stderr)
        with h5py.File(self.folder / "runs/small.h5") as run:
            self.assertEqual(list(run["environment/resumed/step"]), [30])
            self.assertIn("'forgetful' has changed", run["environment/resumed/change"].asstr()[0])

    def test_other_threads_are_named(self):
        self.experiment()
        self.run_it("small.yaml", "--quiet", "--threads", "1", "--stop-at", "20", code=143)
        done = self.run_it("resume", "runs/small.h5", "--quiet", "--set", "threads=2")
        self.assertIn("threads: 1 then, 2 now; its bits may differ", done.stderr)


if __name__ == "__main__":
    unittest.main()
