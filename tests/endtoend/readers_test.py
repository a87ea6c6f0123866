"""Whoever reads while a run writes never fails; whoever would write too is told who does."""
import json
import os
import signal
import socket
import subprocess
import threading
import unittest

import harness
import kills
import run_bits

# Writes as often as it can.
BUSY = (kills.EXPERIMENT.replace("log_every: 5", "log_every: 1")
        .replace(f"checkpoint_every: {kills.CHECKPOINT_EVERY}", "checkpoint_every: 2"))


class Shared(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.write("story.txt", harness.story(600))
        self.write("busy.yaml", BUSY)

    def start(self, *words):
        process = subprocess.Popen(self.command(*words), cwd=self.folder, env=self.environment(),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   encoding="utf-8")
        self.addCleanup(harness.end, process)
        return process

    def wait_for_file(self, process):
        while process.poll() is None and not (self.folder / "run.h5").exists():
            pass


class Readers(Shared):
    def test_nothing_fails_while_a_run_writes(self):
        process = self.start("busy.yaml", "-q", "-o", "run.h5")
        self.wait_for_file(process)
        problems, looks = [], [0, 0, 0]
        rows = [0]

        def by_h5py():
            path = self.folder / "run.h5"
            run_bits.content(path)
            before, (known, since) = run_bits.seal(path), run_bits.train_steps(path)
            if run_bits.seal(path) != before:
                return  # the file and the journal are of two checkpoints
            now = len(known) + len(since)
            if known + since != list(range(1, now + 1)):
                problems.append(f"rows {known} and {since}")

        def by_list():
            [entry] = json.loads(self.run_it("list", ".", "--json").stdout)
            if entry["status"] not in ("running", "completed"):
                problems.append(f"listed as {entry['status']}")
            if entry["step"] < rows[0]:
                problems.append(f"went back from step {rows[0]} to {entry['step']}")
            rows[0] = entry["step"]

        def by_evaluate():
            if rows[0] > 0:
                self.run_it("evaluate", "run.h5", "--json")

        def again_and_again(which, look):
            while process.poll() is None and not problems:
                try:
                    look()
                except BaseException as problem:
                    problems.append(repr(problem))
                looks[which] += 1

        readers = [threading.Thread(target=again_and_again, args=pair)
                   for pair in enumerate((by_h5py, by_list, by_evaluate))]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        self.assertEqual(problems, [])
        self.assertEqual(process.wait(), 0, process.stderr.read())
        self.assertGreater(min(looks), 1, looks)


class Writers(Shared):
    def refusals(self, holder):
        says = f"run.h5: is being written by process {holder.pid} on {socket.gethostname()}"
        self.refused(4, "busy.yaml", "-o", "run.h5", says=says)
        self.refused(4, "busy.yaml", "-o", "run.h5", "--force", says=says)
        self.refused(4, "resume", "run.h5", says=says)

    def test_the_second_is_told_who_writes(self):
        holder = self.start("busy.yaml", "-q", "-o", "run.h5")
        self.wait_for_file(holder)
        holder.send_signal(signal.SIGSTOP)
        self.refusals(holder)
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
        self.assertTrue((self.folder / "run.h5.lock").exists())
        holder = self.start("resume", "run.h5", "-q")
        lock = self.folder / "run.h5.lock"
        while holder.poll() is None and f"process {holder.pid} " not in lock.read_text():
            pass
        holder.send_signal(signal.SIGSTOP)
        self.refusals(holder)
        holder.send_signal(signal.SIGCONT)
        self.assertEqual(holder.wait(), 0, holder.stderr.read())
        self.assertEqual(os.listdir(self.folder).count("run.h5.lock"), 0)


if __name__ == "__main__":
    unittest.main()
