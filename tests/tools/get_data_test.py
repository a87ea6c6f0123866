#!/usr/bin/python3
"""tools/get-data as its users run it, on sources made here: no network, no archive."""

import hashlib
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest
import zlib

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = "Alice was beginning to get very tired — of sitting by her sister.\n".encode()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def r_object(kind, lines, version=2):
    """An R object in XDR form; kind 16 is a vector of strings."""
    encoding = struct.pack(">i", 5) + b"UTF-8" if version == 3 else b""
    strings = b"".join(struct.pack(">ii", 0x40009, len(line)) + line for line in lines)
    return b"X\n" + struct.pack(">iii", version, 0x30600, 0x20300) + encoding + \
        struct.pack(">ii", kind, len(lines)) + strings


def r_database(*objects):
    return b"".join(struct.pack(">I", len(content)) + zlib.compress(content) for content in objects)


class GetData(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.cache = self.folder / "cache"
        self.programs = self.folder / "programs"
        self.programs.mkdir()

    def original(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def url_source(self, path, checksum=None):
        return {"url": path.as_uri(), "sha256": checksum or sha256(path.read_bytes()), "extract": "plain"}

    def catalogue(self, files, *sources, name="book"):
        entry = {"description": "a book", "licence": "public domain", "task": "language modelling",
                 "files": {file: sha256(content) for file, content in files.items()},
                 "sources": list(sources)}
        path = self.folder / "catalogue.yaml"
        path.write_text(yaml.safe_dump({name: entry}))
        return path

    def get(self, *arguments, code=0, **environment):
        done = subprocess.run(
            ["/usr/bin/python3", ROOT / "tools" / "get-data", *arguments], capture_output=True, text=True,
            env={**os.environ, "PATH": f"{self.programs}:{os.environ['PATH']}",
                 "UNROLL_DATA": str(self.cache), **environment})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def cached(self):
        return {str(path.relative_to(self.cache)): path.read_bytes()
                for path in self.cache.rglob("*") if path.is_file() and path.name != ".checked"}

    def assert_nothing_cached(self):
        self.assertEqual(list(self.cache.rglob("*")), [])

    def test_downloads_a_url_once(self):
        source = self.original("a.txt", TEXT)
        catalogue = self.catalogue({"book.txt": TEXT}, self.url_source(source))
        first = self.get("book", "--catalogue", catalogue)
        self.assertIn("book: 1 file, ", first.stdout)
        self.assertEqual(self.cached(), {"book/book.txt": TEXT})
        written = (self.cache / "book" / "book.txt").stat().st_mtime_ns
        source.unlink()
        again = self.get("book", "--catalogue", catalogue)
        self.assertEqual((again.stdout, again.stderr), (f"book: ready in {self.cache}/book\n", ""))
        self.assertEqual((self.cache / "book" / "book.txt").stat().st_mtime_ns, written)

    def test_mends_a_damaged_file(self):
        catalogue = self.catalogue({"book.txt": TEXT}, self.url_source(self.original("a.txt", TEXT)))
        (self.cache / "book").mkdir(parents=True)
        (self.cache / "book" / "book.txt").write_bytes(TEXT[:10])
        self.get("book", "--catalogue", catalogue)
        self.assertEqual(self.cached(), {"book/book.txt": TEXT})

    def test_refuses_a_download_with_a_wrong_checksum(self):
        source = self.url_source(self.original("a.txt", TEXT + b"!"), sha256(TEXT))
        done = self.get("book", "--catalogue", self.catalogue({"book.txt": TEXT}, source), code=4)
        self.assertRegex(done.stderr, "get-data: book: .*the download has SHA-256 [0-9a-f]{12}…, not")
        self.assert_nothing_cached()

    def test_refuses_an_extraction_with_a_wrong_checksum(self):
        source = self.url_source(self.original("a.txt", TEXT + b"!"))
        done = self.get("book", "--catalogue", self.catalogue({"book.txt": TEXT}, source), code=4)
        self.assertRegex(done.stderr, "book.txt has SHA-256 [0-9a-f]{12}…, not [0-9a-f]{12}… as catalogued")
        self.assert_nothing_cached()

    def test_takes_the_next_source_after_a_failure_and_tells_all_failures(self):
        bad = self.url_source(self.original("bad.txt", b"no\n"))
        good = self.url_source(self.original("good.txt", TEXT))
        self.get("book", "--catalogue", self.catalogue({"book.txt": TEXT}, bad, good))
        shutil.rmtree(self.cache)
        gone = {**good, "url": (self.folder / "gone.txt").as_uri()}
        done = self.get("book", "--catalogue", self.catalogue({"book.txt": TEXT}, bad, gone), code=4)
        self.assertRegex(done.stderr, "bad.txt: .*; .*gone.txt: cannot be downloaded")
        self.assertEqual(len([line for line in done.stderr.splitlines() if line.startswith("get-data:")]), 1)

    def test_extracts_novels_from_an_installed_package(self):
        novels = {"pride-and-prejudice.txt": b"PRIDE AND PREJUDICE\n\nBy\n", "emma.txt": "\nEMMA\né\n".encode()}
        strings = [content[:-1].split(b"\n") for content in novels.values()]
        database = r_database(r_object(16, strings[0]), r_object(19, []), r_object(16, strings[1], version=3))
        path = self.original("Rdata.rdb", database)
        source = {"package": "novels", "path": str(path), "extract": "janeaustenr"}
        done = self.get("book", "--catalogue", self.catalogue(novels, source))
        self.assertIn("2 files, 0.0 MB, from installed novels", done.stdout)
        self.assertEqual(self.cached(), {f"book/{name}": content for name, content in novels.items()})

    def test_unpacks_a_debian_package_without_installing_it(self):
        php = b"<?php\n$baseText = <<<'EOT'\n" + TEXT + b"EOT;\n}\n"
        inside = "/usr/share/unroll-test/Text.php"
        tree = self.folder / "tree"
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "DEBIAN" / "control").write_text(
            "Package: book\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: a book\n")
        (tree / inside[1:]).parent.mkdir(parents=True)
        (tree / inside[1:]).write_bytes(php)
        subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, self.folder / "book.deb"], check=True,
                       stdout=subprocess.DEVNULL)
        apt = self.programs / "apt-get"
        apt.write_text(f'#!/bin/sh\nexec cp "{self.folder}/book.deb" book_1_all.deb\n')
        apt.chmod(0o755)
        source = {"package": "book", "path": inside, "extract": "phpfaker"}
        done = self.get("book", "--catalogue", self.catalogue({"book.txt": TEXT}, source))
        self.assertIn("from Debian package book", done.stdout)
        self.assertEqual(self.cached(), {"book/book.txt": TEXT})

    def test_says_what_apt_says(self):
        apt = self.programs / "apt-get"
        apt.write_text("#!/bin/sh\necho 'E: Unable to locate package book'\nexit 100\n")
        apt.chmod(0o755)
        shutil.copy(apt, self.programs / "sudo")
        source = {"package": "book", "path": "/nowhere/Text.php", "extract": "phpfaker"}
        done = self.get("book", "--catalogue", self.catalogue({"book.txt": TEXT}, source), code=4)
        self.assertIn("get-data: book: Debian package book: E: Unable to locate package book\n", done.stderr)
        self.assert_nothing_cached()

    def test_refuses_damaged_originals(self):
        whole = r_database(r_object(16, [b"EMMA"]))
        cases = {"cut": whole[:-3], "not a database": b"\0\0\0\x09hello, hello",
                 "not an object": r_database(b"hello"), "cut object": r_database(r_object(16, [b"EMMA"])[:-2])}
        for case, content in cases.items():
            with self.subTest(case):
                source = {"package": "novels", "path": str(self.original("Rdata.rdb", content)),
                          "extract": "janeaustenr"}
                apt = self.programs / "apt-get"
                apt.write_text("#!/bin/sh\necho 'E: no'\nexit 100\n")
                apt.chmod(0o755)
                shutil.copy(apt, self.programs / "sudo")
                done = self.get("book", "--catalogue", self.catalogue({"emma.txt": b"EMMA\n"}, source), code=4)
                self.assertIn("installed novels: Rdata.rdb is not of the known form: ", done.stderr)
                self.assert_nothing_cached()

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
                    text.replace("file:", "ftp:"), text.replace("sources:", "origins:")):
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
