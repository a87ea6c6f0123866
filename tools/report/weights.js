// Histograms of weights and gradients, layer by layer over training.
"use strict";

{
  const { el, fill, number, percent } = unroll;
  const kMargin = { top: 6, right: 6, bottom: 22, left: 48 };
  const kHeight = 150;

  /// A heat map: a column for each step, ink where many values are. Rows have bins of their own, so
  /// each is laid on the common vertical axis.
  const map = (name, steps, histogram) => {
    const canvas = el("canvas", { role: "img", "aria-label": `Distribution of ${name} over training` });
    const read = el("div", { class: "read" });
    const { low, high, shares } = histogram;
    const bottom = d3.min(low), top = d3.max(high);
    const last = shares.length - 1;
    const draw = () => {
      const width = canvas.clientWidth;
      if (width === 0) return;
      const scale = window.devicePixelRatio || 1;
      canvas.width = width * scale;
      canvas.height = kHeight * scale;
      const pen = canvas.getContext("2d");
      pen.scale(scale, scale);
      const x = d3.scaleBand().domain(d3.range(shares.length)).range([kMargin.left, width - kMargin.right]).paddingInner(shares.length > 60 ? 0 : 0.04);
      const y = d3.scaleLinear().domain(bottom === top ? [bottom - 1, top + 1] : [bottom, top]).range([kHeight - kMargin.bottom, kMargin.top]);
      const style = getComputedStyle(canvas);
      const ink = style.getPropertyValue("--cool").trim().split(" ").join(", ");
      shares.forEach((row, r) => {
        const most = d3.max(row) || 1;
        const bin = (high[r] - low[r]) / row.length;
        row.forEach((share, b) => {
          if (share === 0) return;
          const upper = y(low[r] + bin * (b + 1));
          pen.fillStyle = `rgba(${ink}, ${0.08 + 0.92 * Math.sqrt(share / most)})`;
          pen.fillRect(x(r), upper, x.bandwidth(), Math.max(1, y(low[r] + bin * b) - upper + 0.3));
        });
      });
      pen.fillStyle = style.getPropertyValue("--muted");
      pen.font = "11px system-ui, 'Noto Sans', 'DejaVu Sans', sans-serif";
      pen.textAlign = "right";
      pen.textBaseline = "middle";
      const text = y.tickFormat(4, "~g");
      for (const tick of y.ticks(4)) {
        pen.fillText(text(tick), kMargin.left - 6, y(tick));
        pen.globalAlpha = 0.25;
        pen.fillRect(kMargin.left, Math.round(y(tick)), width - kMargin.left - kMargin.right, 1);
        pen.globalAlpha = 1;
      }
      pen.textBaseline = "alphabetic";
      pen.textAlign = "left";
      pen.fillText(`step ${number(steps[0])}`, kMargin.left, kHeight - 6);
      pen.textAlign = "right";
      if (last > 0) pen.fillText(number(steps[last]), width - kMargin.right, kHeight - 6);
      canvas.onmousemove = (event) => {
        const r = Math.min(last, Math.max(0, Math.floor(((event.offsetX - kMargin.left) / (width - kMargin.left - kMargin.right)) * shares.length)));
        const value = y.invert(event.offsetY);
        const b = Math.floor(((value - low[r]) / (high[r] - low[r])) * shares[r].length);
        const share = b >= 0 && b < shares[r].length ? shares[r][b] / 1e4 : 0;
        read.textContent = `step ${number(steps[r])}: ${percent(share)} near ${number(value)}; from ${number(low[r])} to ${number(high[r])}`;
      };
      canvas.onmouseleave = () => rest();
    };
    const rest = () => { read.textContent = `last from ${number(low[last])} to ${number(high[last])}`; };
    canvas.style.width = "100%";
    canvas.style.height = `${kHeight}px`;
    rest();
    new ResizeObserver(draw).observe(canvas);
    return el("div", { class: "map" }, el("h4", {}, name), canvas, read);
  };

  unroll.view({
    id: "weights",
    title: "Weights and gradients",
    hint: "How values are spread, from the first step on the left to the last on the right; the stronger the colour, the more of them. A map that widens without end or shrinks to a line deserves a look.",
    has: (data) => data.runs.some((run) => run.histograms),
    make(section) {
      let data;
      const run = unroll.select("Run", () => draw());
      const kind = unroll.choice("Of", [["weights", "Weights"], ["gradients", "Gradients"]], () => draw());
      const maps = el("div", { class: "maps" });
      const more = el("p", { class: "hint" });
      section.append(el("div", { class: "controls" }, run.box, kind.box), maps, more);
      const draw = () => {
        const { step, left_out, [kind.value]: parameters } = data.runs[run.value].histograms;
        more.textContent = left_out > 0 ? `${number(left_out)} more parameters are in the run file.` : "";
        fill(maps, Object.entries(parameters).filter(([, one]) => one.shares && one.shares.length > 0).map(([name, one]) => map(name, step, one)));
      };
      return (fresh) => {
        data = fresh;
        run.offer(data.runs.map((one, i) => [String(i), one.name]).filter(([i]) => data.runs[i].histograms));
        draw();
      };
    },
  });
}
