"""Bad input, each kind with its message and exit code: never a crash, never a half-truth."""
import os
import resource
import unittest

import h5py
import harness


class Corpus(harness.EndToEnd):
    def corpus(self, content, says):
        if content is not None:
            self.write("story.txt", content)
        self.write("small.yaml", harness.EXPERIMENT)
        self.refused(4, "small.yaml", says=says)
        self.assertFalse((self.folder / "runs").exists())

    def test_missing(self):
        self.corpus(None, ["story.txt", "no such file"])

    def test_missing_from_the_catalogue(self):
        self.experiment(**{"files: [story.txt]": "corpus: [austen/emmma]"})
        self.refused(4, "small.yaml", environment={"UNROLL_DATA": str(self.folder)},
                     says=["austen/emmma", "tools/get-data austen"])

    def test_empty(self):
        self.corpus("", ["story.txt", "empty"])

    def test_binary(self):
        self.corpus(b"\x7fELF\x02\x01\x01\x00" + bytes(500), ["story.txt", "binary"])

    def test_too_short(self):
        self.corpus("Too short.", ["too short"])

    def test_not_utf8(self):
        self.corpus(b"caf" * 1000 + b"\xe9 au lait" * 100, ["not UTF-8", "byte offset 3000"])

    def test_folder(self):
        (self.folder / "story.txt").mkdir()
        self.corpus(None, ["story.txt", "folder"])


class Experiment(harness.EndToEnd):
    def broken(self, old, new, says, code=2):
        self.experiment(**{old: new})
        return self.refused(code, "small.yaml", says=says)

    def test_unknown_plugin(self):
        self.broken("cell: lstm", "cell: lstn", code=3,
                    says=["small.yaml:5:", "lstn", "did you mean 'lstm'?", "plugins"])

    def test_unknown_option(self):
        self.broken("hidden: 24", "hiden: 24",
                    says=["small.yaml:5:", "unknown option 'hiden'; did you mean 'hidden'?"])

    def test_mistyped_option(self):
        self.broken("hidden: 24", "hidden: many", says=["small.yaml:5:", "hidden", "many"])

    def test_option_out_of_range(self):
        self.broken("hidden: 24", "hidden: 0", says=["small.yaml:5:", "hidden", "1"])

    def test_duplicate_key(self):
        self.broken("seed: 1", "seed: 1\nseed: 2", says=["small.yaml:3:", "seed"])

    def test_all_mistakes_at_once(self):
        self.experiment(**{"hidden: 24": "hiden: 24", "epochs: 2": "epochs: -2",
                           "seed: 1": "sede: 1"})
        self.refused(2, "small.yaml", says=["'hiden'", "epochs", "'sede'"])

    def test_missing_file(self):
        self.refused(2, "none.yaml", says="none.yaml")

    def test_empty_file(self):
        self.write("small.yaml", "")
        self.refused(2, "small.yaml", says=["small.yaml", "empty"])

    def test_not_yaml(self):
        self.write("small.yaml", "a: [1, 2")
        self.refused(2, "small.yaml", says="small.yaml:1:")

    def test_binary_file(self):
        self.write("small.yaml", bytes(range(256)))
        self.refused(2, "small.yaml", says="small.yaml")

    def test_bad_override(self):
        self.experiment()
        self.refused(2, "small.yaml", "--set", "training.epoch=3",
                     says=["--set training.epoch=3", "did you mean 'epochs'?"])
        self.refused(2, "small.yaml", "--set", "training", says="--set")

    def test_command_line(self):
        self.experiment()
        self.refused(2, "evalute", "x.h5", says=["unknown command 'evalute'", "'evaluate'?"])
        self.refused(2, "small.yaml", "--frobnicate", says="--frobnicate")
        self.refused(2, "small.yaml", "--threads", "lots", says="--threads")
        self.refused(2, "sample", says="run")

    def test_help_has_an_example(self):
        for command in ("run", "resume", "sample", "evaluate", "compare", "list", "rename", "tag", "note",
                        "plugins", "bench"):
            with self.subTest(command):
                self.assertIn("Example:\n  runexp", self.run_it(command, "--help").stdout)
        self.assertIn("runexp experiments/char_lstm.yaml", self.run_it("--help").stdout)
        self.assertIn("runexp experiments/char_lstm.yaml", self.run_it().stdout)
        self.assertRegex(self.run_it("--version").stdout, r"runexp \d+\.\d+")


class RunFiles(harness.EndToEnd):
    def unreadable(self, content, says):
        self.write("bad.h5", content)
        for words in (("sample", "bad.h5"), ("evaluate", "bad.h5"), ("resume", "bad.h5")):
            with self.subTest(words):
                self.refused(4, *words, says=says)

    def good_run(self):
        self.experiment()
        self.run_it("small.yaml", "--quiet", "--set", "training.epochs=1")
        return (self.folder / "runs/small.h5").read_bytes()

    def test_missing(self):
        self.refused(4, "sample", "none.h5", says="none.h5")

    def test_empty(self):
        self.unreadable("", "is empty")

    def test_text(self):
        self.unreadable("This is no run file.\n" * 50, "is not an Unroll run file")

    def test_foreign_hdf5(self):
        with h5py.File(self.folder / "foreign.h5", "w") as file:
            file["x"] = [1, 2, 3]
        self.unreadable((self.folder / "foreign.h5").read_bytes(), "is not an Unroll run file")

    def test_truncated(self):
        self.unreadable(self.good_run()[:-100], "is truncated")

    def test_damaged(self):
        content = bytearray(self.good_run())
        content[len(content) // 2] ^= 1
        self.unreadable(bytes(content), "is damaged")

    def test_newer_version(self):
        content = self.good_run()
        head, rest = content[:512], content[512:]
        newer = head.replace(b"UNROLLRUN 1", b"UNROLLRUN 9", 1)
        self.assertNotEqual(head[:11], newer[:11])
        self.unreadable(newer + rest, ["version 9", "newer Unroll"])


class Writing(harness.EndToEnd):
    def test_below_a_regular_file(self):
        self.experiment()
        self.write("notafolder", "x")
        self.refused(4, "small.yaml", "-o", "notafolder/x.h5", says="notafolder")

    @unittest.skipIf(os.geteuid() == 0, "root may write into read-only folders")
    def test_read_only_folder(self):
        self.experiment()
        (self.folder / "locked").mkdir(mode=0o555)
        self.refused(4, "small.yaml", "-o", "locked/x.h5", says=["locked", "denied"])

    def test_read_only_file_system(self):
        self.experiment()
        self.refused(4, "small.yaml", "-o", "/proc/x.h5", says="/proc/x.h5")

    def test_full_disk(self):
        """A limit on the size of files fails writes as a full disk does."""
        self.experiment()
        self.run_it("small.yaml", "--quiet", "--set", "training.epochs=1")
        size = (self.folder / "runs/small.h5").stat().st_size

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (size // 4, size // 4))
        done = self.refused(4, "small.yaml", "-o", "full.h5", preexec_fn=limit,
                            says=["full.h5", "cannot be written"])
        self.assertRegex(done.stderr, "too large|space")


if __name__ == "__main__":
    unittest.main()
