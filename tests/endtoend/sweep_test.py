"""Sweeps with the real program: their points, what stops and goes on, what fails and stays."""
import json
import os
import signal
import subprocess
import time
import unittest

import h5py
import harness

SWEEP = harness.EXPERIMENT.replace("epochs: 2", "epochs: 1") + """\
seeds: 2
sweep:
  grid:
    model.many_to_many.cell: [lstm, gru]
    model.many_to_many.hidden: [8, 12]
"""
NAMES = [f"cell={cell},hidden={hidden},seed={seed}"
         for seed in (1, 2) for cell in ("lstm", "gru") for hidden in (8, 12)]


class SweepTest(harness.EndToEnd):
    def sweep(self, *words, code=0, file="small.yaml", **options):
        return json.loads(self.run_it("sweep", file, "--json", "--quiet", *words, code=code,
                                      **options).stdout)

    def statuses(self, result):
        return {point["name"]: point["status"] for point in result["points"]}

    def runs(self, folder="runs/small"):
        return sorted(path.stem for path in (self.folder / folder).glob("*.h5"))

    def resolved(self, name, folder="runs/small"):
        with h5py.File(self.folder / folder / f"{name}.h5") as run:
            return run["config/resolved"].asstr()[()]

    def same(self, a, b):
        for group in ("metrics", "weights", "samples", "vocabulary", "state"):
            done = subprocess.run(["h5diff", "-v2", "--exclude-path", "/timing", a, b,
                                   f"/{group}", f"/{group}"], cwd=self.folder,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def begin(self, *words):
        """A sweep in the background, in a session of its own as under a shell."""
        sweep = subprocess.Popen(self.command("sweep", "small.yaml", *words), cwd=self.folder,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                                 env=self.environment(), start_new_session=True)
        self.addCleanup(sweep.communicate)
        self.addCleanup(sweep.kill)
        return sweep

    def wait_for_step(self, name, step, folder="runs/small"):
        """Until the run's journal or file has a row of training at or behind this step."""
        journal = self.folder / folder / f"{name}.h5.journal"
        for _ in range(int(600 * harness.PATIENCE)):
            try:
                lines = journal.read_text().split("\n")[1:-1]  # the last may be half written
            except FileNotFoundError:  # not begun yet, or just folded into the file
                lines = []
            rows = [line.split("\t") for line in lines]
            if any(row[1:2] == ["train"] and int(row[2]) >= step for row in rows if len(row) > 2):
                return
            time.sleep(0.1)
        self.fail(f"{name} does not get to step {step}")


class Points(SweepTest):
    def test_every_point_is_a_run_of_its_own(self):
        self.experiment(SWEEP)
        done = self.run_it("sweep", "small.yaml", "--jobs", 2)
        self.assertRegex(done.stdout, r"small  8 points: 8 completed in ")
        self.assertRegex(done.stdout, r"best +validation \d\.\d{4}  cell=")
        self.assertEqual(self.runs(), sorted(NAMES))
        self.assertIn("8/8", done.stderr)
        with h5py.File(self.folder / "runs/small/cell=gru,hidden=12,seed=2.h5") as run:
            self.assertEqual(run.attrs["status"], "completed")
            self.assertEqual(run.attrs["experiment"], "small")
            source = run["config/source"].asstr()[()]
        self.assertIn("# --set model.many_to_many.cell=gru\n", source)
        text = self.resolved("cell=gru,hidden=12,seed=2")
        self.assertIn("seed: 2\n", text)
        self.assertIn("hidden: 12\n", text)
        self.assertNotIn("sweep", text)
        listed = json.loads(self.run_it("list", "runs/small", "--json").stdout)
        self.assertEqual(len(listed), 8)

    def test_a_point_has_the_bits_of_the_same_run_alone(self):
        self.experiment(SWEEP)
        self.sweep("--jobs", 2, "--threads", 1)
        self.run_it("small.yaml", "--quiet", "--threads", 1, "--set", "sweep=null", "--set",
                    "seeds=null", "--seed", 2, "--set", "model.many_to_many.cell=gru",
                    "--set", "model.many_to_many.hidden=8", "--output", "alone.h5")
        self.same("alone.h5", "runs/small/cell=gru,hidden=8,seed=2.h5")

    def test_a_finished_point_is_never_repeated(self):
        self.experiment(SWEEP)
        first = self.sweep("--set", "seeds=1")
        self.assertEqual(set(self.statuses(first).values()), {"completed"})
        before = {path: (path.stat().st_mtime_ns, path.stat().st_ino)
                  for path in (self.folder / "runs/small").glob("*.h5")}
        self.assertEqual(len(before), 4)
        second = self.sweep()  # a seed more
        self.assertEqual(list(self.statuses(second)), NAMES)
        self.assertEqual(set(self.statuses(second).values()), {"completed"})
        for path, stamp in before.items():
            self.assertEqual((path.stat().st_mtime_ns, path.stat().st_ino), stamp)

    def test_random_points_repeat_and_more_of_them_keep_the_first(self):
        text = harness.EXPERIMENT + """\
sweep:
  random:
    count: 3
    draw:
      training.optimizer.adam.learning_rate: {log_uniform: [1.0e-4, 1.0e-1]}
      model.many_to_many.dropout: uniform
"""
        self.experiment(text)
        names = [[point["name"] for point in json.loads(self.run_it(
            "sweep", "small.yaml", "--dry-run", "--json", *words).stdout)["points"]]
                 for words in ([], [], ["--set", "sweep.random.count=6"],
                               ["--set", "sweep.random.seed=2"])]
        self.assertEqual(names[0], names[1])
        self.assertEqual(names[0], names[2][:3])
        self.assertNotEqual(names[0], names[3])
        self.assertRegex(names[0][0], r"^learning_rate=[0-9.e-]+,dropout=0\.\d+$")

    def test_dry_run_lists_and_estimates(self):
        self.experiment(SWEEP)
        done = self.run_it("sweep", "small.yaml", "--dry-run", "--estimate", "--threads", 1)
        rows = [line for line in done.stdout.splitlines() if not line.startswith("#")]
        self.assertEqual([row.split()[0] for row in rows], NAMES)
        self.assertRegex(rows[0], r" open +[\d,]+ parameters, about ")
        self.assertIn("8 points in runs/small", done.stdout)
        self.assertFalse((self.folder / "runs").exists())


class Mistakes(SweepTest):
    def test_run_says_what_runs_a_sweep(self):
        self.experiment(SWEEP)
        self.refused(2, "small.yaml", says="sweep small.yaml")
        self.refused(2, "bench", "small.yaml", says="sweep small.yaml")
        self.run_it("small.yaml", "--quiet", "--set", "sweep=null", "--set", "seeds=null")
        self.experiment()
        self.refused(2, "sweep", "small.yaml", says="describes one run")

    def test_all_mistakes_of_all_points_at_once(self):
        self.experiment(harness.EXPERIMENT + """\
output: here.h5
sweep:
  grid:
    model.many_to_many.hiden: [8]
    model.many_to_many.cell: [lstm, gruu]
    training.batch: [8, 0]
""")
        done = self.refused(2, "sweep", "small.yaml", says=[
            "small.yaml:8:9: a sweep writes many run files",
            "small.yaml:11:5: unknown option 'hiden'; did you mean 'hidden'?",
            "small.yaml:12:37: unknown cell 'gruu'", "did you mean 'gru'?",
            "small.yaml:13:25: option 'batch' must be from 1 to 65536, found 0"])
        self.assertEqual(len(done.stderr.strip().splitlines()), 4)
        self.assertFalse((self.folder / "runs").exists())

    def test_what_the_sweep_sets_cannot_be_set_beside_it(self):
        self.experiment(SWEEP)
        self.refused(2, "sweep", "small.yaml", "--set", "model.many_to_many.hidden=5",
                     says="the sweep itself sets model.many_to_many.hidden (small.yaml:12:5)")

    def test_a_seed_beside_seeds_is_where_they_begin(self):
        self.experiment(SWEEP)
        for words in (["--seed", 5], ["--set", "seed=5"]):
            points = json.loads(self.run_it("sweep", "small.yaml", "--dry-run", "--json",
                                            *words).stdout)["points"]
            self.assertEqual({point["settings"]["seed"] for point in points}, {"5", "6"})
        self.refused(2, "sweep", "small.yaml", "--set", "seeds=[1, 2]", "--seed", 5,
                     says="the sweep itself sets seed")

    def test_points_that_are_the_same_experiment(self):
        self.experiment(harness.EXPERIMENT + "sweep: {grid: {training.batch: [8, 8.0]}}\n")
        self.refused(2, "sweep", "small.yaml",
                     says="the points batch=8 and batch=8.0 are the same experiment")

    def test_runs_of_other_settings_are_named_and_not_mixed_in(self):
        self.experiment(SWEEP)
        self.sweep("--set", "seeds=1")
        before = (self.folder / "runs/small" / f"{NAMES[0]}.h5").read_bytes()
        done = self.refused(2, "sweep", "small.yaml", "--set", "training.batch=4", says=[
            f"runs/small/{NAMES[0]}.h5: is a run of other settings: "
            "training.batch is 8 there, 4 here", "--output", "--force"])
        self.assertEqual(done.stderr.count("other settings"), 4)
        self.assertEqual((self.folder / "runs/small" / f"{NAMES[0]}.h5").read_bytes(), before)
        self.sweep("--set", "training.batch=4", "--set", "seeds=1", "--force")
        self.assertIn("batch: 4\n", self.resolved(NAMES[0]))
        # What changes no result is no other setting.
        self.sweep("--set", "training.batch=4", "--set", "seeds=1", "--set", "description=more")

    def test_a_point_that_has_become_another_is_refused(self):
        self.experiment(SWEEP)
        points = json.loads(self.run_it("sweep", "small.yaml", "--dry-run",
                                        "--json").stdout)["points"]
        word = ("--point", NAMES[0], "--digest", points[0]["digest"])
        self.refused(2, "sweep", "small.yaml", *word, "--set", "training.batch=4",
                     says="is another experiment now")
        self.run_it("sweep", "small.yaml", *word, "--quiet")
        self.assertEqual(self.runs(), [NAMES[0]])
        self.refused(2, "sweep", "small.yaml", "--point", "cell=lstm,hiden=8,seed=2",
                     says="did you mean 'cell=lstm,hidden=8,seed=2'?")


class Failures(SweepTest):
    DIVERGING = harness.EXPERIMENT.replace("epochs: 2", "epochs: 1") + """\
sweep: {grid: {training.optimizer.sgd.learning_rate: [0.1, 1.0e38], seed: [1, 2]}}
"""

    def test_one_that_diverges_stops_no_other_and_is_not_tried_again(self):
        self.experiment(self.DIVERGING)
        done = self.run_it("sweep", "small.yaml", code=5)
        self.assertRegex(done.stdout, r"4 points: 2 completed, 2 diverged")
        self.assertRegex(done.stdout, r"diverged +learning_rate=1\.0e38,seed=1: step \d+: ")
        self.assertIn("sweep small.yaml --retry", done.stdout)
        bad = self.folder / "runs/small/learning_rate=1.0e38,seed=1.h5"
        stamp = bad.stat().st_mtime_ns
        self.run_it("sweep", "small.yaml", "--quiet", code=5)
        self.assertEqual(bad.stat().st_mtime_ns, stamp)
        self.run_it("sweep", "small.yaml", "--quiet", "--retry", code=5)
        self.assertNotEqual(bad.stat().st_mtime_ns, stamp)

    def test_one_that_fails_before_it_has_a_file_is_remembered(self):
        self.experiment(harness.EXPERIMENT.replace("epochs: 2", "epochs: 1") + """\
sweep: {grid: {data.text.files: [[story.txt], [absent.txt]]}}
""")
        result = self.sweep(code=1)
        self.assertEqual(self.statuses(result), {"files=story.txt": "completed",
                                                 "files=absent.txt": "failed"})
        self.assertIn("absent.txt", result["points"][1]["message"])
        log = self.folder / "runs/small/logs/files=absent.txt.log"
        self.assertEqual(log.read_text().count("runexp:"), 1)
        self.sweep(code=1)
        self.assertEqual(log.read_text().count("runexp:"), 1, "not tried again unasked")
        self.write("absent.txt", harness.story())
        self.assertEqual(self.statuses(self.sweep("--retry"))["files=absent.txt"], "completed")

    def test_a_killed_job_is_said_and_goes_on_with_the_next_call(self):
        self.experiment(SWEEP.replace("epochs: 1", "epochs: 15, checkpoint_every: 100"))
        only = ("--set", "seeds=1", "--set", "sweep.grid={training.batch: [8]}")
        sweep = self.begin("--json", "--threads", "1", *only)
        self.wait_for_step("batch=8,seed=1", 120)
        lock = (self.folder / "runs/small/batch=8,seed=1.h5.lock").read_text()
        os.kill(int(lock.split()[1]), signal.SIGKILL)
        out, _ = sweep.communicate(timeout=60 * harness.PATIENCE)
        self.assertEqual(sweep.returncode, 1)
        self.assertIn("signal 9", json.loads(out)["points"][0]["message"])
        self.sweep("--threads", 1, *only)
        self.sweep("--threads", 1, *only, "--output", "undisturbed")
        self.same("undisturbed/batch=8,seed=1.h5", "runs/small/batch=8,seed=1.h5")


class Interruptions(SweepTest):
    LONG = SWEEP.replace("epochs: 1", "epochs: 20")
    ONLY = ("--set", "seeds=3", "--set", "sweep.grid={training.batch: [8]}")
    NAMES = [f"batch=8,seed={seed}" for seed in (1, 2, 3)]

    def test_ctrl_c_saves_and_the_same_command_goes_on_to_the_bit(self):
        self.experiment(self.LONG)
        sweep = self.begin("--jobs", "2", "--threads", "1", *self.ONLY)
        for name in self.NAMES[:2]:
            self.wait_for_step(name, 30)
        os.killpg(sweep.pid, signal.SIGINT)  # as a terminal does
        out, err = sweep.communicate(timeout=60 * harness.PATIENCE)
        self.assertEqual(sweep.returncode, 130, out + err)
        self.assertIn("2 running points will save and end", err)
        self.assertRegex(out, r"interrupted, 3 points: 2 resumable, 1 open")
        self.assertRegex(out, r"go on .*sweep small.yaml --set .*--jobs 2")
        for name in self.NAMES[:2]:
            with h5py.File(self.folder / f"runs/small/{name}.h5") as run:
                self.assertEqual(run.attrs["status"], "interrupted")
                self.assertGreater(run.attrs["checkpoint_step"], 0)
        self.assertEqual(set(self.statuses(self.sweep("--threads", 1, *self.ONLY)).values()),
                         {"completed"})
        self.run_it("small.yaml", "--quiet", "--threads", 1, "--set", "sweep=null", "--set",
                    "seeds=null", "--output", "alone.h5")
        self.same("alone.h5", f"runs/small/{self.NAMES[0]}.h5")

    def test_a_killed_sweep_leaves_its_job_and_the_next_call_works_around_it(self):
        self.experiment(self.LONG)
        only = ("--set", "seeds=2", *self.ONLY[2:])
        sweep = self.begin("--threads", "1", *only)
        self.wait_for_step(self.NAMES[0], 30)
        sweep.kill()
        sweep.wait()
        lock = self.folder / f"runs/small/{self.NAMES[0]}.h5.lock"
        child = int(lock.read_text().split()[1])
        os.kill(child, signal.SIGSTOP)  # so that it does not end before the others
        result = self.sweep("--threads", 1, *only)
        os.kill(child, signal.SIGCONT)
        self.assertEqual(self.statuses(result), {self.NAMES[0]: "elsewhere",
                                                 self.NAMES[1]: "completed"})
        self.assertIn(f"process {child} on", result["points"][0]["message"])
        for _ in range(int(600 * harness.PATIENCE)):
            if not lock.exists():
                break
            time.sleep(0.1)
        self.assertEqual(set(self.statuses(self.sweep("--threads", 1, *only)).values()),
                         {"completed"})

    def test_two_sweeps_share_the_points(self):
        self.experiment(SWEEP.replace("epochs: 1", "epochs: 6"))
        first = self.begin("--json", "--threads", "1")
        second = self.begin("--json", "--threads", "1")
        results = []
        for sweep in (first, second):
            out, err = sweep.communicate(timeout=100 * harness.PATIENCE)
            self.assertEqual(sweep.returncode, 0, out + err)
            results.append(self.statuses(json.loads(out)))
        for result in results:
            self.assertLessEqual(set(result.values()), {"completed", "elsewhere"})
        self.assertEqual(self.runs(), sorted(NAMES))
        events = [json.loads(line)
                  for line in (self.folder / "runs/small/sweep.jsonl").read_text().splitlines()]
        completed = [event["point"] for event in events if event["event"] == "completed"]
        self.assertEqual(sorted(completed), sorted(NAMES), "each point once")
        self.assertNotIn("failed", {event["event"] for event in events})


class Pruning(SweepTest):
    PRUNED = harness.EXPERIMENT.replace("epochs: 2", "epochs: 8") + """\
sweep:
  grid: {training.optimizer.adam.learning_rate: [0.01, 0.02, 0.03, 1.0e-6]}
  prune: {median: {warmup: 300, minimum: 3}}
"""
    HOPELESS = "learning_rate=1.0e-6"

    def test_a_hopeless_point_is_ended_and_stays_so(self):
        self.experiment(self.PRUNED)
        result = self.sweep("--threads", 1)
        self.assertEqual(list(self.statuses(result).values()),
                         ["completed", "completed", "completed", "pruned"])
        path = self.folder / f"runs/small/{self.HOPELESS}.h5"
        with h5py.File(path) as run:
            self.assertEqual(run.attrs["status"], "interrupted")
            self.assertRegex(run.attrs["reason"], r"^pruned at step 324: best validation/loss ")
            self.assertEqual(run["metrics/validation/step"][-1], 324)  # the first past the warm-up
            best = run["metrics/validation/loss"][:].min()
        averages = []
        for rate in ("0.01", "0.02", "0.03"):
            with h5py.File(self.folder / f"runs/small/learning_rate={rate}.h5") as run:
                table = run["metrics/validation"]
                averages.append(table["loss"][:][table["step"][:] <= 324].mean())
        event = [json.loads(line) for line in
                 (self.folder / "runs/small/sweep.jsonl").read_text().splitlines()][-1]
        self.assertEqual((event["event"], event["point"], event["step"]),
                         ("pruned", self.HOPELESS, 324))
        self.assertAlmostEqual(event["best"], best)
        self.assertAlmostEqual(event["median"], sorted(averages)[1])
        stamp = path.stat().st_mtime_ns
        self.assertEqual(self.statuses(self.sweep("--threads", 1))[self.HOPELESS], "pruned")
        self.assertEqual(path.stat().st_mtime_ns, stamp)

    def test_a_pruned_point_goes_on_when_told_and_has_lost_nothing(self):
        self.experiment(self.PRUNED)
        self.sweep("--threads", 1)
        result = self.sweep("--threads", 1, "--resume-pruned")
        self.assertEqual(set(self.statuses(result).values()), {"completed"})
        self.sweep("--threads", 1, "--set", "sweep.prune=null", "--output", "unpruned")
        self.same(f"unpruned/{self.HOPELESS}.h5", f"runs/small/{self.HOPELESS}.h5")

    def test_mistakes_of_the_rule_have_their_place(self):
        self.experiment(self.PRUNED.replace("warmup", "warm_up").replace("0.03", "-1"))
        self.refused(2, "sweep", "small.yaml", says=[
            "small.yaml:10:20: unknown option 'warm_up'; did you mean 'warmup'?",
            "small.yaml:9:62: option 'learning_rate' must be"])


class SlurmScripts(SweepTest):
    """What needs no cluster."""

    def script(self, *words):
        return self.run_it("sweep", "small.yaml", "--slurm", "--dry-run", *words).stdout

    def test_the_script_has_a_task_a_point(self):
        self.experiment(SWEEP)
        script = self.script("--jobs", 3, "--slurm-option", "partition=long", "--slurm-option",
                             "time=2:00:00", "--slurm-option", "cpus-per-task=4",
                             "--set", "description=it's here")
        for line in ("--job-name=small", "--array=0-7%3", "--cpus-per-task=4", "--partition=long",
                     "--time=2:00:00", "--signal=B:USR1@60", "--requeue"):
            self.assertIn(f"#SBATCH {line}\n", script)
        self.assertIn("--threads 4", script)
        self.assertIn("'description=it'\\''s here'", script)
        for name in NAMES:
            self.assertIn(f"  '{name} ", script)
        checked = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.assertFalse((self.folder / "runs").exists())

    def test_a_task_of_the_script_runs_its_point(self):
        """As Slurm would start it, and as the time runs out for it."""
        self.experiment(SWEEP.replace("epochs: 1", "epochs: 40"))
        script = self.script("--set", "seeds=1")
        scontrol = self.write("bin/scontrol", "#!/bin/sh\necho \"$@\" > requeued\n")
        scontrol.chmod(0o755)
        environment = self.environment(SLURM_ARRAY_TASK_ID="3", SLURM_JOB_ID="77")
        environment["PATH"] = f"{scontrol.parent}:{environment['PATH']}"
        task = subprocess.Popen(["bash", "-c", script], cwd=self.folder, env=environment,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(task.wait)
        self.addCleanup(task.kill)
        name = "cell=gru,hidden=12,seed=1"
        self.wait_for_step(name, 30)
        task.send_signal(signal.SIGUSR1)
        self.assertEqual(task.wait(60 * harness.PATIENCE), 143)
        self.assertEqual(self.runs(), [name])
        with h5py.File(self.folder / f"runs/small/{name}.h5") as run:
            self.assertEqual(run.attrs["status"], "interrupted")
        self.assertEqual((self.folder / "requeued").read_text(), "requeue 77\n")

    def test_options_are_checked(self):
        self.experiment(SWEEP)
        self.refused(2, "sweep", "small.yaml", "--slurm", "--slurm-option", "--partition=x",
                     says="without its dashes")
        self.refused(2, "sweep", "small.yaml", "--slurm-option", "time=1", says="goes with --slurm")
        self.refused(1, "sweep", "small.yaml", "--slurm", environment={"PATH": "/nowhere"},
                     says="sbatch was not found")


if __name__ == "__main__":
    unittest.main()
