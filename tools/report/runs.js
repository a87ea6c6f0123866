// Run facts: status, data, environment and the experiment of each run.
"use strict";

{
  const { el, fill, number, duration } = unroll;

  const facts = (run) => {
    const seconds = unroll.column(run, "train", "seconds");
    const took = seconds && seconds.points.length ? seconds.points[seconds.points.length - 1][1] : null;
    const all = run.environment.facts;
    return [
      ["File", run.file],
      ["Run id", run.run_id],
      ["Description", run.description],
      ["Tags", run.tags.join(", ")],
      ["Note", run.note],
      ["Status", run.reason ? `${run.status}: ${run.reason}` : run.status],
      ["Started", run.created.replace("T", " ").replace("Z", " UTC")],
      ["Ended", run.finished.replace("T", " ").replace("Z", " UTC")],
      ["Training time", took === null ? "" : duration(took)],
      ["Steps", `${number(run.checkpoint_step)}${run.planned_steps > 0 ? ` of ${number(run.planned_steps)}` : ""} in the last checkpoint`],
      ["Epochs", run.steps_per_epoch ? number(run.checkpoint_step / run.steps_per_epoch) : ""],
      ["Split", all["data/split"]],
      ["Processor", all.processor],
      ["Threads", all.threads],
      ["Unroll", [all.unroll_version, all.git_revision].filter(Boolean).join(", revision ")],
      ["Compute library", all.compute_library],
      ["Compiler", all.compiler],
      ["Began with", all["initialize_from/run"] ? `weights of ${all["initialize_from/run"]}` : ""],
    ].filter(([, value]) => value !== undefined && value !== "" && value !== null);
  };

  const list = (title, heads, rows) => (rows.length === 0 ? null : [el("h4", {}, title), el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, rows.map((row) => el("tr", {}, row.map((cell) => el("td", {}, cell)))))))]);
  const short = (sum) => el("code", { title: sum }, sum.slice(0, 12));

  const card = (data, run, i) => el("details", { class: "run", id: `run-${i}`, open: data.runs.length === 1 },
    el("summary", {}, el("i", { class: "swatch", style: { background: unroll.runInk(data, i).colour } }), el("strong", {}, run.name), el("span", { class: `status ${run.status}` }, run.status), el("span", { class: "hint" }, run.experiment)),
    el("dl", {}, facts(run).map(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))])),
    run.expectations.length > 0 ? list("Expected", ["figure", "reached", ""], run.expectations.map((one) => [one.expected, number(one.reached), one.met ? el("span", { class: "right" }, "✓ met") : el("span", { class: "wrong" }, "✗ missed")])) : null,
    list("Data", ["file", "bytes", "SHA-256"], run.environment.data.map((file) => [file.path, number(file.bytes), short(file.sha256)])),
    list("Plugins", ["kind", "name", "version", "SHA-256"], run.environment.plugins.map((plugin) => [plugin.kind, plugin.name, plugin.version, short(plugin.sha256)])),
    el("details", {}, el("summary", {}, "The experiment as written"), el("pre", { tabindex: 0 }, run.config)),
    el("details", {}, el("summary", {}, "The experiment as run, with every default"), el("pre", { tabindex: 0 }, run.resolved)));

  /// A link to a run opens its card.
  const open = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.matches("details.run")) target.open = true;
  };
  window.addEventListener("hashchange", open);

  unroll.view({
    id: "runs",
    title: "Runs",
    has: () => true,
    make(section) {
      const box = el("div");
      section.append(box);
      return (data) => {
        const opened = new Set([...box.querySelectorAll("details.run[open]")].map((one) => one.id));
        fill(box, data.runs.map((run, i) => card(data, run, i)));
        for (const id of opened) {
          const one = document.getElementById(id);
          if (one) one.open = true;
        }
        open();
      };
    },
  });
}
