"""Training with the real program: what it prints, what it writes, and how it ends."""
import json
import pathlib
import re
import signal
import subprocess
import time
import unittest

import h5py
import harness


class RunTest(harness.EndToEnd):
    def same(self, a, b):
        """All but times and paths is the same in both files."""
        for group in ("metrics", "weights", "samples", "vocabulary", "state"):
            done = subprocess.run(["h5diff", "-v2", "--exclude-path", "/timing", a, b,
                                   f"/{group}", f"/{group}"], cwd=self.folder,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Training(RunTest):
    def test_trains_and_writes_everything(self):
        self.experiment()
        done = self.run_it("small.yaml")
        self.assertRegex(done.stdout, r"small  completed: \d+ steps")
        self.assertRegex(done.stdout, r"validation +\d\.\d+ nats/token, \d\.\d+ bits/char")
        self.assertIn("contiguous 90/10/0", done.stdout)
        self.assertIn("sample runs/small.h5 --prompt 'the '", done.stdout)
        self.assertIn("--- greedy", done.stderr)
        self.assertIn("--- temperature 0.8", done.stderr)
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        with h5py.File(self.folder / "runs/small.h5") as run:
            self.assertEqual(run.attrs["status"], "completed")
            losses = run["metrics/validation/loss"][:]
            self.assertEqual(len(losses), 2)
            self.assertLess(losses[-1], losses[0])
            self.assertLess(losses[-1], 1.5)
            self.assertIn("many_to_many", run["config/resolved"][()].decode())
            self.assertGreaterEqual(run["environment/threads"][()], 1)
            self.assertTrue(run["environment/data/sha256"][0])
            self.assertIn(b"lstm", list(run["environment/plugins/name"][:]))

    def test_run_may_be_spelt_out_and_prints_json(self):
        self.experiment()
        done = self.run_it("run", "small.yaml", "--json", "--quiet", "--output", "here/small.h5")
        result = json.loads(done.stdout)
        self.assertEqual(done.stderr, "")
        self.assertEqual(result["status"], "completed")
        self.assertEqual(result["run_file"], "here/small.h5")
        self.assertLess(result["validation"]["loss"], 1.5)
        self.assertTrue((self.folder / "here/small.h5").exists())

    def test_settings_change_on_the_command_line(self):
        self.experiment()
        done = self.run_it("small.yaml", "--dry-run", "--seed", "9", "--threads", "2",
                           "--set", "model.many_to_many.cell=gru",
                           "--set", "model.many_to_many.hidden=7")
        self.assertRegex(done.stdout, r"seed: 9\b")
        self.assertRegex(done.stdout, r"threads: 2\b")
        self.assertRegex(done.stdout, r"hidden: 7\b")
        self.assertIn("gru:", done.stdout)
        self.assertFalse((self.folder / "runs").exists())

    def test_dry_run_prints_an_experiment_that_means_the_same(self):
        self.experiment()
        first = self.run_it("small.yaml", "--dry-run").stdout
        self.assertRegex(first, r"# parameters: +\d+")
        self.assertRegex(first, r"# memory: +about ")
        self.assertRegex(first, r"# time: +about ")
        self.write("again.yaml", first)
        second = self.run_it("again.yaml", "--dry-run").stdout
        self.assertEqual(first.split("\n# ")[0], second.split("\n# ")[0])

    def test_dry_run_as_json(self):
        self.experiment()
        found = json.loads(self.run_it("small.yaml", "--dry-run", "--json").stdout)
        self.assertGreater(found["parameters"], 1000)
        self.assertGreater(found["memory_bytes"], 1_000_000)
        self.assertGreater(found["seconds"], 0)

    def test_nothing_is_overwritten_unasked(self):
        self.experiment()
        self.run_it("small.yaml", "--set", "training.epochs=1")
        before = (self.folder / "runs/small.h5").read_bytes()
        self.refused(2, "small.yaml", says=["runs/small.h5", "exists", "--force"])
        self.assertEqual((self.folder / "runs/small.h5").read_bytes(), before)
        self.run_it("small.yaml", "--force", "--set", "training.epochs=1", "--seed", "2")
        self.assertNotEqual((self.folder / "runs/small.h5").read_bytes(), before)

    def test_force_overwrites_no_foreign_file(self):
        self.experiment()
        self.write("notes.h5", "my notes")
        self.refused(2, "small.yaml", "--force", "-o", "notes.h5", says="is not a run file")
        self.assertEqual((self.folder / "notes.h5").read_text(), "my notes")

    def test_same_seed_same_file(self):
        self.experiment()
        for name in ("a.h5", "b.h5"):
            self.run_it("small.yaml", "--quiet", "--output", name, "--threads", "2")
        self.same("a.h5", "b.h5")
        self.run_it("small.yaml", "--quiet", "--output", "c.h5", "--seed", "5")
        other = subprocess.run(["h5diff", "-q", "a.h5", "c.h5", "/weights", "/weights"],
                               cwd=self.folder, capture_output=True)
        self.assertEqual(other.returncode, 1)

    def test_markov_reference_is_a_run_like_any_other(self):
        self.experiment()
        self.run_it("small.yaml", "--set", "model={markov: {order: 3}}", "--quiet")
        with h5py.File(self.folder / "runs/small.h5") as run:
            self.assertLess(run["metrics/validation/loss"][0], 0.6)
        text = self.run_it("sample", "runs/small.h5", "--sampler", "greedy").stdout
        self.assertIn("the ", text)

    def test_a_gate_fails_a_run_that_misses_what_is_expected(self):
        path = self.experiment()
        expect = "expect=[validation/loss < 9, train/accuracy > 0.999]"
        done = self.run_it(path, "--set", expect)
        self.assertIn("validation/loss < 9: reached", done.stdout)
        self.assertIn("train/accuracy > 0.999: missed, reached", done.stdout)
        self.run_it(path, "--force", "--set", "expect=[validation/loss < 9]", "--gate")
        self.run_it(path, "--force", "--set", expect, "--gate", code=6)
        self.refused(2, path, "--set", "expect=[validation/los < 9]", says="did you mean 'loss'?")
        self.refused(2, path, "--set", "expect=[validatio/loss < 9]",
                     says="did you mean 'validation'?")

    def test_a_diverging_run_says_so(self):
        self.experiment()
        done = self.refused(5, "small.yaml", "--set",
                            "training.optimizer={sgd: {learning_rate: 1.0e+38, momentum: 0.9}}",
                            says="step")
        self.assertRegex(done.stderr, "not finite|infinite|NaN|nan|inf")
        with h5py.File(self.folder / "runs/small.h5") as run:
            self.assertIn(run.attrs["status"], ("failed", "diverged"))

    def test_a_run_compares_its_samplers(self):
        self.experiment(**{"temperature: 0.8": "temperature: 2", "length: 40": "length: 400"})
        shown = self.run_it("small.yaml", "--quiet").stdout
        table = shown[shown.index("  sampler "):].splitlines()
        self.assertEqual(table[0].split("  ")[-1], "cycling")
        self.assertRegex(table[1], r"^  greedy +\d\.\d{3} +\d\.\d{3} +\d\.\d{3} +\d\.\d{3} +1/1$")
        self.assertRegex(table[2], r"^  temperature 2 .* 0/1$")
        done = self.run_it("small.yaml", "--quiet", "--json", "--force").stdout
        greedy, hot = json.loads(done)["samplers"]
        self.assertEqual(greedy["sampler"], "greedy")
        self.assertLess(greedy["distinct_2"], hot["distinct_2"])
        self.assertGreater(greedy["repetition"], hot["repetition"])
        self.assertGreater(greedy["known_words"], hot["known_words"])
        self.assertLess(greedy["loss"], hot["loss"])
        with h5py.File(self.folder / "runs/small.h5") as run:
            self.assertEqual(run["samples/known_words"][-1], hot["known_words"])
            self.assertEqual(run["samples/loss"].attrs["unit"], "nats/token")


class Interruption(RunTest):
    LONG = ("--set", "training.epochs=400", "--set", "training.evaluate_every=20",
            "--set", "generate.length=10")

    def start(self, *words):
        return subprocess.Popen(self.command(*words), cwd=self.folder, env=self.environment(),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")

    def wait_for_steps(self, process):
        """Returns once the run has evaluated, so that it is in the middle of its steps."""
        for line in process.stderr:
            if re.search(r"validation \d", line):
                return
        self.fail("the run ended before it could be interrupted")

    def stop(self, process, number):
        process.send_signal(number)
        return process.communicate(timeout=60 * harness.PATIENCE)

    def test_an_interrupted_run_resumes_to_the_same_bits(self):
        self.experiment()
        short = ("--set", "training.epochs=12", "--set", "training.evaluate_every=20",
                 "--set", "generate.length=10", "--threads", "1")
        self.run_it("small.yaml", "--quiet", *short, "-o", "whole.h5")
        process = self.start("small.yaml", *short, "-o", "parts.h5")
        self.wait_for_steps(process)
        out, _ = self.stop(process, signal.SIGINT)
        self.assertEqual(process.returncode, 130)
        self.assertIn("interrupted, saved", out)
        self.assertRegex(out, r"runexp resume parts\.h5")
        with h5py.File(self.folder / "parts.h5") as run:
            self.assertEqual(run.attrs["status"], "interrupted")
        self.run_it("sample", "parts.h5", "--sampler", "greedy", "--length", "5")
        self.run_it("resume", "parts.h5", "--quiet")
        self.same("whole.h5", "parts.h5")

    def test_termination_is_143(self):
        self.experiment()
        for number in signal.SIGTERM, signal.SIGUSR1:
            with self.subTest(number=number):
                process = self.start("small.yaml", *self.LONG, "-o", "run.h5", "--force")
                self.wait_for_steps(process)
                self.stop(process, number)
                self.assertEqual(process.returncode, 143)
                with h5py.File(self.folder / "run.h5") as run:
                    self.assertEqual(run.attrs["status"], "interrupted")
                    self.assertIn(f"stopped by {number.name}", run.attrs["reason"])

    def test_a_batch_queue_sends_termination_more_than_once(self):
        self.experiment()
        process = self.start("small.yaml", *self.LONG, "-o", "run.h5")
        self.wait_for_steps(process)
        for _ in range(20):
            process.send_signal(signal.SIGTERM)
            time.sleep(0.001)
        self.stop(process, signal.SIGTERM)
        self.assertEqual(process.returncode, 143)
        with h5py.File(self.folder / "run.h5") as run:
            self.assertEqual(run.attrs["status"], "interrupted")

    def test_a_second_signal_ends_at_once(self):
        self.experiment()
        process = self.start("small.yaml", "--set", "training.epochs=400", "--set",
                             "training.evaluate_every=20", "--set", "generate.length=3000000",
                             "--set", "training.sample_every=1000000")
        self.wait_for_steps(process)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60 * harness.PATIENCE)
        self.assertIn(process.returncode, (130, 143, -signal.SIGINT, -signal.SIGTERM), said[1])

    def test_no_computing_thread_is_interrupted(self):
        """Handlers on the stack of a thread amid dnnl_sgemm of oneDNN 2.6 corrupted the heap."""
        self.experiment()
        process = self.start("small.yaml", *self.LONG, "--threads", "2")
        self.wait_for_steps(process)
        asked = sum(1 << (number - 1) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1))
        blocked = [int(re.search(r"^SigBlk:\s*(\w+)", status.read_text(), re.M)[1], 16)
                   for status in pathlib.Path(f"/proc/{process.pid}/task").glob("*/status")]
        self.assertGreater(len(blocked), 2, "two that compute and one that waits")
        self.assertEqual(sum(mask & asked != asked for mask in blocked), 1, "the one that waits")
        self.stop(process, signal.SIGINT)
        self.assertEqual(process.returncode, 130)

    def test_a_killed_run_opens_and_resumes(self):
        self.experiment()
        process = self.start("small.yaml", *self.LONG)
        self.wait_for_steps(process)
        self.stop(process, signal.SIGKILL)
        self.assertEqual(process.returncode, -signal.SIGKILL)
        with h5py.File(self.folder / "runs/small.h5") as run:
            self.assertEqual(run.attrs["status"], "running")
        subprocess.run(["h5dump", "-H", "runs/small.h5"], cwd=self.folder, check=True,
                       capture_output=True)
        listed = self.run_it("list").stdout
        self.assertIn("killed", listed)
        self.run_it("resume", "runs/small.h5", "--quiet", "--set", "training.epochs=2")
        self.assertIn("completed", self.run_it("list").stdout)

    def test_a_complete_run_trains_longer(self):
        self.experiment()
        self.run_it("small.yaml", "--quiet")
        self.refused(2, "resume", "runs/small.h5", says=["is complete", "--epochs N"])
        self.run_it("resume", "runs/small.h5", "--set", "training.epochs=3", "--quiet")
        with h5py.File(self.folder / "runs/small.h5") as run:
            self.assertEqual(len(run["metrics/validation/loss"]), 3)

    def test_one_writer_at_a_time(self):
        self.experiment()
        process = self.start("small.yaml", *self.LONG)
        self.wait_for_steps(process)
        self.refused(4, "small.yaml", "--force", says="is being written by process")
        self.stop(process, signal.SIGINT)


if __name__ == "__main__":
    unittest.main()
