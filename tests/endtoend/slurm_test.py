"""Sweeps on a real Slurm cluster of one node, which the test starts and ends."""
import json
import sys
import tempfile
import time
import unittest

import h5py
import harness
import slurm_cluster
from sweep_test import SWEEP, SweepTest

ONE = harness.EXPERIMENT.replace("epochs: 2", "epochs: 30") + "seeds: 1\n"


class Slurm(SweepTest):
    cluster = None

    def environment(self, **more):
        return super().environment(**self.cluster.environment, **more)

    def states(self, job):
        """{task: state}."""
        rows = self.cluster.ask("squeue", "--noheader", "--states=all", "--array", f"--job={job}",
                                "--format=%K %T").splitlines()
        return {int(task): state for task, state in map(str.split, rows) if task.isdigit()}

    def wait_for_state(self, job, state):
        end = time.monotonic() + 100 * harness.PATIENCE
        while set(self.states(job).values()) != {state}:
            self.assertLess(time.monotonic(), end, f"{self.states(job)}\n{self.logs()}")
            time.sleep(0.2)

    def logs(self):
        return "".join(path.read_text(errors="replace")
                       for path in (self.folder / "runs/small/logs").glob("slurm*.log"))

    def submit(self, *words):
        return json.loads(self.run_it("sweep", "small.yaml", "--slurm", "--json", *words).stdout)

    def test_each_point_is_a_task_and_a_second_call_submits_what_is_left(self):
        self.experiment(SWEEP)
        self.sweep("--threads", 1, "--output", "here")
        self.run_it("sweep", "small.yaml", "--quiet", "--threads", 1, "--point",
                    "cell=lstm,hidden=8,seed=1")
        submitted = self.submit("--set", "seeds=1")
        self.assertEqual(submitted["submitted"], 3)
        self.wait_for_state(submitted["jobs"][0], "COMPLETED")
        rest = self.submit()
        self.assertEqual(rest["submitted"], 4)
        self.wait_for_state(rest["jobs"][0], "COMPLETED")
        self.assertEqual(set(self.statuses(self.sweep()).values()), {"completed"})
        for name in self.runs():
            self.same(f"here/{name}.h5", f"runs/small/{name}.h5")
        self.assertEqual(self.submit(), {"experiment": "small", "folder": "runs/small",
                                         "submitted": 0, "jobs": []})

    def test_a_task_whose_time_is_up_saves_and_goes_on_to_the_bit(self):
        self.experiment(ONE)
        job = self.submit()["jobs"][0]
        self.wait_for_step("seed=1", 60)
        self.cluster.ask("scancel", "--batch", "--signal=USR1", f"{job}_0")  # as --signal=B:USR1
        run = self.folder / "runs/small/seed=1.h5"
        end = time.monotonic() + 60 * harness.PATIENCE
        while "requeue" not in self.logs() and self.status(run) != "interrupted":
            self.assertLess(time.monotonic(), end, self.logs())
            time.sleep(0.1)
        self.wait_for_state(job, "COMPLETED")
        self.assertEqual(self.status(run), "completed", self.logs())
        events = [json.loads(line)["event"] for line in
                  (self.folder / "runs/small/sweep.jsonl").read_text().splitlines()]
        self.assertEqual(events, ["started", "interrupted", "started", "completed"])
        self.sweep("--threads", 1, "--output", "undisturbed")
        self.same("undisturbed/seed=1.h5", "runs/small/seed=1.h5")

    def test_a_task_that_is_cancelled_saves_and_stays_so(self):
        self.experiment(ONE)
        job = self.submit()["jobs"][0]
        self.wait_for_step("seed=1", 60)
        self.cluster.ask("scancel", job)
        self.wait_for_state(job, "CANCELLED")
        run = self.folder / "runs/small/seed=1.h5"
        end = time.monotonic() + 60 * harness.PATIENCE
        while self.status(run) != "interrupted":
            self.assertLess(time.monotonic(), end, self.logs())
            time.sleep(0.1)
        self.assertEqual(self.states(job), {0: "CANCELLED"})

    def test_what_sbatch_says_is_passed_on(self):
        self.experiment(SWEEP)
        self.refused(1, "sweep", "small.yaml", "--slurm", "--slurm-option", "partition=nowhere",
                     says=["sbatch refused it", "nowhere"])

    def status(self, run):
        try:
            with h5py.File(run) as file:
                return file.attrs["status"]
        except OSError:  # being replaced
            return None


if __name__ == "__main__":
    reason = slurm_cluster.missing()
    if reason:
        print(f"skipped: {reason}")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        try:
            cluster = slurm_cluster.Cluster(folder)
            cluster.__enter__()
        except RuntimeError as error:
            print(f"skipped: no Slurm cluster can be started here: {error}")
            sys.exit(77)
        try:
            Slurm.cluster = cluster
            suite = unittest.TestLoader().loadTestsFromTestCase(Slurm)
            passed = unittest.TextTestRunner(verbosity=1).run(suite).wasSuccessful()
        finally:
            cluster.stop()
    sys.exit(0 if passed else 1)
