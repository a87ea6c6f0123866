// A text as the model read it: coloured by how much each token surprised it, by a gate or by a cell
// that keeps track of something (after Karpathy et al., Visualizing and Understanding Recurrent
// Networks, arXiv 1506.02078).
"use strict";

{
  const { el, fill, number, percent } = unroll;
  const kUnknown = "<unk>";
  const kVery = 6; // nats: surprise of a probability of 1 in 400

  const name = (word) => (word === "\n" ? "⏎" : word === "\t" ? "⇥" : word === " " ? "␣" : word);
  const token = (word) => el("span", { class: "token" }, name(word));

  /// What a text may be coloured by: {label, colour(i), low, high, say(i)}.
  const surpriseMode = (reading) => ({
    key: "surprise",
    label: "surprise",
    colour: (i) => `rgb(var(--heat) / ${(0.72 * Math.min(1, reading.surprise[i] / kVery)).toFixed(3)})`,
    legend: ["0 nats: certain", "linear-gradient(90deg, transparent, rgb(var(--heat) / .72))", `${kVery} nats and more`],
    say: () => null,
  });
  const gateMode = (gate, g) => {
    const [low, high] = d3.extent(gate.values);
    const share = d3.scaleLinear().domain(low === high ? [low, low + 1] : [low, high]).range([0, 0.75]);
    return {
      key: `gate ${g}`,
      label: `${gate.gate} gate, ${gate.layer}`,
      colour: (i) => `rgb(var(--calm) / ${share(gate.values[i]).toFixed(3)})`,
      legend: [number(low), "linear-gradient(90deg, transparent, rgb(var(--calm) / .75))", number(high)],
      say: (i) => `${gate.gate} gate, mean of its units: ${number(gate.values[i])}`,
    };
  };
  /// Units are shown against their mean: what makes them go up and down, whatever they are at rest.
  const swing = (unit) => {
    const mean = d3.mean(unit.values);
    return { mean, most: d3.max(unit.values, (value) => Math.abs(value - mean)) || 1 };
  };
  const diverging = (value, most) => `rgb(var(${value < 0 ? "--cool" : "--heat"}) / ${(0.75 * Math.min(1, Math.abs(value) / most)).toFixed(3)})`;
  const unitMode = (unit, u) => {
    const { mean, most } = swing(unit);
    return {
      key: `unit ${u}`,
      label: `unit ${unit.unit}, ${unit.layer}${unit.part ? `, ${unit.part}` : ""}: ${unit.tracks}`,
      colour: (i) => diverging(unit.values[i] - mean, most),
      legend: [number(mean - most), "linear-gradient(90deg, rgb(var(--cool) / .75), transparent, rgb(var(--heat) / .75))", number(mean + most)],
      say: (i) => `unit ${unit.unit}: ${number(unit.values[i])}`,
    };
  };
  const modesOf = (reading) => [surpriseMode(reading), ...reading.gates.map(gateMode), ...reading.units.map(unitMode)];

  /// The inspector: one token, how likely it was and what else the model thought of.
  const inspect = (reading, i, mode) => {
    const word = reading.words[reading.tokens[i]];
    const unknown = reading.unknown && reading.unknown[i] === 1;
    const came = (at) => (unknown ? reading.words[at] === kUnknown : at === reading.tokens[i]);
    const chance = Math.exp(-reading.surprise[i]);
    const guesses = reading.alternatives ? d3.zip(perToken(reading, i, "alternatives"), reading.probabilities[i]) : [];
    const most = d3.max(guesses, (guess) => guess[1]) || 1;
    return [
      el("h3", {}, "Token ", token(word)),
      el("p", { class: "hint" }, `number ${i + 1} of ${reading.of}; the model gave it ${chance < 0.001 ? `${number(100 * chance)}\u00a0%` : percent(chance)}: ${number(reading.surprise[i])} nats of surprise`),
      unknown ? el("p", {}, "The vocabulary lacks it: the model read ", token(kUnknown), ".") : null,
      mode.say(i) ? el("p", {}, mode.say(i)) : null,
      guesses.length > 0 ? el("h4", {}, "What it considered here") : null,
      guesses.map(([at, probability]) => el("div", { class: `guess${came(at) ? " actual" : ""}` }, token(reading.words[at]),
        el("div", { class: "bar-track" }, el("div", { class: "bar-fill", style: { width: `${(100 * probability) / most}%`, background: came(at) ? "var(--accent)" : "var(--s6)" } })),
        el("span", { class: "number" }, percent(probability)))),
      guesses.length > 0 && !guesses.some(([at]) => came(at)) ? el("p", { class: "hint" }, "What came was not among these.") : null,
    ];
  };
  const perToken = (reading, i, column) => {
    const width = reading[column].length / reading.tokens.length;
    return reading[column].slice(i * width, (i + 1) * width);
  };

  /// A unit's values along the text as a strip.
  const strip = (unit) => {
    const { mean, most } = swing(unit);
    const canvas = el("canvas", { width: unit.values.length, height: 1, "aria-hidden": true });
    const pen = canvas.getContext("2d");
    unit.values.forEach((value, i) => {
      const share = Math.abs(value - mean) / most;
      pen.fillStyle = value < mean ? `rgba(40, 140, 214, ${share})` : `rgba(230, 105, 20, ${share})`;
      pen.fillRect(i, 0, 1, 1);
    });
    return canvas;
  };

  unroll.view({
    id: "reading",
    title: "Reading",
    hint: "A piece of held-out text as the final model read it, each token coloured by how much it surprised. Point at one, or focus the text and use the arrow keys, to see what else the model considered there.",
    has: (data) => data.runs.some((run) => run.reading),
    make(section) {
      let data, reading, modes, mode, at = 0;
      const run = unroll.select("Run", () => begin());
      const colour = unroll.select("Coloured by", (key) => recolour(key));
      const legend = el("span", { class: "legend-bar" });
      const text = el("div", { class: "reading-text", tabindex: 0, role: "application", "aria-label": "Text; arrow keys move from token to token" });
      const inspector = el("aside", { class: "inspector", "aria-live": "polite" });
      const cells = el("div", { class: "cells" });
      const cellsBox = el("div", {}, el("h3", {}, "Cells that keep track of something"), el("p", { class: "hint" }, "Units whose value goes with something in the text, and the correlation on text on which they were not chosen. Choose one to colour the text by it: orange is above its mean, blue below."), cells);
      section.append(el("div", { class: "controls" }, run.box, colour.box, legend), el("div", { class: "reading-layout" }, text, inspector), cellsBox);

      const point = (i, follow) => {
        if (!(i >= 0 && i < reading.tokens.length)) return;
        text.children[at]?.classList.remove("at");
        at = i;
        text.children[at].classList.add("at");
        if (follow) text.children[at].scrollIntoView({ block: "nearest" });
        fill(inspector, inspect(reading, at, mode));
      };
      text.addEventListener("mouseover", (event) => {
        const span = event.target.closest("[data-i]");
        if (span) point(Number(span.dataset.i), false);
      });
      text.addEventListener("keydown", (event) => {
        const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: lineOf(1), ArrowUp: lineOf(-1), Home: -at, End: reading.tokens.length - 1 - at };
        if (!(event.key in steps)) return;
        event.preventDefault();
        point(at + steps[event.key], true);
      });
      /// How far it is to the token above or below.
      const lineOf = (direction) => {
        const here = text.children[at].getBoundingClientRect();
        for (let i = at + direction; i >= 0 && i < text.children.length; i += direction) {
          const there = text.children[i].getBoundingClientRect();
          if (Math.abs(there.top - here.top) > 4 && (direction > 0 ? there.right >= here.left : there.left <= here.left)) return i - at;
        }
        return 0;
      };

      const recolour = (key) => {
        mode = modes.find((one) => one.key === key) || modes[0];
        colour.value = mode.key;
        [...text.children].forEach((span, i) => span.style.setProperty("background", mode.colour(i)));
        fill(legend, mode.legend[0], el("i", { style: { background: mode.legend[1] } }), mode.legend[2]);
        for (const button of cells.children) button.setAttribute("aria-pressed", button.dataset.key === mode.key);
        point(at, false);
      };

      const begin = () => {
        reading = data.runs[run.value].reading;
        modes = modesOf(reading);
        at = Math.min(at, reading.tokens.length - 1);
        // Words whose spaces are no tokens stand apart.
        text.classList.toggle("spaced", reading.words.some((word) => word.length > 2) && !reading.words.some((word) => /\s/.test(word)));
        fill(text, reading.tokens.map((word, i) => {
          const shown = reading.words[word];
          // A text of its own begins on a line of its own.
          const lacks = reading.unknown && reading.unknown[i] === 1 ? "unknown" : null;
          if (i > 0 && reading.text && reading.text[i] !== reading.text[i - 1] && reading.words[reading.tokens[i - 1]] !== "\n")
            return el("span", { "data-i": i, class: lacks ? `begins ${lacks}` : "begins" }, shown);
          return el("span", { "data-i": i, class: lacks }, shown === "\n" ? [el("i", { class: "break" }, "⏎"), "\n"] : shown);
        }));
        cellsBox.hidden = reading.units.length === 0;
        fill(cells, reading.units.map((unit, u) => el("button", { type: "button", class: "cell", "data-key": `unit ${u}`, "aria-pressed": false, onclick: () => recolour(mode.key === `unit ${u}` ? "surprise" : `unit ${u}`) },
          el("span", {}, el("strong", {}, unit.tracks), ` ${number(unit.score)}`), strip(unit), el("span", { class: "hint" }, `unit ${unit.unit} of ${unit.layer}${unit.part ? `, ${unit.part}` : ""}`))));
        const kept = mode && mode.key;
        colour.offer(modes.map((one) => [one.key, one.label]), kept);
        recolour(colour.value);
      };

      return (fresh) => {
        data = fresh;
        run.offer(data.runs.map((one, i) => [String(i), one.name]).filter(([i]) => data.runs[i].reading));
        begin();
      };
    },
  });
}
