"""runexp check-plugin: our own plugins pass, and each faulty one is caught by the check of its contract."""
import json
import unittest

import harness

FAULTY = harness.BUILD / "tests/conformance/faulty"

# What each fault of tests/conformance/faulty breaks, and words of what is said of it.
FAULTS = {
    "cell": {
        "none": {},
        "gradient": {"gradients": "state part 'h' \\[0\\]: analytic .*, numeric .*T 1, N 1, I 1, H 1"},
        "unroll": {"unroll": "outputs .* is .* unrolled and .* step by step"},
        "overwrites": {"unroll": "projected .* is 0 after unroll and .* before"},
        "border": {"windows": "in its own window and .* in one"},
        "batch": {"batch": "outputs .* in company and .* alone"},
        "random": {"determinism": "the second time and .* the first time"},
        "forgets": {"learns": "with the best of three seeds"},
        "unsaved": {"save_load": "restored and .* before"},
        "extreme": {"options": "crashed with signal 8 .*\\{factor: 0\\}"},
        "width": {"small": "crashed with signal 8 .*H 1"},
        "nan": {"small": "is nan.*I 1"},
        "memory": {"memory": "bytes of tensors more each time"},
        "rounded": {"precision": "in float and .* in double"},
        "gates": {"gates": "gate 'z' lies in its limits, 0 to 1"},
    },
    "architecture": {
        "none": {},
        "gradient": {"gradients": "V \\[.*\\]: analytic"},
        "padding": {"padding": "in a batch of 5, .* one by one"},
        "certain": {"untrained": "nats, of five seeds"},
        "stubborn": {"overfits": "from .* to "},
        "unsaved": {"resume": "resumed and .* undisturbed"},
        "window": {"carry": "windows of 12 steps and windows of 6"},
        "random": {"determinism": ", then "},
        "decoder": {"generates": "after a reset, .* by run"},
        "logits": {"generates": "logits? for "},
        "memory": {"memory": "bytes of tensors more each time"},
    },
    "tokenizer": {
        "none": {},
        "marks": {"round_trip": " of \\[\\].*NFD"},
        "prefixes": {"prefixes": "of the first 1 of"},
        "drops": {"encoding": "0 ids for"},
        "unstable": {"vocabulary": "id 0 is"},
        "end": {"specials": "no text is read as a begin or an end", "decoding": "instead of"},
        "invalid": {"invalid": "vector::at"},
        "shared": {"threads": "in several threads at once"},
        "special": {"vocabulary": "one is missing"},
        "pieces": {"pieces": "others, cut after 1 bytes or more"},
    },
    "sampler": {
        "none": {},
        "biased": {"distribution": "standard deviations"},
        "second": {"argmax": "token 6 instead of 1", "distribution": "standard deviations"},
        "random": {"reproducible": "by the same stream", "argmax": "instead of"},
        "remembers": {"reproducible": "after begin\\(\\)", "distribution": "standard deviations"},
        "forbidden": {"extremes": "whose logit is -inf", "distribution": "token 3 .* expected 0.0", "options": "-inf"},
        "outside": {"extremes": "token 1 of 1", "nonsense": "token 3 of 3", "distribution": "token 7 of 7",
                    "options": "token \\d of \\d"},
        "nan": {"nonsense": "whose logit is nan", "distribution": "token 1 10000 times"},
        "worth": {"search": "rises with the tokens or falls"},
        "memory": {"memory": "bytes of the heap more each time"},
    },
    "encoder": {
        "none": {},
        "gradient": {"gradients": "W \\[.*\\]: analytic"},
        "shape": {"shape": "\\[4, 6\\]"},
        "batch": {"batch": "in company and .* alone"},
        "one": {"small": "is nan"},
        "random": {"determinism": "use changes nothing"},
        "unsaved": {"save_load": "restored and .* before"},
        "memory": {"memory": "bytes of tensors more each time"},
    },
    "dataset": {
        "none": {},
        "fields": {"fields": "train example 4 \\(x 4\\): 1 values instead of 0"},
        "text": {"fields": "byte 0 of a text is not UTF-8", "domain": "unknown ones in validation"},
        "random": {"determinism": "is another"},
        "unseeded": {"seeded": "another data_seed gives other examples"},
        "overlaps": {"disjoint": "in validation too"},
        "label": {"domain": "'unheard of' in test"},
        "letters": {"domain": "1 unknown ones in test"},
        "extreme": {"options": "a word of no letters.*shortest: 0"},
    },
    "optimizer": {
        "none": {},
        "climbs": {"convex": "from .* to"},
        "forgets": {"resume": "restored and .* undisturbed.*saved after 1 updates"},
        "random": {"determinism": "the second time and .* the first time", "resume": "restored and .* undisturbed"},
        "drifts": {"zero_gradient": "gaps of the arena"},
        "restless": {"zero_rate": "after and .* before"},
        "unscaled": {"scaling": "by gradient_scale"},
        "place": {"order": "in reverse order and .* in order"},
        "sizes": {"sizes": "weight 0 is"},
        "credulous": {"refusals": "it was accepted"},
        "memory": {"memory": "bytes of the heap more each time"},
    },
}


# What every call is held against anyhow (docs/plugin-files.md): these fail in other checks, too.
ANYWHERE = {("sampler", "outside"), ("encoder", "shape"), ("architecture", "logits")}


class CheckPlugin(harness.EndToEnd):
    def check(self, *words, code=0):
        done = self.run_it("check-plugin", *words, "--timeout", 60 * harness.PATIENCE, "--json", code=code)
        return json.loads(done.stdout)

    def faulty(self, kind, fault, *more, code=3):
        return self.check(FAULTY / f"faulty_{kind}.so", "--set", f"fault={fault}", *more, code=code)[0]["checks"]

    def test_all_built_plugins_pass(self):
        found = json.loads(self.run_it("plugins", "--json").stdout)
        self.assertGreaterEqual(len(found), 40)
        for kind in FAULTS:
            plugins = self.check(*[f"{kind}/{p['name']}" for p in found if p["kind"] == kind])
            for plugin in plugins:
                passed = [c["check"] for c in plugin["checks"] if c["result"] == "ok"]
                self.assertGreaterEqual(len(passed), 4, plugin["name"])

    def test_each_fault_is_caught_by_the_check_of_its_contract(self):
        for kind, faults in FAULTS.items():
            for fault, caught in faults.items():
                with self.subTest(kind=kind, fault=fault):
                    checks = self.faulty(kind, fault, code=3 if caught else 0)
                    failed = {c["check"]: json.dumps(c["findings"], ensure_ascii=False)
                              for c in checks if c["result"] == "failed"}
                    if (kind, fault) in ANYWHERE:
                        failed = {name: failed[name] for name in failed if name in caught}
                    self.assertEqual(sorted(failed), sorted(caught), failed)
                    for name, words in caught.items():
                        self.assertRegex(failed[name].replace('\\"', '"'), words)

    def test_what_a_plugin_does_to_its_process_is_a_line_of_the_report(self):
        for fault, says in {"crashes": "crashed with signal 11", "exits": "ended the process with status 3",
                            "throws": "threw in Cell::step, projected .*: no step today",
                            "shapes": r"broke its contract in Cell::step, .*state part 'h' is \[3, 12\], expected \[3, 6\]",
                            "greedy": "memory ran out"}.items():
            with self.subTest(fault=fault):
                if fault == "greedy" and harness.PATIENCE > 1:
                    continue  # a sanitizer needs the addresses itself
                checks = self.faulty("cell", fault, "--only", "windows", "--only", "determinism")
                self.assertEqual([c["result"] for c in checks], ["failed", "failed"])
                self.assertRegex(json.dumps(checks[0]["findings"], ensure_ascii=False), says)

    def test_a_plugin_that_hangs(self):
        done = self.run_it("check-plugin", FAULTY / "faulty_cell.so", "--set", "fault=hangs", "--only", "windows",
                           "--timeout", 3, code=3)
        self.assertRegex(done.stdout, "seen      no end within 3 s\n +with      T 5, N 3, I 4, H 6\n")

    def test_the_report_people_read(self):
        done = self.run_it("check-plugin", FAULTY / "faulty_cell.so", "--set", "fault=batch", code=3)
        self.assertRegex(done.stdout, r"cell faults 1\.0\.0  .*faulty_cell\.so")
        self.assertRegex(done.stdout, r"ok +gradients +gradients are those of finite differences")
        self.assertRegex(done.stdout, r"FAILED +batch")
        self.assertRegex(done.stdout, r"expected  row 0 of 2 gives what it gives alone\n +seen      outputs")
        self.assertRegex(done.stdout, r"with      T 1, N 2, I 1, H 1\n")
        self.assertRegex(done.stdout, r"skipped gates +it shows no gates")
        self.assertRegex(done.stdout, r"1 plugin: 10 checks passed, 1 skipped, 1 failed")

    def test_what_cannot_be_loaded_is_said_once(self):
        library, = (harness.BUILD / "tests/plugin/broken/undefined_symbol").glob("*.so")
        plugin, = self.check(library, code=3)
        check, = plugin["checks"]
        self.assertEqual((check["check"], check["result"]), ("loads", "failed"))
        self.assertIn("undefined symbol", check["findings"][0]["seen"])

    def test_without_isolation(self):
        done = self.run_it("check-plugin", "cell/mgu", "--no-isolation", "--only", "windows")
        self.assertIn("1 plugin: 1 checks passed", done.stdout)

    def test_refusals(self):
        self.refused(3, "check-plugin", "lstn", says="unknown plugin 'lstn'; did you mean 'lstm'")
        self.refused(2, "check-plugin", says="name plugins")
        self.refused(2, "check-plugin", "lstm", "--all", says="name plugins")
        self.refused(2, "check-plugin", "lstm", "--only", "gradient", says="did you mean 'gradients'")
        self.refused(3, "check-plugin", "nowhere.so", says="nowhere.so: no such plugin")
        self.write("cell_text.so", "not a library\n")
        self.refused(3, "check-plugin", "cell_text.so", says="not an ELF library")


if __name__ == "__main__":
    unittest.main()
