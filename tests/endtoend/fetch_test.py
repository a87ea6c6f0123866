"""The first run of an experiment fetches its data set; later ones need no network. A catalogue of
file: addresses stands for the world."""
import hashlib
import shutil
import signal
import subprocess
import time
import unittest

import harness

TEXT = harness.story()
CATALOGUE = """\
book:
  description: a book
  licence: public domain
  task: language modelling
  files:
    book.txt: {sum}
  sources:
    - url: {url}
      sha256: {sum}
      extract: plain
"""


class Fetching(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.original = self.write("a book; $(touch x).txt", TEXT)
        checksum = hashlib.sha256(TEXT.encode()).hexdigest()
        catalogue = self.write("catalogue.yaml",
                               CATALOGUE.format(sum=checksum, url=self.original.as_uri()))
        self.cache = self.folder / "cache"
        self.known = {"UNROLL_DATA": str(self.cache), "UNROLL_CATALOGUE": str(catalogue),
                      "UNROLL_NO_FETCH": ""}
        self.experiment(**{"files: [story.txt]": "corpus: [book]", "epochs: 2": "epochs: 1"})

    def train(self, *words, **options):
        return self.run_it("small.yaml", "--force", *words, environment=self.known, **options)

    def test_fetches_once_and_says_so(self):
        first = self.train("--json")
        self.assertIn(f"corpus 'book' is not in {self.cache} yet; fetching it\n", first.stderr)
        self.assertIn(f"book: downloading {self.original.as_uri()}\n", first.stderr)
        self.assertTrue(first.stdout.startswith("{"), first.stdout)
        self.original.unlink()
        again = self.train("--no-fetch")
        self.assertNotIn("fetch", again.stderr)
        for words in (("evaluate", "runs/small.h5"), ("bench", "small.yaml", "--steps", "1")):
            self.run_it(*words, "--no-fetch", environment=self.known)

    def test_no_fetch_forbids_it(self):
        says = ["corpus 'book' is not in", "--no-fetch", "get-data book"]
        self.refused(4, "small.yaml", "--no-fetch", environment=self.known, says=says)
        self.refused(4, "small.yaml", environment={**self.known, "UNROLL_NO_FETCH": "1"}, says=says)
        self.assertFalse(self.cache.exists())

    def test_a_failure_gives_its_reason(self):
        self.original.write_text("another book")
        done = self.refused(4, "small.yaml", environment=self.known,
                            says="corpus 'book' cannot be fetched: book: ")
        self.assertRegex(done.stderr, r"the download has SHA-256 \w{12}…, not ")
        self.assertEqual(done.stderr.count("SHA-256"), 1)

    def test_unknown_names(self):
        self.experiment(**{"files: [story.txt]": "corpus: [bok]"})
        self.refused(4, "small.yaml", environment=self.known,
                     says=["cannot be fetched: unknown data set 'bok'", "did you mean 'book'?"])
        self.experiment(**{"files: [story.txt]": "corpus: ['../book']"})
        self.refused(4, "small.yaml", environment=self.known, says="not the name of a data set")

    def test_from_an_installation(self):
        prefix = self.folder / "prefix"
        subprocess.run(["cmake", "--install", harness.BUILD, "--prefix", prefix], check=True,
                       stdout=subprocess.DEVNULL)
        moved = self.folder / "moved here"
        shutil.move(prefix, moved)
        done = subprocess.run([moved / "bin/runexp", "small.yaml", "--no-fetch"], cwd=self.folder,
                              env=self.environment(**self.known), capture_output=True, text=True)
        self.assertIn(f"{moved}/share/unroll/get-data book", done.stderr)
        self.assertTrue((moved / "share/unroll/data/catalogue.yaml").is_file())
        subprocess.run([moved / "bin/runexp", "small.yaml", "--quiet"], cwd=self.folder, check=True,
                       env=self.environment(**self.known), capture_output=True)
        self.assertTrue((self.cache / "book/book.txt").is_file())

    def test_an_interruption_ends_the_fetch_too(self):
        slow = self.write("slow", "#!/bin/sh\nsleep 60 & echo $! >pid; wait\n")
        slow.chmod(0o755)
        (self.folder / "apt-get").symlink_to(slow)
        text = (self.folder / "catalogue.yaml").read_text().split("  sources:")[0]
        self.write("catalogue.yaml", text + "  sources:\n    - {package: book, path: /no/book.txt, extract: plain}\n")
        running = subprocess.Popen(
            self.command("small.yaml"), cwd=self.folder, stderr=subprocess.PIPE, text=True,
            env=self.environment(**self.known, PATH=f"{self.folder}:/usr/bin:/bin"))
        for line in running.stderr:
            if "downloading Debian package" in line:
                break
        time.sleep(0.3)
        running.send_signal(signal.SIGTERM)
        with running.stderr:
            rest = running.stderr.read()
        self.assertEqual(running.wait(timeout=30 * harness.PATIENCE), 4)
        self.assertIn("corpus 'book' cannot be fetched: interrupted", rest)
        self.assertEqual(list(self.cache.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
