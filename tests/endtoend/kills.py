#!/usr/bin/env python3
"""kill -9 at random moments of real training runs: whatever is left opens and resumes to the bit.

    UNROLL_BUILD=build tests/endtoend/kills.py --kills 200

A run is started, killed, looked at, resumed, killed, … until it is complete; then it must be the
bits of the run that nobody disturbed, and the next one is started, until enough kills are done.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time

import h5py
import harness
import run_bits

CHECKPOINT_EVERY = 20
EXPERIMENT = f"""\
experiment: killed
seed: 1
threads: 1
data: {{text: {{files: [story.txt]}}}}
tokenizer: char
model: {{many_to_many: {{cell: lstm, hidden: 12, layers: 2, dropout: 0.2}}}}
training:
  epochs: 3
  batch: 8
  window: 25
  optimizer: {{adam: {{learning_rate: 0.01}}}}
  schedule: {{cosine: {{warmup: 10}}}}
  log_every: 5
  evaluate_every: 30
  checkpoint_every: {CHECKPOINT_EVERY}
generate: {{prompt: "the ", length: 20, samplers: [greedy, {{temperature: {{temperature: 0.8}}}}]}}
"""


class Wrong(AssertionError):
    """What a kill must not do."""


class Campaign:
    def __init__(self, folder, seed):
        self.folder = pathlib.Path(folder)
        self.random = random.Random(seed)
        self.run = self.folder / "run.h5"
        self.found = collections.Counter()
        self.kills = self.complete = self.most_recomputed = 0
        self.reached = 0  # step of the last checkpoint seen
        (self.folder / "story.txt").write_text(harness.story(600))
        (self.folder / "killed.yaml").write_text(EXPERIMENT)
        begin = time.monotonic()
        self.runexp("killed.yaml", "-q", "-o", "run.h5")
        self.seconds = time.monotonic() - begin
        self.run.rename(self.folder / "undisturbed.h5")  # the file knows its first name
        self.rows = run_bits.rows(self.folder / "undisturbed.h5")

    def environment(self):
        return {**os.environ, "OMP_WAIT_POLICY": "passive", "UNROLL_NO_FETCH": "1"}

    def start(self, *words):
        return subprocess.Popen([harness.RUNEXP, *words], cwd=self.folder, env=self.environment(),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def runexp(self, *words, codes=(0,)):
        process = self.start(*words)
        out, err = process.communicate(timeout=120 * harness.PATIENCE)
        if process.returncode not in codes:
            raise Wrong(f"runexp {words} ended with {process.returncode}: {err.decode()}")
        return out.decode()

    def wait_until(self, process, happened):
        """Watches closely, so that the kill that follows hits what has just begun."""
        while process.poll() is None and not happened():
            time.sleep(0.0002)

    def wait_for_the_moment(self, process):
        moment = self.random.choice(("any", "any", "start", "write", "rename", "finish"))
        if moment == "any":
            time.sleep(self.random.uniform(0, 1.1 * self.seconds))
        elif moment == "start":
            time.sleep(self.random.uniform(0, 0.15 * self.seconds))
        elif moment == "write":
            for _ in range(self.random.randint(1, 6)):
                self.wait_until(process, lambda: not self.temporaries())
                self.wait_until(process, self.temporaries)
            time.sleep(self.random.uniform(0, 0.001))
        else:
            before = self.identity()
            def renamed():
                return self.identity() != before
            for _ in range(self.random.randint(1, 6)):
                before = self.identity()
                self.wait_until(process, renamed)
            if moment == "finish":  # the last checkpoint, and the final status soon after it
                self.wait_until(process, self.nearly_done)
            time.sleep(self.random.uniform(0, 0.002))
        return moment

    def temporaries(self):
        return list(self.folder.glob("run.h5.*.tmp"))

    def identity(self):
        try:
            return self.run.stat().st_ino, self.run.stat().st_mtime_ns
        except FileNotFoundError:
            return None

    def nearly_done(self):
        try:
            with h5py.File(self.run, locking=False) as run:
                return run.attrs["checkpoint_step"] >= self.total - CHECKPOINT_EVERY
        except OSError:
            return False

    def kill_once(self):
        if self.run.exists():
            process = self.start("resume", "run.h5", "-q")
        else:
            process = self.start("killed.yaml", "-q", "-o", "run.h5")
        moment = self.wait_for_the_moment(process)
        process.send_signal(signal.SIGKILL)
        _, err = process.communicate()
        if process.returncode == -signal.SIGKILL:
            self.kills += 1
            self.found[f"aimed at {moment}"] += 1
            self.look()
        elif process.returncode == 0 or b"is complete" in err:
            self.finished()
        else:
            raise Wrong(f"ended with {process.returncode} before the kill: {err.decode()}")

    def look(self):
        """What a kill left."""
        if self.temporaries():
            self.found["left a half-written checkpoint"] += 1
        if not self.run.exists():
            self.found["before there was a file"] += 1
            return
        run_bits.opens_everywhere(self.run)
        rows = run_bits.rows(self.run)
        if rows != {step: self.rows[step] for step in rows}:
            raise Wrong("rows on disk are not those of the undisturbed run")
        known, since = run_bits.train_steps(self.run)
        with h5py.File(self.run) as run:
            step, status = int(run.attrs["checkpoint_step"]), run.attrs["status"]
        self.found[f"status {status}"] += 1
        if run_bits.journal(self.run):
            self.found["left a journal"] += 1
        if step < self.reached:
            raise Wrong(f"the checkpoint of step {self.reached} went back to {step}")
        self.reached = step
        # Figures of the last steps come after the last checkpoint, which a longer run begins with.
        if known and known[-1] > step or any(s < step or s == step < self.total for s in since):
            raise Wrong(f"rows {known[-3:]} and {since} do not fit the checkpoint of step {step}")
        recomputed = len(since) and since[-1] - step
        self.most_recomputed = max(self.most_recomputed, recomputed)
        if recomputed > 2 * CHECKPOINT_EVERY:  # one may be on its way to the disk
            raise Wrong(f"{recomputed} steps are lost")
        [listed] = [entry for entry in json.loads(self.runexp("list", ".", "--json"))
                    if entry["file"].endswith("run.h5")]
        if (listed["status"], listed["step"]) != ("killed" if status == "running" else status, step):
            raise Wrong(f"listed as {listed}, but is {status} at {step}")
        if step > 0:
            self.runexp("evaluate", "run.h5", "--json")

    def finished(self):
        self.complete += 1
        found = run_bits.differences(self.folder / "undisturbed.h5", self.run)
        if found:
            raise Wrong(f"not the bits of the undisturbed run: {', '.join(found)}")
        strays = [path.name for path in self.folder.glob("run.h5?*")]
        if strays:
            raise Wrong(f"left over: {', '.join(strays)}")
        self.run.unlink()
        self.reached = 0

    def go(self, kills):
        with h5py.File(self.folder / "undisturbed.h5") as run:
            self.total = int(run.attrs["checkpoint_step"])
        while self.kills < kills:
            self.kill_once()
        before = self.complete
        while self.complete == before:  # left alone at last
            if self.run.exists():
                self.runexp("resume", "run.h5", "-q", codes=(0, 2))
            else:
                self.runexp("killed.yaml", "-q", "-o", "run.h5")
            self.finished()

    def report(self):
        lines = [f"{self.kills} kills, {self.complete} complete runs, all of the undisturbed run's bits",
                 f"at most {self.most_recomputed} steps recomputed "
                 f"(a checkpoint every {CHECKPOINT_EVERY}, one of them perhaps on its way)"]
        return "\n".join(lines + [f"  {count:4}  {what}" for what, count in sorted(self.found.items())])


def main():
    options = argparse.ArgumentParser(description=__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        campaign = Campaign(folder, chosen.seed)
        campaign.go(chosen.kills)
        print(campaign.report())


if __name__ == "__main__":
    main()
