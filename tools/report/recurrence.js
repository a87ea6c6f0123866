// A microscope for recurrence: how far gradients reach back, what the recurrent weights do to a
// state, how much is remembered and which gates are stuck; by layer and over training.
"use strict";

{
  const { el, fill, number } = unroll;
  const kFirst = 0.22, kLast = 0.82; // of viridis, where it stands out from both grounds

  const chart = (title, hint) => {
    const box = el("div", { class: "chart" });
    const key = el("div", { class: "key" });
    return { figure: el("figure", {}, el("h3", {}, title), el("p", { class: "hint" }, hint), box, key), plot: unroll.plot(box), key };
  };

  /// Which line is which; of many, the first and the last.
  const keyOf = (series) => {
    // Of runs side by side: a colour for what the runs are, a dash for each gate.
    if (series.some((one) => one.of)) {
      const first = (name) => series.filter((one, i) => one[name] && series.findIndex((other) => other[name] === one[name]) === i);
      const gates = first("gate");
      return [first("of").map((one) => el("span", {}, unroll.swatch({ colour: one.colour, dash: gates.length > 0 ? "" : one.dash }), one.of)),
        gates.map((one) => el("span", {}, unroll.swatch({ colour: "var(--muted)", dash: one.dash }), one.gate))];
    }
    const shown = series.length > 10 ? [series[0], series[series.length - 1]] : series;
    const entries = shown.map((one) => el("span", {}, unroll.swatch({ colour: one.colour, dash: one.dash }), one.label));
    return series.length > 10 ? [entries[0], "to", entries[1]] : entries;
  };

  /// What a run's colour stands for: its group, or itself.
  const ofRun = (data, i) => (unroll.hasReplicas(data) ? unroll.groupTitle(data, data.groups.find((group) => group.runs.includes(i))) : data.runs[i].name);

  const withStep = (steps, values) => values.map((value, i) => [steps[i], value]).filter((point) => point[1] !== null);

  /// Runs that have a layer: [run, its number, the layer].
  const withLayer = (data, path) => data.runs.flatMap((run, i) => (run.recurrence && run.recurrence.layers[path] ? [[run, i, run.recurrence.layers[path]]] : []));

  /// The parts of the state that a layer has figures of: "" is its output, "_c" an LSTM's cell.
  const partsOf = (layer) => Object.keys(layer).filter((name) => name.startsWith("gradient_by_lag")).map((name) => name.slice("gradient_by_lag".length)).sort();
  const partName = (part) => (part === "" ? "output" : `state ${part.slice(1)}`);

  /// Memory lengths: of one run by layer and part of its state, or of one layer by run.
  const memories = (data, choice) => {
    const name = `memory_length${choice.part}`;
    if (choice.across === "runs")
      return withLayer(data, choice.layer).filter(([, , layer]) => layer[name])
        .map(([run, i, layer]) => ({ label: run.name, of: ofRun(data, i), points: withStep(run.recurrence.step, layer[name]), dots: true, ...unroll.runInk(data, i) }));
    const { step, layers } = data.runs[choice.run].recurrence;
    return Object.entries(layers).flatMap(([path, layer], i) => partsOf(layer).filter((part) => layer[`memory_length${part}`]).map((part, p) => (
      { label: part === "" ? path : `${path}, ${partName(part)}`, points: withStep(step, layer[`memory_length${part}`]), dots: true, colour: unroll.ink(i).colour, dash: unroll.ink(7 * p).dash })));
  };

  const byLag = (data, choice) => {
    const name = `gradient_by_lag${choice.part}`;
    if (choice.across === "runs")
      return withLayer(data, choice.layer).filter(([, , layer]) => layer[name])
        .map(([run, i, layer]) => ({ label: run.name, of: ofRun(data, i), points: lags(layer[name][layer[name].length - 1]), ...unroll.runInk(data, i) }));
    const { step, layers } = data.runs[choice.run].recurrence;
    const rows = (layers[choice.layer] && layers[choice.layer][name]) || [];
    return rows.map((row, i) => ({
      label: `step ${number(step[i])}`,
      points: lags(row),
      colour: d3.interpolateViridis(rows.length < 2 ? 0.5 : kFirst + ((kLast - kFirst) * i) / (rows.length - 1)),
      width: i === rows.length - 1 ? 2.6 : 1.3,
    }));
  };
  const lags = (row) => row.map((value, lag) => [lag, value]).filter((point) => point[1] !== null);

  /// A line for each gate of the layer: of one run, or of every run.
  const byGate = (data, choice, name) => {
    if (choice.across === "runs")
      return withLayer(data, choice.layer).flatMap(([run, i, layer]) => Object.entries(layer[name] || {}).map(([gate, values], g) => (
        { label: `${run.name}, ${gate}`, of: ofRun(data, i), gate, points: withStep(run.recurrence.step, values), colour: unroll.runInk(data, i).colour, dash: unroll.ink(7 * g).dash })));
    const { step, layers } = data.runs[choice.run].recurrence;
    const gates = (layers[choice.layer] && layers[choice.layer][name]) || {};
    return Object.entries(gates).map(([gate, values], i) => ({ label: gate, points: withStep(step, values), dots: true, ...unroll.ink(i) }));
  };

  unroll.view({
    id: "recurrence",
    title: "Recurrence",
    hint: "What happens through time inside the recurrent layers, measured on held-out text as training went on.",
    has: (data) => data.runs.some((run) => run.recurrence),
    make(section) {
      let data;
      const choice = { across: "layers", run: 0, layer: "", part: "" };
      const across = unroll.choice("Compare", [["layers", "One run over training"], ["runs", "Runs side by side"]], (value) => { choice.across = value; draw(); });
      const run = unroll.select("Run", (value) => { choice.run = Number(value); draw(); });
      const layer = unroll.select("Layer", (value) => { choice.layer = value; draw(); });
      const part = unroll.select("State", (value) => { choice.part = value; draw(); });
      const limit = unroll.choice("Saturated", [["saturated", "either limit"], ["saturated_high", "upper limit"]], (value) => { choice.limit = value; draw(); });
      const log = unroll.check("log y of gradients", true, () => draw());
      const gradients = chart("Gradient against time lag", "Norm of the gradient of the last step's loss with respect to the state so many steps before. The steeper it falls, the sooner it vanishes.");
      const memory = chart("Effective memory length", "The mean lag of that gradient, in steps: how far back what the model says now still moves its state.");
      const radius = chart("Spectral radius of the recurrent weights", "Largest absolute eigenvalue, gate by gate. In a network without gates, below 1 gradients vanish and above 1 they may explode.");
      const gates = chart("Saturated gates", "Share of a gate's values within 0.1 of a limit: as good as open or shut, where it hardly learns.");
      section.append(el("div", { class: "controls" }, across.box, run.box, layer.box, part.box, log.box), el("div", { class: "pair" }, [gradients, memory, radius, gates].map((one) => one.figure)));
      gates.figure.insertBefore(limit.box, gates.figure.children[2]);

      const draw = () => {
        const seen = choice.across === "layers" ? [data.runs[choice.run]] : data.runs.filter((one) => one.recurrence);
        const layers = [...new Set(seen.flatMap((one) => Object.keys(one.recurrence.layers)))];
        layer.offer(layers, choice.layer);
        choice.layer = layer.value;
        const parts = new Set(seen.flatMap((one) => partsOf(one.recurrence.layers[choice.layer] || {})));
        part.offer([...parts].sort().map((one) => [one, partName(one)]), choice.part);
        choice.part = part.value;
        run.box.hidden = choice.across === "runs" || data.runs.filter((one) => one.recurrence).length < 2;
        const show = (one, series, x, y, more = {}) => {
          one.figure.hidden = series.length === 0;
          one.plot.draw({ label: one.figure.firstChild.textContent, height: 250, x: { label: x }, y: { label: y, log: more.log }, series, rules: more.rules });
          fill(one.key, keyOf(series));
        };
        show(gradients, byLag(data, choice), "steps back", "gradient norm", { log: log.input.checked });
        show(memory, memories(data, choice), "optimizer step", "steps back");
        const radii = byGate(data, choice, "spectral_radius");
        show(radius, radii, "optimizer step", "spectral radius", { rules: radii.some((one) => one.points.some((point) => point[1] > 0.8)) ? [{ y: 1, label: "" }] : [] });
        show(gates, byGate(data, choice, choice.limit || "saturated"), "optimizer step", "share");
      };
      return (fresh) => {
        data = fresh;
        const there = data.runs.map((one, i) => [String(i), one.name]).filter(([i]) => data.runs[i].recurrence);
        run.offer(there);
        choice.run = Number(run.value);
        across.box.hidden = there.length < 2;
        if (across.box.hidden) across.show((choice.across = "layers"));
        draw();
      };
    },
  });
}
