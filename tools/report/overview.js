// At a glance: the best run, how the others compare, what the runs are.
"use strict";

{
  const { el, fill, number, words, duration } = unroll;

  const tile = (label, value, note, tone) =>
    el("div", { class: `tile${tone ? ` ${tone}` : ""}` }, el("div", { class: "tile-label" }, label), el("div", { class: "tile-value" }, value), note ? el("div", { class: "tile-note" }, note) : null);

  /// Best value of each run in the figure to judge by: [{run, value, step}], the best first.
  const ranking = (data) => {
    if (!data.headline) return [];
    const [split, metric] = data.headline;
    const larger = data.larger_is_better.includes(metric);
    const best = data.runs.flatMap((run, i) => {
      const column = unroll.column(run, split, metric);
      if (!column || column.points.length === 0) return [];
      const at = d3.scan(column.points, (a, b) => (larger ? b[1] - a[1] : a[1] - b[1]));
      const [step, value] = column.points[at];
      return [{ run: i, value, step, unit: column.unit }];
    });
    return best.sort((a, b) => (larger ? b.value - a.value : a.value - b.value));
  };

  const statusText = (data) => {
    const counts = d3.nest().key((run) => run.status).rollup((runs) => runs.length).entries(data.runs);
    return counts.map(({ key, value }) => (data.runs.length === 1 ? key : `${value} ${key}`)).join(", ");
  };

  /// The ranking in parts within which values compare.
  const leagues = (data, ranked) => d3.nest().key(({ run }) => unroll.yardstick(data.runs[run], ...data.headline)).entries(ranked).map(({ values }) => values);

  /// Values of one figure as dots on one axis.
  const league = (data, ranked, alone) => {
    const values = ranked.map((one) => one.value);
    const [low, high] = d3.extent(values);
    const place = d3.scaleLinear().domain(low === high ? [low - 1, high + 1] : [low, high]).range([4, 96]);
    return el("div", { class: "dots" },
      alone ? null : el("h4", {}, `${[...new Set(ranked.map(({ run }) => data.runs[run].experiment))].join(", ")}${ranked[0].unit === "1" ? "" : `, ${ranked[0].unit}`}`),
      ranked.slice(0, 24).map(({ run, value, step }, i) => el("div", { class: `dot-row${i === 0 && ranked.length > 1 ? " first" : ""}` },
        el("a", { href: `#run-${run}`, class: "dot-name" }, data.runs[run].name),
        el("div", { class: "dot-track" }, el("i", { style: { left: `${place(value)}%`, background: unroll.runInk(data, run).colour } })),
        el("span", { class: "number" }, Math.abs(value) < 1000 && !Number.isInteger(value) ? value.toPrecision(4) : number(value)),
        el("span", { class: "hint" }, `step ${number(step)}`))),
      ranked.length > 24 ? el("p", { class: "hint" }, `and ${ranked.length - 24} more in the table below`) : null);
  };

  const dots = (data, ranked) => {
    const all = leagues(data, ranked);
    return [el("h3", {}, `Best ${data.headline[0]} ${words(data.headline[1])}, run by run`), all.map((one) => league(data, one, all.length === 1))];
  };

  unroll.view({
    id: "overview",
    title: "Overview",
    has: () => true,
    make(section) {
      const tiles = el("div", { class: "tiles" });
      const chart = el("div");
      section.append(tiles, chart);
      return (data) => {
        const ranked = ranking(data);
        const one = data.runs.length === 1;
        const shown = [tile(one ? "Run" : "Runs", one ? data.runs[0].name : String(data.runs.length), statusText(data))];
        for (const [best] of ranked.length > 0 ? leagues(data, ranked).slice(0, 2) : []) {
          const [split, metric] = data.headline;
          shown.push(tile(`Best ${split} ${words(metric)}`, number(best.value), `${best.unit === "1" ? "" : `${best.unit}, `}${one ? "" : `${data.runs[best.run].name}, `}step ${number(best.step)}`, "good"));
        }
        const seconds = d3.sum(data.runs, (run) => {
          const column = unroll.column(run, "train", "seconds");
          return column && column.points.length ? column.points[column.points.length - 1][1] : 0;
        });
        if (seconds > 0) shown.push(tile(one ? "Training time" : "Training time, all runs", duration(seconds), [...new Set(data.runs.map((run) => run.environment.facts.processor))].join(", ")));
        const splits = [...new Set(data.runs.map((run) => run.environment.facts["data/split"]).filter(Boolean))];
        if (splits.length > 0) shown.push(tile("Data split", splits[0], splits.length > 1 ? `and ${splits.length - 1} other: figures of different splits do not compare` : [...new Set(data.runs.flatMap((run) => run.environment.data.map((file) => file.path.split("/").pop())))].slice(0, 4).join(", "), splits.length > 1 ? "text bad" : "text"));
        const expected = data.runs.flatMap((run) => run.expectations);
        if (expected.length > 0) {
          const met = expected.filter((one) => one.met).length;
          shown.push(tile("Expectations", `${met} of ${expected.length} met`, [...new Set(expected.map((one) => one.expected))].join("; "), met === expected.length ? "good" : "bad"));
        }
        fill(tiles, shown);
        fill(chart, ranked.length > 1 ? dots(data, ranked) : null);
      };
    },
  });
}
