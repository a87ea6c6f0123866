"""Disks that fill, fail, vanish or lose their power under a run, and memory that ends."""
import ctypes
import fcntl
import os
import pathlib
import resource
import signal
import subprocess
import tempfile
import time
import unittest

import h5py
import harness
import kills
import run_bits

SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN
WITHOUT_FLUSHING = 2   # what has not been synced is lost, as when the power goes
UNINSTRUMENTED = (harness.BUILD / "lib/libfaults.so").exists()
FAULTY = harness.BUILD / "tests/plugin/faulty"
EXPERIMENT = kills.EXPERIMENT.replace("epochs: 3", "epochs: 6")


class Disturbed(harness.EndToEnd):
    @classmethod
    def setUpClass(cls):
        cls.first = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.first.cleanup)
        cls.source = pathlib.Path(cls.first.name)
        (cls.source / "story.txt").write_text(harness.story(600))
        (cls.source / "killed.yaml").write_text(EXPERIMENT)
        subprocess.run([harness.RUNEXP, "killed.yaml", "-q", "-o", "run.h5"], cwd=cls.source,
                       check=True, capture_output=True, timeout=120 * harness.PATIENCE)
        cls.undisturbed = cls.source / "run.h5"

    def begin(self, place, *more, **options):
        """Starts a run in `place` and stops it in the middle, after its third checkpoint."""
        for name in ("story.txt", "killed.yaml"):
            (place / name).write_text((self.source / name).read_text())
        os.sync()  # these must survive a power cut
        process = subprocess.Popen(self.command("killed.yaml", "-q", "-o", "run.h5", *more),
                                   cwd=place, env=self.environment(), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, encoding="utf-8", **options)
        self.addCleanup(harness.end, process)
        while process.poll() is None and self.step(place) < 3 * kills.CHECKPOINT_EVERY:
            time.sleep(0.001)
        process.send_signal(signal.SIGSTOP)
        return process

    def step(self, place):
        try:
            with h5py.File(place / "run.h5", locking=False) as run:
                return int(run.attrs["checkpoint_step"])
        except OSError:
            return 0

    def goes_on_and_fails(self, process, *says):
        """One clear message and exit code 4."""
        process.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=60 * harness.PATIENCE)
        self.assertEqual(process.returncode, 4, err)
        self.assertEqual(err.count("\n"), 1, err)
        for part in says:
            self.assertIn(part, err)

    def on_disk(self, place):
        """Opens, is true; gives its rows."""
        run_bits.opens_everywhere(place / "run.h5")
        found, true = run_bits.rows(place / "run.h5"), run_bits.rows(self.undisturbed)
        self.assertEqual(found, {step: true[step] for step in found})
        return found

    def resumes(self, place):
        done = subprocess.run(self.command("resume", "run.h5", "-q"), cwd=place,
                              env=self.environment(), capture_output=True, encoding="utf-8",
                              timeout=120 * harness.PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([name for name in run_bits.differences(self.undisturbed, place / "run.h5")
                          if name != "config/resolved"], [])
        self.assertEqual(sorted(place.glob("run.h5?*")), [])


class Anywhere(Disturbed):
    def test_the_folder_is_removed(self):
        place = self.folder / "gone"
        place.mkdir()
        process = self.begin(place)
        for path in place.iterdir():
            path.unlink()
        place.rmdir()
        self.goes_on_and_fails(process, "cannot be written: No such file or directory; the run file is "
                               "gone")

    def test_a_file_may_not_grow(self):
        limit = self.undisturbed.stat().st_size // 2
        process = self.begin(self.folder, preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (limit, limit)))
        self.goes_on_and_fails(process, "run.h5: cannot be written: File too large; its last "
                               "checkpoint (step ", " is intact, and so are the rows since")
        self.on_disk(self.folder)
        self.resumes(self.folder)

    @unittest.skipUnless(UNINSTRUMENTED, "sanitizers end a program whose memory ends")
    def test_memory_ends(self):
        for more in (0, 1 << 18, 1 << 20):
            with self.subTest(bytes=more):
                place = self.folder / str(more)
                place.mkdir()
                process = self.begin(place)
                before = self.on_disk(place)
                pages = int(pathlib.Path(f"/proc/{process.pid}/statm").read_text().split()[0])
                size = pages * resource.getpagesize() + more
                resource.prlimit(process.pid, resource.RLIMIT_AS, (size, size))
                process.send_signal(signal.SIGCONT)
                _, err = process.communicate(timeout=60 * harness.PATIENCE)
                self.assertLessEqual(before.keys(), self.on_disk(place).keys())
                if process.returncode != 0:  # what it had may be enough
                    self.assertEqual(process.returncode, 1, err)
                    self.assertEqual(err.count("\n"), 1, err)
                    self.assertIn("out of memory", err)
                    self.resumes(place)

    @unittest.skipUnless(FAULTY.exists(), "the plugins of the tests are not built")
    def test_a_plugin_throws(self):
        self.experiment(**{"cell: lstm": "cell: {faulty: {in: project, after: 100}}"})
        done = self.run_it("small.yaml", "--plugins", FAULTY, "-o", "run.h5", "-q", "--threads", "1",
                           "--set", "training.log_every=1", "--set", "training.checkpoint_every=30",
                           "--set", "training.evaluate_every=1000",
                           "--set", "evaluation.recurrence=false", code=3)  # each call is a step
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        path = self.folder / "run.h5"
        run_bits.opens_everywhere(path)
        with h5py.File(path) as run:
            self.assertEqual(run.attrs["status"], "failed")
            self.assertIn("faulty", run.attrs["reason"])
            self.assertEqual(run.attrs["checkpoint_step"], 90)
            self.assertEqual(run["metrics/train/step"][:].tolist(), list(range(1, 101)))
        self.assertEqual(sorted(self.folder.glob("run.h5?*")), [])


def mounted(kind, *options):
    """Can file systems be mounted here?"""
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["mount", "-t", kind, *options, folder], capture_output=True)
        if done.returncode == 0:
            subprocess.run(["umount", folder], check=True)
        return done.returncode == 0


@unittest.skipUnless(mounted("tmpfs", "none"), "nothing can be mounted here")
class SmallDisk(Disturbed):
    def test_a_disk_fills(self):
        place = self.folder / "disk"
        place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", place], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", place])
        process = self.begin(place)
        before = self.on_disk(place)
        with open(place / "ballast", "wb", buffering=0) as ballast:
            with self.assertRaises(OSError):
                while ballast.write(bytes(4096)) == 4096:
                    pass
        self.goes_on_and_fails(process, "run.h5", "No space left on device",
                               "its last checkpoint (step ", " is intact")
        self.assertLessEqual(before.keys(), self.on_disk(place).keys())
        self.assertEqual([path.name for path in place.glob("*.tmp")], [])
        (place / "ballast").unlink()
        self.resumes(place)


class Image(Disturbed):
    """An ext4 file system of its own in a file."""

    def setUp(self):
        super().setUp()
        self.image = self.folder / "image"
        self.place = self.folder / "disk"
        self.place.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(16 << 20)
        try:
            subprocess.run(["mkfs.ext4", "-q", "-F", self.image], check=True, capture_output=True)
            self.mount()
        except (OSError, subprocess.CalledProcessError) as problem:
            self.skipTest(f"no ext4 in a file here: {problem}")
        self.addCleanup(subprocess.run, ["umount", "-l", self.place], capture_output=True)

    def mount(self):
        subprocess.run(["mount", "-o", "loop,errors=remount-ro", self.image, self.place],
                       check=True, capture_output=True)

    def mount_again(self):
        subprocess.run(["umount", self.place], check=True)
        subprocess.run(["e2fsck", "-p", self.image], capture_output=True)
        self.mount()

    def test_a_disk_becomes_read_only(self):
        process = self.begin(self.place)
        before = self.on_disk(self.place)
        os.sync()
        device = pathlib.Path(subprocess.run(["findmnt", "-no", "SOURCE", self.place], check=True,
                                             capture_output=True, encoding="utf-8").stdout.strip())
        trigger = pathlib.Path("/sys/fs/ext4") / device.name / "trigger_fs_error"
        trigger.write_text("1")  # what errors=remount-ro then does cannot be asked of a busy disk
        self.goes_on_and_fails(process, "run.h5", "Read-only file system",
                               "its last checkpoint (step ", " is intact")
        self.assertLessEqual(before.keys(), self.on_disk(self.place).keys())
        self.mount_again()
        self.resumes(self.place)

    def test_the_power_goes(self):
        """Whatever was not synced is lost; the last checkpoint was."""
        process = self.begin(self.place)
        for cut in range(int(os.environ.get("UNROLL_POWER_CUTS", "3"))):
            before = self.step(self.place)
            process.send_signal(signal.SIGCONT)
            time.sleep(0.003 * (cut + 1) % 0.2)
            folder = os.open(self.place, os.O_RDONLY)
            fcntl.ioctl(folder, SHUTDOWN, ctypes.c_uint32(WITHOUT_FLUSHING))
            os.close(folder)
            process.kill()
            process.communicate()
            self.mount_again()
            known = self.step(self.place)
            self.assertGreaterEqual(known, before, "a checkpoint that was there is gone")
            self.on_disk(self.place)
            if process.returncode == 0:
                break
            process = subprocess.Popen(self.command("resume", "run.h5", "-q"), cwd=self.place,
                                       env=self.environment(), stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE, encoding="utf-8")
            self.addCleanup(harness.end, process)
            while process.poll() is None and self.step(self.place) == known:
                time.sleep(0.001)
            process.send_signal(signal.SIGSTOP)
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()
        self.resumes(self.place)


if __name__ == "__main__":
    unittest.main()
