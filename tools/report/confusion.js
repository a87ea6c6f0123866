// The confusion matrix of a classifier's last evaluation, and which classes it mistakes most.
"use strict";

{
  const { el, fill, number, percent } = unroll;
  const kLabels = 40; // more classes than this leave no room for their numbers

  const splitsOf = (run) => Object.keys(run.confusion);

  const matrix = ({ classes, confusion }, shares) => {
    const n = classes.length;
    const margin = Math.min(150, 24 + 7 * d3.max(classes, (name) => name.length));
    const size = n > kLabels ? 10 : Math.max(24, Math.min(46, 620 / n));
    const extent = margin + n * size + 46;
    const svg = d3.create("svg").attr("class", "matrix").attr("viewBox", `0 0 ${extent} ${extent - 40}`).attr("role", "img")
      .attr("aria-label", "Confusion matrix: rows are true classes, columns what the model said").style("max-width", `${extent}px`).style("width", "100%");
    const cells = confusion.flatMap((row, r) => {
      const sum = d3.sum(row) || 1;
      return row.map((count, c) => ({ r, c, count, share: count / sum }));
    });
    const group = svg.selectAll("g.cell").data(cells).join("g").attr("transform", (cell) => `translate(${margin + cell.c * size},${margin + cell.r * size})`);
    group.append("rect").attr("width", size - 1).attr("height", size - 1).attr("rx", 3)
      .style("fill", (cell) => (cell.count === 0 ? "var(--soft)" : `rgb(var(${cell.r === cell.c ? "--cool" : "--heat"}) / ${(0.1 + 0.9 * Math.sqrt(cell.share)).toFixed(3)})`));
    group.append("title").text((cell) => `${classes[cell.r]} taken for ${classes[cell.c]}: ${cell.count} (${percent(cell.share)} of ${classes[cell.r]})`);
    if (n <= kLabels) {
      const text = (cell) => (cell.count === 0 ? "" : shares ? String(Math.round(100 * cell.share)) : number(cell.count));
      group.append("text").attr("x", (size - 1) / 2).attr("y", size / 2 + 4).attr("text-anchor", "middle").attr("class", (cell) => (cell.share > 0.45 ? "strong" : null))
        .style("font-size", `${Math.min(12, size / 2.6)}px`).text(text);
      const label = (selection) => selection.text((name) => (name.length > 18 ? `${name.slice(0, 17)}…` : name));
      svg.selectAll("text.row").data(classes).join("text").attr("text-anchor", "end").attr("x", margin - 8).attr("y", (_, i) => margin + i * size + size / 2 + 4).call(label);
      svg.selectAll("text.column").data(classes).join("text").attr("transform", (_, i) => `translate(${margin + i * size + size / 2 + 4},${margin - 8}) rotate(-52)`).call(label);
    }
    return svg.node();
  };

  const perClass = ({ classes, confusion }) => classes.map((name, i) => {
    const said = d3.sum(confusion, (row) => row[i]);
    const are = d3.sum(confusion[i]);
    return { name, are, recall: are ? confusion[i][i] / are : null, precision: said ? confusion[i][i] / said : null };
  });

  const mistakes = ({ classes, confusion }) => confusion
    .flatMap((row, r) => row.map((count, c) => ({ r, c, count, share: count / (d3.sum(row) || 1) })))
    .filter((cell) => cell.r !== cell.c && cell.count > 0).sort((a, b) => b.count - a.count).slice(0, 6)
    .map((cell) => el("li", {}, `${classes[cell.r]} → ${classes[cell.c]} `, el("span", { class: "hint" }, `${cell.count}, ${percent(cell.share)} of them`)));

  unroll.view({
    id: "confusion",
    title: "Confusion",
    hint: "Rows are true classes, columns what the model said; shades are shares of a row. Blue is right, orange is wrong.",
    has: (data) => data.runs.some((run) => splitsOf(run).length > 0),
    make(section) {
      let data;
      const run = unroll.select("Run", () => draw());
      const split = unroll.select("Split", () => draw());
      const numbers = unroll.choice("Numbers", [["counts", "Counts"], ["shares", "% of row"]], () => draw());
      const picture = el("div");
      const classes = unroll.sortable("Classes: examples, recall and precision");
      const worst = el("ul", { style: { margin: "0", "padding-left": "18px" } });
      const worstBox = el("div", {}, el("h3", {}, "Most frequent mistakes"), worst);
      section.append(el("div", { class: "controls" }, run.box, split.box, numbers.box),
        el("div", { class: "matrix-layout" }, picture, el("div", {}, classes.table, worstBox)));
      const draw = () => {
        const all = data.runs[run.value].confusion;
        split.offer(splitsOf(data.runs[run.value]));
        const one = all[split.value];
        fill(picture, matrix(one, numbers.value === "shares"));
        classes.show([{ title: "class", name: "class" }, { title: "n", name: "examples", right: true }, { title: "recall", name: "recall", right: true, larger: true }, { title: "precision", name: "precision", right: true, larger: true }],
          perClass(one).map(({ name, are, recall, precision }) => ({ key: name, cells: [
            { content: name, sort: name }, { content: number(are), sort: are },
            ...[recall, precision].map((share) => ({ content: share === null ? "–" : percent(share), sort: share }))] })));
        const list = mistakes(one);
        worstBox.hidden = list.length === 0;
        fill(worst, list);
      };
      return (fresh) => {
        data = fresh;
        run.offer(data.runs.map((one, i) => [String(i), one.name]).filter(([i]) => splitsOf(data.runs[i]).length > 0));
        draw();
      };
    },
  });
}
