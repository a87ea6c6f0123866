// Samples: what each sampler wrote, side by side, step by step of the training; and answers to
// held-out examples beside what should have come.
"use strict";

{
  const { el, fill, number, percent, words } = unroll;
  const kShares = new Set(["distinct_1", "distinct_2", "repetition", "known_words"]);
  const kFigures = ["repetition", "distinct_2", "known_words", "loss"];
  const kMeaning = {
    repetition: "share of its runs of four words that stood in it before",
    distinct_2: "different pairs of neighbouring words / all",
    known_words: "share of its words that stand in the training text",
    loss: "nats a token that the text has by the model itself",
  };

  /// Text in which the round that it repeats to its end is marked.
  const written = (sample) => {
    const characters = Array.from(sample.text);
    const { cycle, cycle_begin: begin } = sample.figures || {};
    const parts = [el("span", { class: "prompt" }, sample.prompt)];
    if (!cycle) return [...parts, sample.text];
    return [...parts, characters.slice(0, begin).join(""), el("mark", { class: "cycle", title: `repeats every ${cycle} characters to the end` }, characters.slice(begin).join(""))];
  };

  const figures = (sample, history) => {
    const all = sample.figures || {};
    const rows = kFigures.filter((name) => name in all).map((name) => {
      const points = history.filter((one) => one.figures && name in one.figures).map((one) => [one.step, one.figures[name]]);
      return el("tr", {}, el("th", { scope: "row", title: kMeaning[name] }, words(name)),
        el("td", { class: "number" }, kShares.has(name) ? percent(all[name]) : number(all[name])),
        el("td", {}, points.length > 1 ? unroll.sparklines([{ points, colour: "var(--muted)" }]) : null));
    });
    if ("cycle" in all)
      rows.push(el("tr", {}, el("th", { scope: "row", title: "characters of the round that it repeats to its end" }, "cycle"),
        el("td", { colspan: 2 }, all.cycle ? `${number(all.cycle)} characters, from the ${ordinal(all.cycle_begin + 1)} on` : "none")));
    return rows.length > 0 ? el("table", { class: "figures" }, el("tbody", {}, rows)) : null;
  };

  const ordinal = (n) => `${number(n)}${n % 100 > 10 && n % 100 < 14 ? "th" : ["th", "st", "nd", "rd"][n % 10] || "th"}`;

  const texts = (run, step) => {
    const here = run.samples.filter((sample) => sample.step === step && !("expected" in sample));
    return el("div", { class: "columns" }, here.map((sample) => {
      const history = run.samples.filter((one) => one.sampler === sample.sampler && one.prompt === sample.prompt);
      return el("article", { class: "sample" }, el("h4", {}, sample.sampler), el("p", { class: "written" }, written(sample)), figures(sample, history));
    }));
  };

  const answers = (run, step) => {
    const here = run.samples.filter((sample) => sample.step === step && "expected" in sample);
    if (here.length === 0) return null;
    const right = here.filter((sample) => sample.text === sample.expected).length;
    return el("div", { class: "scroll" }, el("table", { class: "answers" },
      el("caption", {}, `Held-out examples: ${right} of ${here.length} right`),
      el("thead", {}, el("tr", {}, ["", "given", "answered", "expected"].map((text) => el("th", { scope: "col" }, text)))),
      el("tbody", {}, here.map((sample) => {
        const good = sample.text === sample.expected;
        return el("tr", {}, el("td", { class: good ? "right" : "wrong", title: good ? "right" : "wrong" }, good ? "✓" : "✗"), [sample.prompt, sample.text, sample.expected].map((text) => el("td", {}, text)));
      }))));
  };

  unroll.view({
    id: "samples",
    title: "Samples",
    hint: "Move the slider to see how writing came about. Where a text goes round in circles, the round that it repeats to its end is marked.",
    has: (data) => data.runs.some((run) => run.samples.length > 0),
    make(section) {
      let data, steps = [], atEnd = true;
      const pick = () => draw();
      const first = unroll.select("Run", pick);
      const second = unroll.select("beside", pick);
      const slider = unroll.slider("Training step", { min: 0, max: 0, step: 1, value: 0 }, (i) => (steps[i] === undefined ? "" : `${number(steps[i])} of ${number(steps[steps.length - 1])}`), (i) => {
        atEnd = i === steps.length - 1;
        show();
      });
      slider.box.classList.add("wide");
      const rows = el("div");
      section.append(el("div", { class: "controls" }, first.box, second.box, slider.box), rows);

      const chosen = () => [...new Set([first.value, second.value])].filter((i) => i !== "" && data.runs[i]).map((i) => data.runs[i]);
      /// The step that the slider names, or the last of this run before it.
      const stepOf = (run) => d3.max(run.samples.filter((sample) => sample.step <= steps[slider.value]), (sample) => sample.step);
      const show = () => fill(rows, chosen().map((run) => {
        const step = stepOf(run);
        return el("div", { class: "sample-row" }, el("h3", {}, run.name, el("span", { class: "hint" }, step === undefined ? " had written nothing yet" : ` at step ${number(step)}`)), texts(run, step), answers(run, step));
      }));
      const draw = () => {
        const now = steps[slider.value];
        steps = [...new Set(chosen().flatMap((run) => run.samples.map((sample) => sample.step)))].sort(d3.ascending);
        const at = atEnd || now === undefined ? steps.length - 1 : Math.max(0, d3.bisectRight(steps, now) - 1);
        slider.set(Math.max(0, steps.length - 1), at);
        slider.box.hidden = steps.length < 2;
        show();
      };
      return (fresh) => {
        data = fresh;
        const writing = data.runs.map((run, i) => [String(i), run.name]).filter(([i]) => data.runs[i].samples.length > 0);
        first.offer(writing);
        second.offer([["", "no other"], ...writing]);
        second.box.hidden = writing.length < 2;
        draw();
      };
    },
  });
}
