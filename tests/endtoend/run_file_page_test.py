"""docs/run-file.md names every data set of the run files of every kind of task, and every figure."""
import re
import unittest

import h5py
import harness

TASKS = {
    "stream": ("{text: {files: [lines.txt]}}", "{many_to_many: {cell: lstm, hidden: 8}}"),
    "lines": ("{text: {files: [lines.txt], unit: line}}", "{markov: {order: 2}}"),
    "classes": ("{labelled_text: {files: [pairs.tsv], label: 2, text: 1, test: 0.2}}",
                "{many_to_one: {cell: gru, hidden: 8}}"),
    "answers": ("{parallel_text: {files: [pairs.tsv]}}", "{seq2seq: {cell: gru, hidden: 8, embedding: 4}}"),
    "tags": ("{parallel_text: {files: [tags.tsv]}}", "{many_to_many: {predict: tags, cell: gru, hidden: 8}}"),
    "numbers": ("{table: {files: [table.tsv], features: [1], words: [2], values: [3]}}",
                "{one_to_one: {width: 4}}"),
}


def pattern(written):
    """`/a/{b,c}/SPLIT/…` of the page as a regular expression."""
    parts = re.split(r"(\{[^}]*\}|SPLIT|NAME|LAYER|PARAMETER|PART|GATE|…)", written)
    regex = ""
    for part in parts:
        if part.startswith("{"):
            regex += "(" + "|".join(map(re.escape, part[1:-1].split(","))) + ")"
        elif part in ("SPLIT", "NAME", "PART", "GATE"):
            regex += "[^/]+"
        else:
            regex += ".+" if part in ("LAYER", "PARAMETER", "…") else re.escape(part)
    return re.compile(regex)


class Page(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.page = (harness.ROOT / "docs/run-file.md").read_text(encoding="utf-8")
        self.write("lines.txt", "one line of many\nand another of them\n" * 40)
        self.write("pairs.tsv", "a b\tb\nc a\ta\nb c\tc\nc b\tb\n" * 30)
        self.write("tags.tsv", "ab\txy\nba\tyx\naab\txxy\n" * 20)
        self.write("table.tsv", "1\tgood\t5\n2\tbad\t6\n3\tgood\t9\n4\tbad\t11\n" * 10)

    def found_in(self, task):
        data, model = TASKS[task]
        self.write(f"{task}.yaml", f"experiment: {task}\nthreads: 1\ndata: {data}\nmodel: {model}\n"
                   "tokenizer: char\ntarget_tokenizer: char\nexpect: [validation/loss < 1000]\n"
                   "training: {epochs: 1, batch: 4, window: 10}\n"
                   "generate: {prompt: a, length: 5, samplers: [greedy]}\n")
        self.run_it(f"{task}.yaml", "--quiet")
        with h5py.File(self.folder / f"runs/{task}.h5") as run:
            found = []
            run.visititems(lambda path, item: found.append("/" + path) if isinstance(item, h5py.Dataset) else None)
        return found

    def test_every_path_and_every_figure(self):
        documented = [pattern(path) for line in self.page.splitlines() if line.startswith("| `/")
                      for path in re.findall(r"`(/[^`]+)`", line.split("|")[1])]
        self.assertGreater(len(documented), 25)
        for task in TASKS:
            paths = self.found_in(task)
            with self.subTest(task):
                self.assertGreater(len(paths), 20)
                self.assertEqual([path for path in paths if not any(one.fullmatch(path) for one in documented)], [])
                figures = {path.split("/")[-1] for path in paths if path.startswith("/metrics/")} - {"step"}
                self.assertEqual([name for name in sorted(figures) if f"`{name}`" not in self.page], [])


if __name__ == "__main__":
    unittest.main()
