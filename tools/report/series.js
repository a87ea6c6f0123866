// Curves of runs: which colour a run has, what its horizontal axis counts, smoothing, seed bands.
"use strict";

{
  const kColours = 7;
  const kDashes = ["", "7 3", "2 3", "9 3 2 3"];

  /// Colour and dash of the i-th line of a chart; the colours are told apart by colour-blind eyes.
  unroll.ink = (i) => ({ colour: `var(--s${i % kColours})`, dash: kDashes[Math.floor(i / kColours) % kDashes.length] });

  /// Are there runs that differ in the seed alone?
  unroll.hasReplicas = (data) => data.groups.some((group) => group.runs.length > 1);

  /// Lines share a colour within a group where there are replicas.
  unroll.runInk = (data, run) =>
    unroll.ink(unroll.hasReplicas(data) ? data.groups.findIndex((group) => group.runs.includes(run)) : run);

  /// Figures of runs compare where they count the same on the same data: a key for that.
  unroll.yardstick = (run, split, metric) => {
    const column = unroll.column(run, split, metric);
    const data = run.environment.data.map((file) => file.sha256).sort().join(" ");
    return [column ? column.unit : "", run.environment.facts["data/split"] || "", data || run.experiment].join("|");
  };

  unroll.groupTitle = (data, group) => group.title || data.runs[group.runs[0]].experiment;

  /// One column of a run: [[step, value], …], or nothing. Timing is a split like the others here.
  unroll.column = (run, split, name) => {
    for (const tables of [run.metrics, run.timing]) {
      const table = tables[split];
      const column = table && table.columns[name];
      if (column) return { unit: column.unit, points: table.steps[column.steps].map((step, i) => [step, column.values[i]]) };
    }
    return null;
  };

  const interpolate = (points, x) => {
    const at = d3.bisector((point) => point[0]).left(points, x);
    if (at === 0) return points[0][1];
    if (at === points.length) return points[at - 1][1];
    const [x0, y0] = points[at - 1];
    const [x1, y1] = points[at];
    return x1 === x0 ? y1 : y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
  };

  /// From optimizer steps to what the axis counts; nothing where the run does not say.
  unroll.axisOf = (run, axis) => {
    if (axis === "step") return (step) => step;
    if (axis === "epoch") return run.steps_per_epoch ? (step) => step / run.steps_per_epoch : null;
    const seconds = unroll.column(run, "train", "seconds");
    if (!seconds || seconds.points.length === 0) return null;
    const points = [[0, 0], ...seconds.points];
    return (step) => interpolate(points, step);
  };

  /// Exponential moving average whose weights fall by `decay` over the usual distance of points;
  /// corrected at the beginning as Adam's moments are.
  unroll.smooth = (points, decay) => {
    if (decay === 0 || points.length < 3) return points;
    const gaps = points.slice(1).map((point, i) => point[0] - points[i][0]);
    const usual = d3.median(gaps) || 1;
    let sum = 0;
    let weight = 0;
    return points.map(([x, y], i) => {
      const kept = i === 0 ? 0 : decay ** (gaps[i - 1] / usual);
      sum = kept * sum + (1 - decay) * y;
      weight = kept * weight + (1 - decay);
      return [x, sum / weight];
    });
  };

  /// Mean and standard deviation over curves, where all of them are: [[x, mean, sd], …].
  unroll.band = (curves) => {
    const begin = d3.max(curves, (points) => points[0][0]);
    const end = d3.min(curves, (points) => points[points.length - 1][0]);
    const all = [...new Set(curves.flatMap((points) => points.map((point) => point[0])))];
    let xs = all.filter((x) => x >= begin && x <= end).sort(d3.ascending);
    if (xs.length > 400) xs = d3.range(400).map((i) => begin + ((end - begin) * i) / 399);
    return xs.map((x) => {
      const values = curves.map((points) => interpolate(points, x));
      return [x, d3.mean(values), d3.deviation(values) || 0];
    });
  };
}
