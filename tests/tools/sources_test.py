#!/usr/bin/python3
"""Where tools/get-data has originals from: packages installed or not, downloads, npm, apt's index."""

import shutil
import struct
import subprocess
import unittest
import zlib

from fetching import TEXT, Fetching, sha256


def r_object(kind, lines, version=2):
    """An R object in XDR form; kind 16 is a vector of strings."""
    encoding = struct.pack(">i", 5) + b"UTF-8" if version == 3 else b""
    strings = b"".join(struct.pack(">ii", 0x40009, len(line)) + line for line in lines)
    return b"X\n" + struct.pack(">iii", version, 0x30600, 0x20300) + encoding + \
        struct.pack(">ii", kind, len(lines)) + strings


def r_database(*objects):
    return b"".join(struct.pack(">I", len(content)) + zlib.compress(content) for content in objects)


class Sources(Fetching):
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

    def test_refuses_a_download_with_a_wrong_checksum(self):
        source = self.url_source(self.original("a.txt", TEXT + b"!"), sha256(TEXT))
        done = self.get("book", "--catalogue", self.catalogue({"book.txt": TEXT}, source), code=4)
        self.assertRegex(done.stderr, "get-data: book: .*the download has SHA-256 [0-9a-f]{12}…, not")
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
        self.program("apt-get", f'exec cp "{self.folder}/book.deb" book_1_all.deb\n')
        source = {"package": "book", "path": inside, "extract": "phpfaker"}
        done = self.get("book", "--catalogue", self.catalogue({"book.txt": TEXT}, source))
        self.assertIn("from Debian package book", done.stdout)
        self.assertEqual(self.cached(), {"book/book.txt": TEXT})

    def test_says_what_apt_says(self):
        self.no_archive()
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
                self.no_archive()
                done = self.get("book", "--catalogue", self.catalogue({"emma.txt": b"EMMA\n"}, source), code=4)
                self.assertIn("installed novels: Rdata.rdb is not of the known form: ", done.stderr)
                self.assert_nothing_cached()

    def test_reads_originals_of_several_parts(self):
        parts = [{"package": "words", "path": str(self.original("Czech.txt", b"Abl\n"))},
                 {key: self.url_source(self.original("Greek.txt", b"Bouras\n"))[key] for key in ("url", "sha256")}]
        names = b"Czech\tAbl\nGreek\tBouras\n"
        catalogue = self.catalogue({"names.tsv": names}, {"extract": "names", "parts": parts})
        done = self.get("book", "--catalogue", catalogue)
        self.assertIn("book: 1 file, 0.0 MB, from installed words and 1 more\n", done.stdout)
        self.assertEqual(self.cached(), {"book/names.tsv": names})

    def test_takes_a_folder_out_of_a_package(self):
        tree = self.folder / "tree"
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "DEBIAN" / "control").write_text(
            "Package: book\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: a book\n")
        (tree / "usr/mo").mkdir(parents=True)
        (tree / "usr/mo/secret.mo").symlink_to("/etc/passwd")  # no link is followed, nor made
        (tree / "usr/help/a").mkdir(parents=True)
        (tree / "usr/help/a/x.html").write_text('<p id="p1">यह एक लंबा वाक्य है.</p>')
        subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, self.folder / "book.deb"], check=True,
                       stdout=subprocess.DEVNULL)
        self.program("apt-get", f'exec cp "{self.folder}/book.deb" book_1_all.deb\n')
        parts = [{"package": "book", "path": "/usr/help"}, {"package": "book", "path": "/usr/help/a"}]
        text = "यह एक लंबा वाक्य है.\n".encode()
        done = self.get("book", "--catalogue", self.catalogue({"hindi.txt": text}, {"extract": "hindi", "parts": parts}))
        self.assertEqual(done.stderr.count("downloading"), 1)
        self.assertEqual(self.cached(), {"book/hindi.txt": text})
        parts[1]["path"] = "/usr/mo"
        shutil.rmtree(self.cache)
        catalogue = self.catalogue({"hindi.txt": text}, {"extract": "hindi", "parts": parts})
        self.assertIn("/usr/mo is not in it", self.get("book", "--catalogue", catalogue, code=4).stderr)

    def test_holds_what_is_not_pinned_to_its_form(self):
        record = "Package: p{0}\\nSection: games\\nDescription: a game of {0} players\\n\\n"
        self.program("apt-cache", f"test $1 = dumpavail && printf '{record.format(1)}{record.format(2)}'\n")
        self.no_archive()
        rule = {"columns": ["section", "description", "source"], "least_rows": 2}
        source = {"index": "apt", "extract": "debian_sections"}
        why = "it follows the suite"
        catalogue = self.catalogue({"s.tsv": rule}, source, not_pinned=why)
        self.get("book", "--catalogue", catalogue)
        self.assertEqual(self.cached(), {"book/s.tsv": b"games\ta game of 1 players\tp1\ngames\ta game of 2 players\tp2\n"})
        self.assertIn("ready", self.get("book", "--catalogue", catalogue).stdout)
        shutil.rmtree(self.cache)
        catalogue = self.catalogue({"s.tsv": {**rule, "least_rows": 3}}, source, not_pinned=why)
        done = self.get("book", "--catalogue", catalogue, code=4)
        self.assertIn("s.tsv has 2 rows, fewer than 3; the package index: E: Unable", done.stderr)
        self.assertIn("updating the package lists", done.stderr)
        self.assert_nothing_cached()

    def test_asks_npm(self):
        package = self.original("words-1.0.tgz", TEXT)
        self.program("npm", f'test "$*" = "pack --silent words@1.0" && exec cp "{package}" words-1.0.tgz\n')
        source = {"npm": "words@1.0", "sha256": sha256(TEXT), "extract": "plain"}
        self.get("book", "--catalogue", self.catalogue({"book.txt": TEXT}, source))
        self.assertEqual(self.cached(), {"book/book.txt": TEXT})
        shutil.rmtree(self.cache)
        self.program("npm", "echo 'npm ERR! 404'\nexit 1\n")
        done = self.get("book", "--catalogue", self.catalogue({"book.txt": TEXT}, source), code=4)
        self.assertIn("get-data: book: words@1.0: npm ERR! 404\n", done.stderr)


if __name__ == "__main__":
    unittest.main()
