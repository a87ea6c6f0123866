// One line chart: axes, lines, bands, zoom by dragging, a reading of all values at one place.
"use strict";

{
  const { el, fill, number } = unroll;
  const kMargin = { top: 10, right: 16, bottom: 40, left: 60 };
  const kMostRows = 14;

  const scaleOf = (log, domain, range) => {
    const scale = log ? d3.scaleLog() : d3.scaleLinear();
    return scale.domain(domain).range(range);
  };

  /// The extent of values, those that a logarithm has; widened where it is a point.
  const extent = (values, log) => {
    let [low, high] = d3.extent(log ? values.filter((value) => value > 0) : values);
    if (low === undefined) return log ? [0.1, 1] : [0, 1];
    if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - (Math.abs(low) * 0.1 || 1), high + (Math.abs(high) * 0.1 || 1)];
    return [low, high];
  };

  const padded = ([low, high], log) => {
    if (log) return [low / (high / low) ** 0.04, high * (high / low) ** 0.04];
    const room = (high - low) * 0.05;
    return [low - room, high + room];
  };

  const tickText = (scale, log, count) => {
    if (!log) return (value) => (Math.abs(value) >= 1e5 ? d3.format("~s")(value) : d3.format("~g")(value));
    const text = scale.tickFormat(count, "~g");
    return (value) => (text(value) === "" ? "" : value >= 1e5 || value < 1e-3 ? d3.format("~e")(value).replace("+", "") : d3.format("~g")(value));
  };

  /// A short line as a chart has it.
  unroll.swatch = (ink) => {
    const svg = d3.create("svg").attr("class", "swatch-line").attr("width", 24).attr("height", 8).attr("aria-hidden", true);
    svg.append("line").attr("class", ink.faint ? "faint" : null).attr("x1", 2).attr("x2", 22).attr("y1", 4).attr("y2", 4)
      .attr("stroke-dasharray", ink.dash || null).attr("stroke-width", ink.width || 2.5).style("stroke", ink.colour);
    if (ink.dots) svg.append("circle").attr("cx", 12).attr("cy", 4).attr("r", 2.6).style("fill", ink.colour);
    return svg.node();
  };

  /// Makes a chart in `box`. `draw(options)` shows
  ///   label               what it is, for those who hear the page
  ///   x, y: {label, log}  axes
  ///   series: [{label, colour, dash, width, faint, points: [[x, y], …], band: [[x, low, high], …],
  ///             dots, quiet}]      `quiet`: not in the reading
  ///   rules: [{y, label}]          horizontal lines of reference
  ///   height
  unroll.plot = (box) => {
    let options = null;
    let zoom = null; // {x: [a, b], y: [a, b]} in values
    let cursor = null; // x in values
    const clip = unroll.newId("clip");
    const svg = d3.select(box).append("svg").attr("class", "plot").attr("tabindex", 0).attr("role", "img");
    const tip = el("div", { class: "tip", hidden: true, role: "status" });
    const reset = el("button", { type: "button", class: "quiet reset", hidden: true, onclick: () => setZoom(null) }, "Reset zoom");
    box.classList.add("plot-box");
    box.append(tip, reset);
    svg.append("clipPath").attr("id", clip).append("rect");
    const grid = svg.append("g").attr("class", "grid");
    const axisX = svg.append("g").attr("class", "axis");
    const axisY = svg.append("g").attr("class", "axis");
    const labelX = svg.append("text").attr("class", "axis-label");
    const labelY = svg.append("text").attr("class", "axis-label");
    const inside = svg.append("g").attr("clip-path", `url(#${clip})`);
    const layers = { bands: inside.append("g"), rules: inside.append("g"), lines: inside.append("g"), dots: inside.append("g"), marks: inside.append("g") };
    const brushLayer = svg.append("g").attr("class", "brush");
    let x, y, width, height;

    const setZoom = (wanted) => {
      zoom = wanted;
      reset.hidden = zoom === null;
      render();
    };

    const visible = (log, log2) => options.series.flatMap((series) =>
      [...series.points, ...(series.band || []).flatMap(([at, low, high]) => [[at, low], [at, high]])]
        .filter(([a, b]) => (!log || a > 0) && (!log2 || b > 0)));

    const render = () => {
      if (!options || box.clientWidth === 0) return;
      width = box.clientWidth;
      height = options.height || 320;
      svg.attr("width", width).attr("height", height).attr("viewBox", `0 0 ${width} ${height}`).attr("aria-label", options.label);
      const right = width - kMargin.right;
      const bottom = height - kMargin.bottom;
      svg.select(`#${clip} rect`).attr("x", kMargin.left - 4).attr("y", kMargin.top - 4).attr("width", Math.max(1, right - kMargin.left + 8)).attr("height", Math.max(1, bottom - kMargin.top + 8));
      const shown = visible(options.x.log, options.y.log);
      const domainX = zoom ? zoom.x : extent(shown.map((point) => point[0]), options.x.log);
      const domainY = zoom && zoom.y ? zoom.y : padded(extent(shown.map((point) => point[1]), options.y.log), options.y.log);
      x = scaleOf(options.x.log, domainX, [kMargin.left, right]);
      y = scaleOf(options.y.log, domainY, [bottom, kMargin.top]);
      drawAxes(right, bottom);
      drawSeries();
      brushLayer.call(brush.extent([[kMargin.left, kMargin.top], [right, bottom]]));
      mark();
    };

    const drawAxes = (right, bottom) => {
      const countX = Math.max(2, Math.floor(width / 110));
      const countY = Math.max(2, Math.floor(height / 55));
      const linesY = y.ticks(countY);
      axisX.attr("transform", `translate(0,${bottom})`).call(d3.axisBottom(x).ticks(countX).tickSize(4).tickPadding(6).tickFormat(tickText(x, options.x.log, countX)));
      axisY.attr("transform", `translate(${kMargin.left},0)`).call(d3.axisLeft(y).ticks(countY).tickSize(0).tickPadding(8).tickFormat(tickText(y, options.y.log, countY)));
      const major = options.y.log ? linesY.filter((value) => tickText(y, true, countY)(value) !== "") : linesY;
      grid.selectAll("line").data(major).join("line").attr("x1", kMargin.left).attr("x2", right).attr("y1", (value) => y(value)).attr("y2", (value) => y(value));
      labelX.attr("x", right).attr("y", height - 6).attr("text-anchor", "end").text(options.x.label);
      labelY.attr("x", -kMargin.top).attr("y", 14).attr("text-anchor", "end").attr("transform", "rotate(-90)").text(options.y.label);
    };

    const drawSeries = () => {
      const fits = ([a, b]) => (!options.x.log || a > 0) && (!options.y.log || b > 0);
      const line = d3.line().defined(fits).x((point) => x(point[0])).y((point) => y(point[1]));
      const floor = y.domain()[0];
      const area = d3.area().defined((point) => fits([point[0], point[2]]))
        .x((point) => x(point[0])).y0((point) => y(options.y.log ? Math.max(point[1], floor / 10) : point[1])).y1((point) => y(point[2]));
      layers.bands.selectAll("path").data(options.series.filter((series) => series.band)).join("path")
        .attr("class", "band").attr("d", (series) => area(series.band)).style("fill", (series) => series.colour);
      layers.lines.selectAll("path").data(options.series).join("path")
        .attr("class", (series) => `line${series.faint ? " faint" : ""}`).attr("d", (series) => line(series.points))
        .attr("stroke-dasharray", (series) => series.dash || null).attr("stroke-width", (series) => series.width || 1.8)
        .style("stroke", (series) => series.colour);
      const dots = options.series.filter((series) => series.dots || series.points.length === 1)
        .flatMap((series) => series.points.filter(fits).map((point) => ({ point, series })));
      layers.dots.selectAll("circle").data(dots).join("circle").attr("r", 2.6)
        .attr("cx", (dot) => x(dot.point[0])).attr("cy", (dot) => y(dot.point[1])).style("fill", (dot) => dot.series.colour);
      const rules = layers.rules.selectAll("g").data(options.rules || []).join((enter) => {
        const g = enter.append("g").attr("class", "rule");
        g.append("line");
        g.append("text");
        return g;
      });
      rules.select("line").attr("x1", x.range()[0]).attr("x2", x.range()[1]).attr("y1", (rule) => y(rule.y)).attr("y2", (rule) => y(rule.y));
      rules.select("text").attr("x", x.range()[1] - 4).attr("y", (rule) => y(rule.y) - 5).attr("text-anchor", "end").text((rule) => rule.label);
    };

    /// Of each series, the point nearest to the cursor.
    const readings = () => {
      const bisect = d3.bisector((point) => point[0]);
      return options.series.filter((series) => !series.quiet && series.points.length > 0).map((series) => {
        const right = Math.min(bisect.left(series.points, cursor), series.points.length - 1);
        const left = Math.max(0, right - 1);
        const near = Math.abs(series.points[left][0] - cursor) < Math.abs(series.points[right][0] - cursor) ? left : right;
        return { series, point: series.points[near], spread: series.band ? (series.band[near][2] - series.band[near][1]) / 2 : null };
      });
    };

    const mark = () => {
      const nothing = cursor === null || !options || options.series.length === 0;
      tip.hidden = nothing;
      layers.marks.selectAll("*").remove();
      if (nothing) return;
      const read = readings().filter(({ point }) => (!options.y.log || point[1] > 0) && (!options.x.log || point[0] > 0));
      if (read.length === 0) return;
      const at = x(cursor);
      layers.marks.append("line").attr("class", "cursor").attr("x1", at).attr("x2", at).attr("y1", kMargin.top).attr("y2", height - kMargin.bottom);
      layers.marks.selectAll("circle").data(read).join("circle").attr("class", "reading").attr("r", 4)
        .attr("cx", ({ point }) => x(point[0])).attr("cy", ({ point }) => y(point[1])).style("fill", ({ series }) => series.colour);
      read.sort((a, b) => b.point[1] - a.point[1]);
      const rows = read.slice(0, kMostRows).map(({ series, point, spread }) => el("tr", {},
        el("td", {}, el("i", { class: "swatch", style: { background: series.colour } })),
        el("td", {}, series.label),
        el("td", { class: "number" }, spread === null ? number(point[1]) : unroll.spread(point[1], spread))));
      fill(tip, el("div", { class: "tip-head" }, `${options.x.label} ${number(Number(cursor.toPrecision(4)))}`), el("table", {}, el("tbody", {}, rows)),
        read.length > kMostRows ? el("div", { class: "hint" }, `and ${read.length - kMostRows} more`) : null);
      const beside = at + 14 + tip.offsetWidth > width ? at - 14 - tip.offsetWidth : at + 14;
      tip.style.left = `${Math.max(0, beside)}px`;
      tip.style.top = `${kMargin.top + 4}px`;
    };

    const moveCursor = (pixel) => {
      cursor = x.invert(Math.max(x.range()[0], Math.min(x.range()[1], pixel)));
      mark();
    };

    const brush = d3.brush().on("end", () => {
      const chosen = d3.event.selection;
      if (!chosen) return;
      brushLayer.call(brush.move, null);
      const [[left, top], [right, bottom]] = chosen;
      if (right - left < 6 || bottom - top < 6) return;
      setZoom({ x: [x.invert(left), x.invert(right)], y: [y.invert(bottom), y.invert(top)] });
    });
    brushLayer.on("mousemove", function () { moveCursor(d3.mouse(this)[0]); })
      .on("mouseleave", () => { cursor = null; mark(); })
      .on("dblclick", () => setZoom(null));

    const zoomBy = (factor) => {
      const [a, b] = x.range();
      const middle = cursor === null ? (a + b) / 2 : x(cursor);
      setZoom({ x: [x.invert(middle - (middle - a) * factor), x.invert(middle + (b - middle) * factor)], y: zoom && zoom.y });
    };
    svg.on("keydown", () => {
      const key = d3.event.key;
      const here = cursor === null ? x.range()[0] : x(cursor);
      const pace = d3.event.shiftKey ? 60 : 8;
      const actions = {
        ArrowLeft: () => moveCursor(cursor === null ? x.range()[1] : here - pace),
        ArrowRight: () => moveCursor(here + (cursor === null ? 0 : pace)),
        Home: () => moveCursor(x.range()[0]),
        End: () => moveCursor(x.range()[1]),
        "+": () => zoomBy(0.6),
        "=": () => zoomBy(0.6),
        "-": () => (zoom ? zoomBy(1 / 0.6) : null),
        0: () => setZoom(null),
        Escape: () => { cursor = null; setZoom(null); },
      };
      if (!actions[key]) return;
      d3.event.preventDefault();
      actions[key]();
    });
    svg.on("blur", () => { cursor = null; mark(); });

    new ResizeObserver(render).observe(box);
    return {
      draw(wanted) {
        const other = options && (options.x.label !== wanted.x.label || options.y.label !== wanted.y.label || options.x.log !== wanted.x.log || options.y.log !== wanted.y.log);
        options = wanted;
        if (other) setZoom(null);
        else render();
      },
    };
  };
}
