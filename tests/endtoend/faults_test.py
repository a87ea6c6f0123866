"""The calls that a run makes on its folder, killed or failing: nothing that was saved is lost.

`faults.cpp` is preloaded: it numbers the calls, which are the same in each run, so that each of
them has its turn, and each must have it. Of the three checkpoints one is looked at call by call;
UNROLL_EVERY_CALL=1 does so with everything.
"""
import concurrent.futures
import errno
import os
import re
import shutil
import signal
import subprocess
import unittest

import h5py
import harness
import run_bits

FAULTS = harness.BUILD / "lib/libfaults.so"
EVER = 1_000_000
THOROUGH = os.environ.get("UNROLL_EVERY_CALL") == "1"
# Two epochs' worth of everything in seven steps: rows, evaluations, samples, three checkpoints.
EXPERIMENT = """\
experiment: faults
seed: 1
threads: 1
data: {text: {files: [../story.txt]}}
tokenizer: char
model: {many_to_many: {cell: lstm, hidden: 4, dropout: 0.2}}
training:
  max_steps: 7
  batch: 8
  window: 25
  optimizer: {adam: {learning_rate: 0.01}}
  schedule: {cosine: {warmup: 2}}
  log_every: 1
  evaluate_every: 4
  checkpoint_every: 3
generate: {prompt: "the ", length: 5, samplers: [{temperature: {temperature: 0.8}}]}
"""


@unittest.skipUnless(FAULTS.exists(), "the library to preload is not built with sanitizers")
class Calls(harness.EndToEnd):
    EXPERIMENT = EXPERIMENT
    LEFT = ["run.h5"]  # by a run that is complete
    ROWS = 1  # see faults.cpp: a checkpoint is in place a row later

    def setUp(self):
        super().setUp()
        self.write("story.txt", harness.story(120))
        self.write("faults.yaml", self.EXPERIMENT)
        self.undisturbed = self.folder / "undisturbed/run.h5"
        done = self.disturbed("undisturbed", "run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.calls = self.made("undisturbed")
        self.bits, self.rows = run_bits.content(self.undisturbed), run_bits.rows(self.undisturbed)

    def disturbed(self, folder, what, **faults):
        """Runs or resumes run.h5 in a folder of its own, with the faults that are asked for."""
        (self.folder / folder).mkdir(exist_ok=True)
        log = self.folder / f"{folder}.log"
        log.unlink(missing_ok=True)
        words = ["run", "../faults.yaml", "-o", "run.h5"] if what == "run" else ["resume", "run.h5"]
        place = self.folder / folder
        return subprocess.run(self.command(*words, "-q"), cwd=place, capture_output=True,
                              encoding="utf-8", timeout=60 * harness.PATIENCE, env=self.environment(
                                  LD_PRELOAD=str(FAULTS), FAULTS_FOLDER=str(place),
                                  FAULTS_LOG=str(log), FAULTS_ROWS=str(self.ROWS),
                                  **{name: str(value) for name, value in faults.items()}))

    def made(self, folder):
        """The calls of the last run in a folder: their names and files, seen from there."""
        log = (self.folder / f"{folder}.log").read_text()
        log = re.sub(r"\.\d+\.tmp\b", ".tmp", log.replace(f"{self.folder / folder}", "."))
        return [line.split()[1:] for line in log.splitlines()]

    def came_to(self, number, folder):
        """The run in this folder was as the undisturbed one up to this call, and made it."""
        self.assertEqual(self.made(folder)[:number], self.calls[:number])

    def telling(self):
        """Numbers of the calls of the start, of one checkpoint with its journal, and of the end."""
        renames = [at for at, made in enumerate(self.calls, 1) if made[0] == "rename"]
        return [number for number in range(1, len(self.calls) + 1)
                if THOROUGH or number <= renames[0] + 4 or
                renames[1] - 3 <= number <= renames[2] - 3 or number >= renames[-2] - 3]

    def everywhere(self, examine, calls):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(examine, calls))  # throws what was thrown

    def go_on(self, folder, **faults):
        what = "resume" if (self.folder / folder / "run.h5").exists() else "run"
        return self.disturbed(folder, what, **faults)

    def nothing_is_lost(self, folder):
        """The file opens and its rows are true; gives the last step that is on disk."""
        path = self.folder / folder / "run.h5"
        if not path.exists():
            return 0
        run_bits.content(path)
        found = run_bits.rows(path)
        for step, row in found.items():
            self.assertEqual(row, self.rows[step])
        self.assertEqual(sorted(found), list(range(1, len(found) + 1)))
        return len(found)

    def completes(self, folder):
        """Left alone, the run ends as the undisturbed one, and nothing lies beside it."""
        done = self.go_on(folder)
        self.assertIn(done.returncode, (0, 2), done.stderr)
        if done.returncode == 2:
            self.assertIn("is complete", done.stderr)
        place = self.folder / folder
        self.assertEqual(run_bits.content(place / "run.h5"), self.bits)
        self.assertEqual(sorted(path.name for path in place.rglob("*")), self.LEFT)
        for path in place.rglob("*.h5"):
            run_bits.opens_everywhere(path)
        shutil.rmtree(place)

    def killed_at(self, number):
        folder = f"killed{number}"
        done = self.disturbed(folder, "run", FAULTS_KILL=number)
        self.assertEqual(done.returncode, -signal.SIGKILL, f"call {number}: {done.stderr}")
        self.came_to(number, folder)
        self.nothing_is_lost(folder)
        self.completes(folder)


class Kept(Calls):
    """A run that keeps the checkpoints before the last."""
    EXPERIMENT = EXPERIMENT.replace("checkpoint_every: 3", "checkpoint_every: 3\n  keep: 2")
    LEFT = ["3.h5", "6.h5", "run.checkpoints", "run.h5"]
    ROWS = 2

    def test_killed_while_a_checkpoint_is_kept(self):
        self.everywhere(self.killed_at, self.telling()[::1 if THOROUGH else 2])


class Faults(Calls):
    def test_killed_at_each_call(self):
        self.everywhere(self.killed_at, self.telling())

    def test_killed_again_while_resuming(self):
        def examine(number):
            folder, again = f"twice{number}", 1 + number * 5 % 23
            self.disturbed(folder, "run", FAULTS_KILL=number)
            self.came_to(number, folder)
            self.nothing_is_lost(folder)
            done = self.go_on(folder, FAULTS_KILL=again)
            made = len(self.made(folder))  # what was all but complete has less to do
            self.assertEqual((done.returncode, made) if made == again else made < again,
                             (-signal.SIGKILL, again) if made == again else True, done.stderr)
            self.nothing_is_lost(folder)
            self.completes(folder)
        self.everywhere(examine, self.telling()[::1 if THOROUGH else 4])

    def test_what_is_renamed_is_on_the_disk(self):
        """A power cut leaves the old file or the new one: synced, renamed, the folder synced."""
        renames = 0
        for at, (call, path, *target) in enumerate(self.calls):
            if call != "rename" or path.endswith(".journal.next"):  # journals are not synced
                continue
            renames += 1
            last = [made for made, where, *_ in self.calls[:at] if where == path][-1]
            self.assertEqual(last, "fsync", f"{path} was changed after it was synced")
            self.assertEqual(self.calls[at + 1], ["fsync", "."], "before anything else is done")
        self.assertGreaterEqual(renames, 4)
        removed = [at for at, (call, path, *_) in enumerate(self.calls)
                   if call == "unlink" and path.endswith(".journal")]
        for at in removed:
            self.assertEqual(self.calls[at - 1], ["fsync", "."], "only then the journal may go")

    def survives(self, number, last, reason):
        """May these calls fail without the run ending?"""
        no_room = reason in (errno.ENOSPC, errno.EDQUOT)
        for call, path, *_ in self.calls[number - 1:last]:
            if call == "write" and last < EVER:
                return True  # puts a part, and tries again with the rest until the fault is over
            if not (call == "unlink" or path.endswith(".lock") and call != "open" or
                    no_room and call in ("rename", "ftruncate")):
                return False
        return True

    def fails_from(self, number, reason, last=EVER):
        folder = f"fails{number}-{reason}-{last}"
        done = self.disturbed(folder, "run", FAULTS_FAIL=f"{number}:{last}:{reason}")
        where = f"call {number} {self.calls[number - 1]} fails with {errno.errorcode[reason]}"
        path = self.folder / folder / "run.h5"
        self.came_to(number, folder)
        if self.survives(number, last, reason):
            self.assertEqual(done.returncode, 0, f"{where}: {done.stderr}")
            with h5py.File(path) as run:
                self.assertEqual(run.attrs["status"], "completed", where)
        else:
            self.assertEqual(done.returncode, 4, f"{where}: {done.stderr}")
            self.assertEqual(done.stderr.count("\n"), 1, f"{where}: {done.stderr}")
            self.assertIn(os.strerror(reason), done.stderr)
            self.nothing_is_lost(folder)
        return folder, done

    def test_a_disk_that_fills_or_fails(self):
        reasons = (errno.ENOSPC, errno.EIO, errno.EROFS)

        def examine(number):
            for reason in reasons if THOROUGH else [reasons[number % 3]]:
                folder, _ = self.fails_from(number, reason)
                if reason == errno.ENOSPC:
                    self.assertEqual(list((self.folder / folder).glob("*.tmp")), [])
                self.completes(folder)
        self.everywhere(examine, self.telling()[::1 if THOROUGH else 4])

    def test_a_disk_that_fails_for_a_moment(self):
        """The run ends there all the same, and says so in its file."""
        def examine(number):
            folder, done = self.fails_from(number, errno.EDQUOT, number + 2)
            if done.returncode == 4 and (self.folder / folder / "run.h5").exists():
                with h5py.File(self.folder / folder / "run.h5") as run:
                    # "completed" where only the folder could not be synced after the renaming.
                    self.assertIn(run.attrs["status"], ("failed", "running", "completed"))
            self.completes(folder)
        self.everywhere(examine, self.telling()[2::1 if THOROUGH else 6])


if __name__ == "__main__":
    unittest.main()
