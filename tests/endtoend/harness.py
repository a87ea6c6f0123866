"""What the end-to-end tests share: the real binary, a scratch folder, a small text, an experiment."""
import os
import pathlib
import subprocess
import tempfile
import textwrap
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("UNROLL_BUILD", ROOT / "build")).resolve()
RUNEXP = BUILD / "bin/runexp"
# Instrumented programs are slower: time limits are multiplied by this.
PATIENCE = float(os.environ.get("UNROLL_TEST_PATIENCE", "1"))
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
DATA = pathlib.Path(os.environ.get("UNROLL_DATA") or CACHE / "unroll/data")
NAMES = ("Alice", "the Hatter", "a white rabbit", "the Queen", "my cat Dinah", "the Dormouse")
DEEDS = ("went down the hole", "sat at the table", "drank the tea", "looked at the watch",
         "sang a song", "asked a riddle", "ran across the garden")


def story(sentences=1200):
    """A text of about 30 characters a sentence that any model learns quickly."""
    return "".join(f"{NAMES[i * i % 6]} {DEEDS[i * 5 % 7 if i % 3 else i % 7]}"
                   f"{'.' if i % 4 else ' again.'}\n" for i in range(sentences))


EXPERIMENT = """\
experiment: small
seed: 1
data: {text: {files: [story.txt]}}
tokenizer: char
model: {many_to_many: {cell: lstm, hidden: 24}}
training: {epochs: 2, batch: 8, window: 25, optimizer: {adam: {learning_rate: 0.01}}}
generate: {prompt: "the ", length: 40, samplers: [greedy, {temperature: {temperature: 0.8}}]}
"""


def cached(name):
    """A setting of the build."""
    for line in (BUILD / "CMakeCache.txt").read_text().splitlines():
        if line.startswith(name + ":"):
            return line.split("=", 1)[1]
    return ""


def end(process):
    """Whatever a test has left of a process is killed and waited for."""
    process.kill()
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()


class EndToEnd(unittest.TestCase):
    """Each test works in an empty folder of its own, in `self.folder`."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(textwrap.dedent(content), encoding="utf-8")
        return path

    def experiment(self, text=EXPERIMENT, **replaced):
        """Writes small.yaml and its text; `replaced` swaps parts of the file, old=new."""
        if not (self.folder / "story.txt").exists():
            self.write("story.txt", story())
        for old, new in replaced.items():
            self.assertIn(old, text)
            text = text.replace(old, new)
        return self.write("small.yaml", text)

    def command(self, *words):
        return [str(RUNEXP), *map(str, words)]

    def environment(self, **more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("UNROLL_")}
        return {**kept, "OMP_NUM_THREADS": "1", "UNROLL_NO_FETCH": "1",
                "UNROLL_CACHE": str(self.folder / ".cache/encoded"),
                "XDG_DATA_HOME": str(self.folder / ".local/share"), **more}

    def run_it(self, *words, code=0, environment=None, **options):
        """Runs runexp in the scratch folder, checks the exit code and gives what it printed."""
        done = subprocess.run(self.command(*words), cwd=self.folder, capture_output=True,
                              encoding="utf-8", timeout=120 * PATIENCE,
                              env=self.environment(**(environment or {})), **options)
        self.assertEqual(done.returncode, code,
                         f"{words}\n--- stdout\n{done.stdout}\n--- stderr\n{done.stderr}")
        return done

    def refused(self, code, *words, says, **options):
        """Runs runexp, which must fail with this code and say all of this; one clear message."""
        done = self.run_it(*words, code=code, **options)
        for part in [says] if isinstance(says, str) else says:
            self.assertIn(part, done.stderr)
        self.assertEqual(done.stdout, "")
        for crash in ("terminate called", "Traceback", "core dumped", "Sanitizer"):
            self.assertNotIn(crash, done.stderr)
        return done
