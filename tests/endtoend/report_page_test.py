"""The page of `runexp report` in a real browser: what people see, click and press."""
import shutil
import subprocess
import unittest

import h5py

import browser
import harness
import large_runs
import report_test


def setUpModule():
    if not browser.chromium():
        print("skipped: chromium and chromium-driver are not installed")
        raise SystemExit(77)


class PageBase(report_test.Runs):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.page = cls.runs / "report.html"
        maker = cls("run_it")
        maker.folder = cls.runs
        cls.make_page(maker)
        cls.browser = browser.Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        super().setUp()
        self.browser.requests()
        self.browser.open(self.page)
        self.browser.wait("document.documentElement.dataset.drawn === 'yes'")

    def tearDown(self):
        self.assertEqual(self.browser.messages(), [])

    def texts(self, selector):
        return self.browser.run(
            "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)",
            selector)

    def value(self, script):
        return self.browser.run(f"return {script};")


class PageTest(PageBase):
    @classmethod
    def make_page(cls, maker):
        maker.run_it("report", ".", "-o", cls.page)

    def test_draws_every_view_and_asks_nobody(self):
        self.assertEqual(self.texts("#title"), ["small"])
        titles = self.texts("nav a")
        for title in ("Overview", "Curves", "Differences", "Samples", "Runs"):
            self.assertIn(title, titles)
        self.assertEqual(len(self.texts("section h2")), len(titles))
        self.assertGreater(self.value("document.querySelectorAll('#curves .chart .line').length"), 3)
        self.assertGreater(self.value("document.querySelectorAll('#curves .band').length"), 0)
        self.assertLessEqual(self.value("document.documentElement.scrollWidth"),
                             self.value("window.innerWidth"))
        self.assertEqual(self.browser.requests(), [self.page.as_uri()])

    def test_foreign_text_stays_text(self):
        self.assertIsNone(self.value("window.hacked"))
        self.assertIn(report_test.EVIL, self.texts("#samples .prompt"))
        self.assertIn(report_test.EVIL, self.texts("#runs dd"))

    def test_scripts_that_are_not_the_page_s_own_do_not_run(self):
        self.browser.run("const script = document.createElement('script');"
                         "script.textContent = 'window.hacked = 1';"
                         "document.body.append(script);")
        self.assertIsNone(self.value("window.hacked"))
        self.assertIn("Content Security Policy", " ".join(self.browser.messages()))

    def test_sorts_by_click_and_by_keyboard(self):
        table = "[aria-label=Differences] table"
        column = 1 + self.texts(f"{table} th").index("validation loss")
        head = f"{table} th:nth-child({column})"
        names = f"{table} tbody td:first-child"
        losses = lambda: [float(text) for text in
                          self.texts(f"{table} tbody td:nth-child({column})")]
        self.browser.click(f"{head} button")
        up = losses()
        self.assertEqual(up, sorted(up))
        self.assertEqual(self.value(f"document.querySelector('{head}').ariaSort"), "ascending")
        self.browser.press("enter")
        self.assertEqual(losses(), up[::-1])
        self.assertEqual(self.value(f"document.querySelector('{head}').ariaSort"), "descending")
        self.browser.run(f"document.querySelector('{table} th button').focus()")
        self.browser.press("space")
        self.assertEqual(self.texts(names), ["gru-1", "lstm-1", "lstm-2"])

    def test_filters_runs(self):
        self.browser.run("document.querySelector('#differences input').focus()")
        self.browser.press(*"gru")
        self.assertEqual(self.texts("[aria-label=Differences] table")[0].count("completed"), 1)

    def test_zooms_by_dragging_and_by_keys(self):
        ticks = lambda: self.texts("#curves .chart .axis .tick text")
        whole = ticks()
        self.browser.drag("#curves .chart .overlay", (-200, -60), (100, 60))
        self.assertNotEqual(ticks(), whole)
        self.browser.click("#curves .reset")
        self.assertEqual(ticks(), whole)
        self.browser.run("document.querySelector('#curves .plot').focus()")
        self.browser.press("right", "right")
        self.assertIn("optimizer step", self.texts("#curves .tip")[0])
        self.browser.press("+")
        self.assertNotEqual(ticks(), whole)
        self.browser.press("escape")
        self.assertEqual(ticks(), whole)

    def test_axes_metrics_and_smoothing(self):
        path = lambda: self.value("document.querySelector('#curves .line.faint').getAttribute('d')")
        before = path()
        self.browser.run("const slider = document.querySelector('#curves input[type=range]');"
                         "slider.focus();")
        self.browser.press("end")
        self.assertNotEqual(path(), before)
        self.browser.press("home")
        self.assertEqual(path(), before)
        self.browser.click("#curves .choice button:nth-child(3)")
        self.assertIn("seconds of training", self.texts("#curves .chart .axis-label"))
        self.browser.run("document.querySelectorAll('#curves .mini')[1].click()")
        self.assertEqual(self.texts("#curves .chart .axis-label")[1],
                         self.texts("#curves .mini-title")[1])
        for box in (2, 3):
            self.browser.run("document.querySelectorAll('#curves > .controls > .check input')"
                             f"[{box - 2}].click()")
        self.assertNotIn("NaN", self.value("document.querySelector('#curves .chart').innerHTML"))

    def test_slider_goes_through_training(self):
        written = lambda: self.texts("#samples .written")
        last = written()
        self.browser.run("document.querySelector('#samples input[type=range]').focus()")
        self.browser.press("left")
        self.assertNotEqual(written(), last)
        self.browser.press("right")
        self.assertEqual(written(), last)

    def test_dark_by_preference_and_by_switch(self):
        ground = lambda: self.value("getComputedStyle(document.body).backgroundColor")
        light = ground()
        self.browser.command("Emulation.setEmulatedMedia",
                             features=[{"name": "prefers-color-scheme", "value": "dark"}])
        self.addCleanup(self.browser.command, "Emulation.setEmulatedMedia", features=[])
        dark = ground()
        self.assertNotEqual(dark, light)
        self.browser.click("#theme")
        self.assertEqual(ground(), light)
        self.browser.click("#theme")
        self.assertEqual(ground(), dark)
        self.browser.run("localStorage.clear()")

    def test_a_link_opens_its_run(self):
        self.browser.run("location.hash = '#run-1'")
        self.browser.wait("document.getElementById('run-1').open")


TOKENS = ["I", " ", "s", "a", "w", " ", "(", "a", ")", "\n", report_test.EVIL, "."]


def look_inside(source, target):
    """A copy of a run file with what a microscope saw, in the layout of docs/run-file.md."""
    shutil.copy(source, target)
    text = h5py.string_dtype()
    with h5py.File(target, "r+") as run:
        for group in ("histograms", "recurrence", "reading"):
            if group in run:
                del run[group]
        def put(path, values, dtype=None):
            large_runs.put(run, path, values, dtype)

        for kind in ("weights", "gradients"):
            put(f"histograms/{kind}/output/W/counts", [[1, 2, 3], [4, 0, 2]])
            put(f"histograms/{kind}/output/W/low", [-1.0, -2.0])
            put(f"histograms/{kind}/output/W/high", [1.0, 2.5])
        put("histograms/step", [1, 50])
        put("recurrence/step", [1, 50])
        layer = "recurrence/recurrence/layer0/forward"
        put(f"{layer}/gradient_by_lag", [[0.5, 0.1, float("nan")], [0.4, 0.2, 0.1]])
        put(f"{layer}/gradient_by_lag_c", [[0.5, 0.3, 0.2], [0.6, 0.5, 0.4]])
        put(f"{layer}/memory_length", [0.2, 0.6])
        put(f"{layer}/memory_length_c", [0.7, 0.9])
        for gate in ("i", "f"):
            for figure in ("saturated", "saturated_high", "spectral_radius"):
                put(f"{layer}/{figure}/{gate}", [0.1, 0.4])
        count = len(TOKENS)
        put("reading/tokens", TOKENS, text)
        put("reading/text", [0] * 10 + [1] * 2)
        put("reading/surprise", [float(i) / 2 for i in range(count)])
        put("reading/alternatives", [[token, "z"] for token in TOKENS], text)
        put("reading/probabilities", [[0.6, 0.3]] * count)
        put("reading/gates/recurrence/layer0/forward/f", [i / count for i in range(count)])
        for name, values in (("layer", ["recurrence/layer0/forward"]), ("part", ["c"]),
                             ("tracks", ["inside brackets"])):
            put(f"reading/units/{name}", values, text)
        put("reading/units/unit", [7])
        put("reading/units/score", [-0.8])
        put("reading/units/values", [[-1.0] * 6 + [0.5] * 6])
    large_runs.seal(target)


class MicroscopeTest(PageBase):
    @classmethod
    def make_page(cls, maker):
        for name in ("lstm-1", "lstm-2"):
            look_inside(cls.runs / f"{name}.h5", cls.runs.parent / f"{name}.h5")
        maker.run_it("report", "../lstm-1.h5", "../lstm-2.h5", "-o", cls.page)

    def test_reads_a_text_with_the_alternatives(self):
        self.assertIsNone(self.value("window.hacked"))
        self.assertEqual("".join(self.texts("#reading .reading-text [data-i]")),
                         "".join(TOKENS).replace("\n", "⏎\n"))
        shade = "getComputedStyle(document.querySelectorAll('#reading [data-i]')[{}]).backgroundColor"
        self.assertNotEqual(self.value(shade.format(1)), self.value(shade.format(9)))
        self.browser.run("document.querySelector('#reading .reading-text').focus()")
        self.browser.press("right", "right")
        self.assertIn("Token s", self.texts("#reading .inspector")[0])
        self.assertEqual(self.texts("#reading .guess .token"), ["s", "z"])
        self.browser.press("end", "left")
        self.assertIn(report_test.EVIL, self.texts("#reading .inspector .token")[0])

    def test_colours_a_text_by_gates_and_by_cells(self):
        shades = lambda: self.value("[...document.querySelectorAll('#reading [data-i]')]"
                                    ".map((one) => one.style.background).join()")
        seen = {shades()}
        self.browser.run("const colour = document.querySelectorAll('#reading select')[1];"
                         "colour.value = 'gate 0'; colour.dispatchEvent(new Event('change'))")
        seen.add(shades())
        self.browser.click("#reading .cell")
        seen.add(shades())
        self.assertEqual(len(seen), 3)
        self.assertIn("unit 7", self.texts("#reading .inspector")[0])

    def test_looks_at_recurrence_by_layer_and_by_run(self):
        lines = lambda: self.value("[...document.querySelectorAll('#recurrence figure')]"
                                   ".map((one) => one.querySelectorAll('.line').length)")
        self.assertEqual(lines(), [2, 2, 2, 2])
        self.browser.click("#recurrence .choice button:nth-child(2)")
        self.assertEqual(lines(), [2, 2, 4, 4])
        self.assertNotIn("NaN", self.value("document.getElementById('recurrence').innerHTML"))

    def test_draws_weights_and_gradients(self):
        inked = ("(() => { const one = document.querySelector('#weights canvas');"
                 "const blank = document.createElement('canvas');"
                 "[blank.width, blank.height] = [one.width, one.height];"
                 "return one.width > 0 && one.toDataURL() !== blank.toDataURL() })()")
        self.assertEqual(self.texts("#weights .map h4"), ["output/W"])
        self.browser.wait(inked)
        self.browser.click("#weights .choice button:nth-child(2)")
        self.browser.wait(inked)


class FollowedPageTest(harness.EndToEnd):
    def test_goes_on_without_loading_anew(self):
        self.experiment()
        going = subprocess.Popen(
            self.command("small.yaml", "--quiet", "--set", "training.epochs=100000",
                         "--set", "training.checkpoint_seconds=1", "--output", "run.h5"),
            cwd=self.folder, env=self.environment())
        self.addCleanup(going.wait)
        self.addCleanup(going.kill)
        while not (self.folder / "run.h5").exists():
            self.assertIsNone(going.poll())
        server = subprocess.Popen(self.command("report", "run.h5", "--follow", "--port", "0"),
                                  cwd=self.folder, stdout=subprocess.PIPE, encoding="utf-8",
                                  stderr=subprocess.DEVNULL, env=self.environment())
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        window = browser.Browser()
        self.addCleanup(window.close)
        window.open(server.stdout.readline().strip())
        window.run("window.stayed = true;")
        window.wait("document.getElementById('live').textContent === '1 run goes on'")
        first = window.wait("document.documentElement.dataset.shown")
        window.wait(f"document.documentElement.dataset.shown !== '{first}'")
        self.assertTrue(window.run("return window.stayed"))
        going.kill()
        going.wait()
        window.wait("document.querySelector('#runs .status').textContent === 'killed'")
        self.assertEqual(window.messages(), [])
        server.kill()
        window.wait("document.getElementById('live').classList.contains('lost')")


if __name__ == "__main__":
    unittest.main()
