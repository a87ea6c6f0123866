"""`runexp report`: the page as a file, what it refuses, and the server of --follow."""
import base64
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.parse
import zlib

import harness
import large_runs

EVIL = "</script><script>hacked=1</script><!--<script>"


def data_of(page):
    """The data inside a page, unpacked, and the page without them."""
    found = re.search(r'<script type="application/octet-stream" id="data"[^>]*>([^<]*)</script>',
                      page)
    data = json.loads(zlib.decompress(base64.b64decode(found[1], validate=True)))
    return data, page[:found.start()] + page[found.end():]


class Runs(harness.EndToEnd):
    """Two cells, one of them with two seeds; trained once for all tests."""

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.runs = pathlib.Path(scratch.name) / "runs"
        maker = cls("run_it")
        maker.folder = pathlib.Path(scratch.name)
        maker.experiment(harness.EXPERIMENT.replace('prompt: "the "', f'prompt: "{EVIL}"')
                         .replace("experiment: small", f"experiment: small\ndescription: '{EVIL}'"))
        for name, *settings in (("lstm-1",), ("lstm-2", "--seed", "2"),
                                ("gru-1", "--set", "model.many_to_many.cell=gru")):
            maker.run_it("small.yaml", "--threads", "1", "--quiet", "--output",
                         f"runs/{name}.h5", *settings)

    def report(self, *words, **options):
        return self.run_it("report", *words, **options)


class ReportTest(Runs):
    def test_holds_everything_and_loads_nothing(self):
        said = self.report(self.runs, "-o", "page.html").stdout
        self.assertIn("page.html", said)
        self.assertIn("3 runs", said)
        page = (self.folder / "page.html").read_text(encoding="utf-8")
        data, rest = data_of(page)
        self.assertEqual([run["name"] for run in data["runs"]], ["gru-1", "lstm-1", "lstm-2"])
        self.assertEqual(data["headline"], ["validation", "loss"])
        run = data["runs"][0]
        self.assertEqual(run["status"], "completed")
        self.assertEqual(len(run["samples"]), 4)
        self.assertGreater(run["steps_per_epoch"], 10)
        self.assertIn("    cell:\n      gru:\n", run["resolved"])
        self.assertEqual(run["metrics"]["validation"]["columns"]["loss"]["unit"], "nats/token")
        self.assertNotRegex(rest, r'(src|href)="(?!#)')
        self.assertIn("connect-src 'none'", rest)
        self.assertNotIn("unsafe", rest)

    def test_gathers_runs_that_differ_in_the_seed_alone(self):
        data = json.loads(self.report(self.runs, "--json").stdout)
        self.assertEqual(data["groups"], [{"title": "cell gru", "runs": [0]},
                                          {"title": "cell lstm", "runs": [1, 2]}])

    def test_is_a_function_of_its_runs(self):
        for name in ("a.html", "b.html"):
            self.report(self.runs, "-o", name)
        self.assertEqual(*((self.folder / name).read_bytes() for name in ("a.html", "b.html")))

    def test_foreign_text_ends_no_element(self):
        self.report(self.runs / "lstm-1.h5", "-o", "page.html")
        data, rest = data_of((self.folder / "page.html").read_text(encoding="utf-8"))
        self.assertEqual(data["runs"][0]["description"], EVIL)
        self.assertEqual(data["runs"][0]["samples"][0]["prompt"], EVIL)
        self.assertNotIn("hacked", rest)

    def test_lies_beside_its_runs_and_overwrites_nothing(self):
        self.report(self.runs / "gru-1.h5")
        self.report(self.runs)
        for page in (self.runs / "gru-1.html", self.runs / "report.html"):
            self.assertTrue(page.exists())
        self.refused(2, "report", self.runs, says=["exists already", "--force"])
        self.report(self.runs, "--force")
        notes = self.write("notes.html", "<!doctype html>\n<p>mine</p>")
        self.refused(2, "report", self.runs, "-o", notes, "--force", says="is not a report")
        self.assertIn("mine", notes.read_text())
        for page in self.runs.glob("*.html"):
            page.unlink()

    def test_reports_on_those_that_can_be_read(self):
        good = self.runs / "gru-1.h5"
        self.write("mixed/good.h5", good.read_bytes())
        self.write("mixed/torn.h5", good.read_bytes()[:9000])
        done = self.report("mixed", "-o", "page.html", code=4)
        self.assertIn("mixed/torn.h5: ", done.stderr)
        data, _ = data_of((self.folder / "page.html").read_text(encoding="utf-8"))
        self.assertEqual(len(data["runs"]), 1)
        self.refused(4, "report", "mixed/torn.h5", says="no run to report on")
        self.refused(4, "report", "nowhere", says="there is no such file")

    def test_twenty_large_runs_make_a_page_below_5_MB(self):
        large_runs.swell(self.runs / "lstm-1.h5", self.folder / "run-1.h5")
        for i in range(2, 21):
            os.link(self.folder / "run-1.h5", self.folder / f"run-{i}.h5")
        self.report(*(f"run-{i}.h5" for i in range(1, 21)), "-o", "page.html")
        page = self.folder / "page.html"
        self.assertLess(page.stat().st_size, 5_000_000)
        data, _ = data_of(page.read_text(encoding="utf-8"))
        self.assertEqual(len(data["runs"]), 20)
        run = data["runs"][0]
        steps = run["metrics"]["train"]["steps"][0]
        self.assertEqual((steps[0], steps[-1]), (1, large_runs.STEPS))
        self.assertGreater(len(steps), 150)
        self.assertEqual({sample["step"] for sample in run["samples"]} & {1, large_runs.WRITTEN},
                         {1, large_runs.WRITTEN})
        histograms = run["histograms"]
        self.assertEqual(len(histograms["weights"]) + histograms["left_out"],
                         3 * large_runs.LAYERS)
        self.assertEqual(histograms["step"][::len(histograms["step"]) - 1], [1, large_runs.ROWS])
        self.assertEqual(run["reading"]["of"], large_runs.TOKENS)
        self.assertGreater(len(run["reading"]["tokens"]), 150)

    def test_shows_killed_runs(self):
        self.experiment()
        going = subprocess.Popen(self.command("small.yaml", "--quiet", "--set",
                                              "training.epochs=2000", "--output", "long.h5"),
                                 cwd=self.folder, env=self.environment())
        while not (self.folder / "long.h5").exists():
            time.sleep(0.05)
        going.kill()
        going.wait()
        data = json.loads(self.report("long.h5", "--json").stdout)
        self.assertEqual(data["runs"][0]["status"], "killed")


class FollowTest(Runs):
    def setUp(self):
        super().setUp()
        self.server = subprocess.Popen(
            self.command("report", self.runs / "lstm-1.h5", "--follow", "--port", "0"),
            cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8",
            env=self.environment())
        self.addCleanup(self.server.stdout.close)
        self.addCleanup(self.server.wait)
        self.addCleanup(self.server.kill)
        address = self.server.stdout.readline().strip()
        self.assertRegex(address, r"^http://127\.0\.0\.1:\d+/$")
        self.port = urllib.parse.urlsplit(address).port

    def get(self, path, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()

    def test_serves_the_page_and_its_data_once(self):
        status, headers, page = self.get("/")
        self.assertEqual(status, 200)
        self.assertIn("frame-ancestors 'none'", headers["Content-Security-Policy"])
        self.assertIn("connect-src 'self'", page)
        status, headers, text = self.get("/data.json")
        self.assertEqual((status, json.loads(text)), (200, data_of(page)[0]))
        self.assertEqual(self.get("/data.json", **{"If-None-Match": headers["ETag"]})[0], 304)
        self.assertEqual(self.get("/etc/passwd")[0], 404)

    def test_answers_to_no_other_name(self):
        for host in ("evil.example", f"evil.example:{self.port}", f"127.0.0.1:{self.port + 1}"):
            self.assertEqual(self.get("/data.json", Host=host)[0], 403)
        self.assertEqual(self.get("/data.json", Host=f"localhost:{self.port}")[0], 200)

    def test_ends_when_asked(self):
        self.server.send_signal(signal.SIGINT)
        self.assertEqual(self.server.wait(timeout=30 * harness.PATIENCE), 0)

    def test_says_that_a_port_is_taken(self):
        self.refused(2, "report", self.runs, "--follow", "--port", self.port, says="--port")


if __name__ == "__main__":
    unittest.main()
