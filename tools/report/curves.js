// Curves: any metric of any split against steps, epochs or seconds, with seed bands.
"use strict";

{
  const { el, fill, words } = unroll;
  const kSplitStyle = {
    validation: { width: 2, dots: true },
    test: { width: 2, dash: "1 4", dots: true },
    train: { width: 1.2, faint: true },
  };
  const kAxes = [["step", "Step"], ["epoch", "Epoch"], ["seconds", "Seconds"]];

  /// Every metric that any run has: {name: {splits, unit, timing}}, the usual ones first.
  const metricsOf = (data) => {
    const found = {};
    for (const run of data.runs)
      for (const tables of [run.metrics, run.timing])
        for (const [split, table] of Object.entries(tables))
          for (const [name, column] of Object.entries(table.columns)) {
            const entry = (found[name] = found[name] || { splits: new Set(), unit: column.unit });
            entry.splits.add(split);
          }
    const first = data.headline ? [data.headline[1], "loss"] : ["loss"];
    const rank = (name) => (first.indexOf(name) + 1 || 9) - (found[name].splits.has("validation") ? 1 : 0);
    const names = Object.keys(found).sort((a, b) => rank(a) - rank(b) || d3.ascending(a, b));
    return { found, names };
  };

  /// Lines of one chart, given what the reader chose.
  const seriesOf = (data, choice) => {
    const series = [];
    for (const split of choice.splits) {
      const style = kSplitStyle[split] || kSplitStyle.validation;
      data.groups.forEach((group, g) => {
        const curves = group.runs.flatMap((i) => {
          if (choice.hidden.has(unroll.hasReplicas(data) ? g : i)) return [];
          const run = data.runs[i];
          const column = unroll.column(run, split, choice.metric);
          const axis = unroll.axisOf(run, choice.axis);
          if (!column || !axis || column.points.length === 0) return [];
          const points = column.points.map(([step, value]) => [axis(step), value]);
          return [{ run: i, points: split === "train" || points.length > 30 ? unroll.smooth(points, choice.smoothing) : points }];
        });
        const ink = curves.length > 0 ? unroll.runInk(data, curves[0].run) : null;
        const suffix = choice.splits.length > 1 ? `, ${split}` : "";
        const pooled = choice.bands && curves.length > 1;
        if (pooled) {
          const band = unroll.band(curves.map((curve) => curve.points));
          if (band.length > 0)
            series.push({ ...style, colour: ink.colour, dash: style.dash || ink.dash, label: `${unroll.groupTitle(data, group)} (n = ${curves.length})${suffix}`,
              points: band.map(([x, mean]) => [x, mean]), band: band.map(([x, mean, sd]) => [x, mean - sd, mean + sd]), dots: style.dots && band.length < 60 });
        }
        if (!pooled)
          for (const { run, points } of curves) {
            const own = unroll.runInk(data, run);
            series.push({ ...style, colour: own.colour, dash: style.dash || own.dash, label: data.runs[run].name + suffix, points, dots: style.dots && points.length < 60 });
          }
      });
    }
    return series;
  };

  const axisLabel = { step: "optimizer step", epoch: "epoch", seconds: "seconds of training" };

  unroll.view({
    id: "curves",
    title: "Curves",
    hint: "Drag over the chart to zoom, double-click to go back. With the keyboard: arrows read values, + and − zoom, 0 resets.",
    has: (data) => metricsOf(data).names.length > 0,
    make(section) {
      const choice = { metric: null, axis: "step", smoothing: 0, bands: true, splits: [], hidden: new Set() };
      const off = new Set();
      let data, all;
      const redraw = () => draw();
      const metric = unroll.select("Metric", (value) => { choice.metric = value; redraw(); });
      const axis = unroll.choice("Horizontal axis", kAxes, (value) => { choice.axis = value; redraw(); });
      const logX = unroll.check("log x", false, redraw);
      const logY = unroll.check("log y", false, redraw);
      const smoothing = unroll.slider("Smoothing", { min: 0, max: 0.98, step: 0.02, value: 0 }, (value) => (value === 0 ? "off" : value.toFixed(2)), (value) => { choice.smoothing = value; redraw(); });
      const bands = unroll.check("mean ± sd over seeds", true, (on) => { choice.bands = on; redraw(); });
      const splitBox = el("div", { class: "controls-inline", role: "group", "aria-label": "Splits" });
      const chartBox = el("div", { class: "chart" });
      const legend = el("div", { class: "legend", role: "group", "aria-label": "Runs shown" });
      const gallery = el("div", { class: "gallery" });
      section.append(
        el("div", { class: "controls" }, metric.box, splitBox, axis.box, logX.box, logY.box, smoothing.box, bands.box),
        chartBox, legend, el("div", { class: "gallery-box" }, el("h3", {}, "Every metric"), gallery));
      const chart = unroll.plot(chartBox);

      const drawSplits = () => {
        const there = ["train", "validation", "test"].filter((split) => all.found[choice.metric].splits.has(split));
        choice.splits = there.filter((split) => !off.has(split));
        if (choice.splits.length === 0) choice.splits = there;
        fill(splitBox, there.length < 2 ? [] : there.map((split) => {
          const one = unroll.check(split, choice.splits.includes(split), (on) => {
            if (on) off.delete(split);
            else off.add(split);
            redraw();
          });
          one.box.insertBefore(unroll.swatch({ colour: "var(--ink)", dash: kSplitStyle[split].dash, ...kSplitStyle[split] }), one.box.lastChild);
          return one.box;
        }));
      };

      const drawLegend = () => {
        const pooled = unroll.hasReplicas(data);
        const entries = pooled ? data.groups.map((group) => [unroll.groupTitle(data, group), group.runs]) : data.runs.map((run, i) => [run.name, [i]]);
        legend.hidden = entries.length < 2;
        fill(legend, entries.map(([label, runs], key) => {
          const shown = !choice.hidden.has(key);
          const ink = unroll.runInk(data, runs[0]);
          return el("button", { type: "button", class: "legend-entry", "aria-pressed": shown, onclick: () => {
            if (shown) choice.hidden.add(key);
            else choice.hidden.delete(key);
            redraw();
            legend.children[key].focus();
          } }, unroll.swatch(ink), label, runs.length > 1 ? el("span", { class: "hint" }, ` ${runs.length} seeds`) : null);
        }));
      };

      const drawGallery = () => fill(gallery, all.names.map((name) => {
        const there = [...all.found[name].splits];
        const split = there.includes("validation") ? "validation" : there[0];
        const series = seriesOf(data, { ...choice, metric: name, splits: [split], bands: false, smoothing: 0, axis: "step" });
        return el("button", { type: "button", class: "mini", "aria-pressed": name === choice.metric, onclick: () => {
          choice.metric = name;
          redraw();
          chartBox.scrollIntoView({ block: "nearest" });
        } }, el("span", { class: "mini-title" }, words(name)), sparklines(series), el("span", { class: "hint" }, split));
      }));

      const draw = () => {
        metric.value = choice.metric;
        drawSplits();
        drawLegend();
        drawGallery();
        const entry = all.found[choice.metric];
        const series = seriesOf(data, choice);
        chart.draw({
          label: `${words(choice.metric)} of ${data.runs.length} runs against ${axisLabel[choice.axis]}`,
          height: 380,
          x: { label: axisLabel[choice.axis], log: logX.input.checked },
          y: { label: words(choice.metric) + (entry.unit && entry.unit !== "1" ? ` (${entry.unit})` : ""), log: logY.input.checked },
          series,
        });
      };

      return (fresh) => {
        data = fresh;
        all = metricsOf(data);
        if (!all.found[choice.metric]) choice.metric = all.names[0];
        metric.offer(all.names.map((name) => [name, words(name)]), choice.metric);
        bands.box.hidden = !unroll.hasReplicas(data);
        draw();
      };
    },
  });

  /// Small lines without axes.
  const sparklines = (series) => {
    const width = 150, height = 46;
    const svg = d3.create("svg").attr("viewBox", `0 0 ${width} ${height}`).attr("class", "spark").attr("aria-hidden", true);
    const points = series.flatMap((one) => one.points);
    const x = d3.scaleLinear().domain(d3.extent(points, (point) => point[0])).range([2, width - 2]);
    const y = d3.scaleLinear().domain(d3.extent(points, (point) => point[1])).range([height - 4, 4]);
    const line = d3.line().x((point) => x(point[0])).y((point) => y(point[1]));
    svg.selectAll("path").data(series).join("path").attr("d", (one) => line(thinned(one.points))).attr("stroke-dasharray", (one) => one.dash || null).style("stroke", (one) => one.colour);
    return svg.node();
  };
  const thinned = (points) => (points.length <= 100 ? points : d3.range(100).map((i) => points[Math.floor((i * (points.length - 1)) / 99)]));
  unroll.sparklines = sparklines;
}
