// Differences: the settings that are not the same and what the runs reached, to be sorted and
// filtered; runs that differ in the seed alone also as one row, mean ± standard deviation.
"use strict";

{
  const { el, fill, number } = unroll;

  const isFigure = (name) => /^(train|validation|test)\./.test(name);
  const metricOf = (name) => name.split(".")[1];

  /// A table whose heads are buttons that sort it. Columns: {title, name, right, better}; rows:
  /// {key, cells: [{content, sort}]}, where `sort` is a number, a text or null.
  const sortable = (caption) => {
    let sorted = { column: null, down: false };
    let columns = [], rows = [];
    const head = el("tr"), body = el("tbody");
    const table = el("table", { class: "sortable" }, el("caption", { class: "unseen" }, caption), el("thead", {}, head), body);
    const compare = (a, b) => {
      const [x, y] = [a.cells[sorted.column].sort, b.cells[sorted.column].sort];
      if (x === null || y === null) return (x === null) - (y === null); // what is absent comes last
      const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), "en", { numeric: true });
      return sorted.down ? -order : order;
    };
    const draw = () => {
      const order = sorted.column === null ? rows : [...rows].sort(compare);
      fill(body, order.map((row) => el("tr", { "data-key": row.key }, row.cells.map((cell, c) =>
        el("td", { class: [columns[c].right ? "number" : "", cell.best ? "best" : ""].join(" ").trim() || null, title: cell.title }, cell.content)))));
      [...head.children].forEach((th, c) => {
        th.setAttribute("aria-sort", c !== sorted.column ? "none" : sorted.down ? "descending" : "ascending");
      });
    };
    return {
      table,
      show(newColumns, newRows) {
        const same = columns.length === newColumns.length && columns.every((one, c) => one.name === newColumns[c].name);
        columns = newColumns;
        rows = newRows;
        if (!same) {
          sorted = { column: null, down: false };
          fill(head, columns.map((column, c) => el("th", { scope: "col", "aria-sort": "none", class: column.right ? "number" : null },
            el("button", { type: "button", title: column.name, onclick: () => {
              sorted = { column: c, down: sorted.column === c ? !sorted.down : Boolean(column.larger) };
              draw();
            } }, column.title))));
        }
        draw();
      },
    };
  };
  unroll.sortable = sortable;

  const exactOf = (text) => (text === "" ? null : text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text);

  /// Marks the best cell of each column of figures.
  const markBest = (columns, rows) => columns.forEach((column, c) => {
    if (!column.figure || rows.length < 2) return;
    const values = rows.map((row) => row.cells[c].sort).filter((value) => typeof value === "number");
    if (values.length < 2) return;
    const best = column.larger ? Math.max(...values) : Math.min(...values);
    if (best === (column.larger ? Math.min(...values) : Math.max(...values))) return;
    for (const row of rows) row.cells[c].best = row.cells[c].sort === best;
  });

  const runColumns = (data) => data.table.columns.map((column) => ({
    ...column,
    title: isFigure(column.name) ? unroll.words(column.title) : column.title,
    figure: isFigure(column.name) && !column.name.endsWith(".best_step"),
    larger: isFigure(column.name) && data.larger_is_better.includes(metricOf(column.name)),
  }));

  const runRows = (data) => data.table.rows.map((cells, i) => ({
    key: data.runs[i].name,
    cells: cells.map(([shown, exact], c) => ({
      content: c === 0 ? nameOf(data, i) : data.table.columns[c].name === "status" ? el("span", { class: `status ${exact}` }, shown) : shown,
      sort: exactOf(exact),
      title: exact !== shown && c > 0 ? exact : null,
    })),
  }));

  const nameOf = (data, i) => [el("i", { class: "swatch", style: { background: unroll.runInk(data, i).colour } }), el("a", { href: `#run-${i}` }, data.runs[i].name)];

  const groupRows = (data, columns) => data.groups.map((group, g) => {
    const name = unroll.groupTitle(data, group);
    const first = [
      { content: [el("i", { class: "swatch", style: { background: unroll.runInk(data, group.runs[0]).colour } }), name], sort: name },
      { content: String(group.runs.length), sort: group.runs.length },
    ];
    const figures = columns.slice(2).map((column) => {
      const c = data.table.columns.findIndex((one) => one.name === column.name);
      const values = group.runs.map((i) => exactOf(data.table.rows[i][c][1])).filter((value) => typeof value === "number");
      if (values.length === 0) return { content: "–", sort: null };
      const mean = d3.mean(values);
      return { content: values.length > 1 ? unroll.spread(mean, d3.deviation(values)) : number(mean), sort: mean, title: values.join(", ") };
    });
    return { key: String(g), cells: [...first, ...figures] };
  });

  unroll.view({
    id: "differences",
    title: "Differences",
    hint: "Only settings that are not the same everywhere have a column. A head sorts by its column; once more turns it round.",
    has: (data) => data.runs.length > 1,
    make(section) {
      let rows = [], columns = [];
      const runs = sortable("Runs: settings that differ and figures");
      const groups = sortable("Groups of runs that differ in the seed alone: mean and standard deviation");
      const filter = el("input", { type: "search", placeholder: "Filter runs", "aria-label": "Filter runs", oninput: () => show() });
      const pooled = el("div", {}, el("h3", {}, "Over seeds: mean ± standard deviation"), el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Groups" }, groups.table));
      section.append(el("div", { class: "controls" }, filter), el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Differences" }, runs.table), pooled);
      const show = () => {
        const wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
        const text = (row) => row.cells.map((cell) => String(cell.sort ?? "")).join(" ").toLowerCase() + row.key.toLowerCase();
        runs.show(columns, rows.filter((row) => wanted.every((word) => text(row).includes(word))));
      };
      return (data) => {
        columns = runColumns(data);
        rows = runRows(data);
        // A best one there is only among runs that count the same on the same data.
        const yardsticks = data.headline ? new Set(data.runs.map((run) => unroll.yardstick(run, ...data.headline))) : new Set();
        const comparable = yardsticks.size === 1;
        if (comparable) markBest(columns, rows);
        show();
        pooled.hidden = !unroll.hasReplicas(data);
        if (pooled.hidden) return;
        const own = [{ title: "group", name: "group" }, { title: "n", name: "n", right: true }, ...columns.filter((column) => column.figure)];
        const pooledRows = groupRows(data, own);
        if (comparable) markBest(own, pooledRows);
        groups.show(own, pooledRows);
      };
    },
  });
}
