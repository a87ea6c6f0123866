#!/usr/bin/python3
"""tools/get-data: its command line, its catalogue and its cache."""

import os
import subprocess
import unittest

from fetching import TEXT, Fetching, sha256


class GetData(Fetching):
    def test_mends_a_damaged_file(self):
        catalogue = self.catalogue({"book.txt": TEXT}, self.url_source(self.original("a.txt", TEXT)))
        (self.cache / "book").mkdir(parents=True)
        (self.cache / "book" / "book.txt").write_bytes(TEXT[:10])
        self.get("book", "--catalogue", catalogue)
        self.assertEqual(self.cached(), {"book/book.txt": TEXT})

    def test_refuses_an_extraction_with_a_wrong_checksum(self):
        source = self.url_source(self.original("a.txt", TEXT + b"!"))
        done = self.get("book", "--catalogue", self.catalogue({"book.txt": TEXT}, source), code=4)
        self.assertRegex(done.stderr, "book.txt has SHA-256 [0-9a-f]{12}…, not [0-9a-f]{12}… as catalogued")
        self.assert_nothing_cached()

    def test_accepts_the_checksum_of_either_suite(self):
        source = self.url_source(self.original("a.txt", TEXT))
        for sums in ([sha256(b"old"), sha256(TEXT)], [sha256(TEXT)]):
            self.get("book", "--catalogue", self.catalogue({"book.txt": {"sha256": sums}}, source))
        catalogue = self.catalogue({"book.txt": {"sha256": [sha256(b"old"), sha256(b"new")]}}, source)
        self.assertRegex(self.get("book", "--catalogue", catalogue, code=4).stderr,
                         r"book.txt has SHA-256 \w{12}…, not \w{12}… or \w{12}… as catalogued")

    def test_remembers_what_it_has_checked(self):
        """A file of the same size and time is taken as checked; any other is read again."""
        source = self.original("a.txt", TEXT)
        catalogue = self.catalogue({"book.txt": TEXT}, self.url_source(source))
        self.get("book", "--catalogue", catalogue)
        path = self.cache / "book" / "book.txt"
        time = path.stat().st_mtime_ns
        path.write_bytes(bytes(len(TEXT)))
        os.utime(path, ns=(time, time))
        self.assertIn("ready", self.get("book", "--catalogue", catalogue).stdout)
        os.utime(path, ns=(time, time + 1))
        self.assertIn("1 file", self.get("book", "--catalogue", catalogue).stdout)
        self.assertEqual(path.read_bytes(), TEXT)
        (self.cache / "book" / ".checked").unlink()
        source.unlink()
        self.assertIn("ready", self.get("book", "--catalogue", catalogue).stdout)
        self.assertTrue((self.cache / "book" / ".checked").exists())

    def test_takes_away_what_a_killed_one_left(self):
        self.program("npm", "echo half >half\nkill -9 $PPID\n")
        source = {"npm": "words@1.0", "sha256": sha256(TEXT), "extract": "plain"}
        self.get("book", "--catalogue", self.catalogue({"book.txt": TEXT}, source), code=-9)
        self.assertNotEqual(self.cached(), {})
        catalogue = self.catalogue({"book.txt": TEXT}, self.url_source(self.original("a.txt", TEXT)))
        self.get("book", "--catalogue", catalogue)
        self.assertEqual(self.cached(), {"book/book.txt": TEXT})

    def test_leaves_other_files_of_the_folder(self):
        catalogue = self.catalogue({"book.txt": TEXT}, self.url_source(self.original("a.txt", TEXT)))
        (self.cache / "book").mkdir(parents=True)
        (self.cache / "book" / "mine.txt").write_bytes(b"mine")
        self.get("book", "--catalogue", catalogue)
        self.assertEqual(self.cached(), {"book/mine.txt": b"mine", "book/book.txt": TEXT})

    def test_two_at_once_fetch_once(self):
        log = self.folder / "log"
        self.program("npm", f'echo called >>"{log}"\nsleep 1\nexec cp "{self.original("t", TEXT)}" words-1.0.tgz\n')
        source = {"npm": "words@1.0", "sha256": sha256(TEXT), "extract": "plain"}
        catalogue = self.catalogue({"book.txt": TEXT}, source)
        both = [subprocess.Popen(**self.command("book", "--catalogue", catalogue), stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT) for _ in range(2)]
        told = "".join(process.communicate()[0] for process in both)
        self.assertEqual([process.returncode for process in both], [0, 0], told)
        self.assertEqual(log.read_text(), "called\n")
        self.assertIn("book: ready in", told)
        self.assertEqual(self.cached(), {"book/book.txt": TEXT})

    def test_names_what_is_near_an_unknown_name(self):
        done = self.get("alice", "austin", code=2)
        self.assertIn("unknown data set 'austin' (known: alice, austen, books, ", done.stderr)
        self.assertIn("did you mean 'austen'?", done.stderr)
        self.assertFalse(self.cache.exists())

    def test_wants_to_be_told_what(self):
        for arguments in ([], ["--all", "--list"], ["alice", "--all"], ["--nonsense"]):
            with self.subTest(arguments):
                self.assertIn("usage: get-data", self.get(*arguments, code=2).stderr)

    def test_lists_every_set_and_its_state(self):
        catalogue = self.catalogue({"book.txt": TEXT}, self.url_source(self.original("a.txt", TEXT)))
        self.assertIn("not fetched yet", self.get("--list", "--catalogue", catalogue).stdout)
        self.get("--all", "--catalogue", catalogue)
        self.assertIn(f"in {self.cache}/book", self.get("--list", "--catalogue", catalogue).stdout)

    def test_refuses_a_bad_catalogue(self):
        text = self.catalogue({"book.txt": TEXT}, self.url_source(self.original("a.txt", TEXT))).read_text()
        for bad in ("[", "- book", text.replace("book.txt", "../book.txt"), text.replace("plain", "os"),
                    text.replace("file:", "ftp:"), text.replace("sources:", "origins:"),
                    text.replace("book:", "'-x':"), text.replace("licence:", "license:"),
                    text.replace("book.txt: ", "book.txt: x"), text.replace("url:", "address:"),
                    text.replace("  files:", "  not_pinned: because\n  files:")):
            with self.subTest(bad):
                path = self.original("bad.yaml", bad.encode())
                self.assertRegex(self.get("book", "--catalogue", path, code=4).stderr, "^get-data: .*catalogue")
                self.assertFalse(self.cache.exists())

    def test_finds_its_cache(self):
        catalogue = self.catalogue({"book.txt": TEXT}, self.url_source(self.original("a.txt", TEXT)))
        home = {"UNROLL_DATA": "", "HOME": str(self.folder / "home")}
        for environment, base in (({**home, "XDG_CACHE_HOME": str(self.folder / "xdg")}, "xdg"),
                                  ({**home, "XDG_CACHE_HOME": ""}, "home/.cache")):
            self.get("book", "--catalogue", catalogue, **environment)
            self.assertTrue((self.folder / base / "unroll/data/book/book.txt").is_file())

    def test_says_that_it_cannot_write(self):
        self.cache.write_text("a file where the folder should be")
        catalogue = self.catalogue({"book.txt": TEXT}, self.url_source(self.original("a.txt", TEXT)))
        self.assertRegex(self.get("book", "--catalogue", catalogue, code=4).stderr, "^get-data: the cache .*cache cannot be written: ")


if __name__ == "__main__":
    unittest.main()
