// What every view uses: elements made without markup, so that texts stay texts; controls; numbers.
"use strict";

const unroll = { views: [] };

{
  /// el("p", {class: "hint", onclick: f}, "text", child): an element; strings become text nodes.
  unroll.el = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined) continue;
      if (name.startsWith("aria-")) element.setAttribute(name, String(value));
      else if (value === false) continue;
      else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (name === "style") for (const [key, one] of Object.entries(value)) element.style.setProperty(key, one);
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
    return element;
  };

  /// Replaces what is in an element.
  unroll.fill = (element, ...children) => {
    element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
    return element;
  };

  const { el, fill } = unroll;
  let lastId = 0;
  unroll.newId = (prefix) => `${prefix}-${++lastId}`;

  /// "1.234", "12,345", "1.2e-6", "–": as many digits as a reader compares.
  unroll.number = (value) => {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    const size = Math.abs(value);
    if (value === 0) return "0";
    if (Number.isInteger(value) && size < 1e9) return value.toLocaleString("en");
    if (size >= 1e6 || size < 1e-3) return value.toExponential(2).replace("e+", "e");
    if (size >= 1000) return value.toLocaleString("en", { maximumFractionDigits: 0 });
    return String(Number(value.toPrecision(4)));
  };

  /// "1.8300 ± 0.0093": a mean with the digits that its standard deviation has.
  unroll.spread = (mean, sd) => {
    if (!(sd > 0)) return `${unroll.number(mean)} ± 0`;
    const decimals = 1 - Math.floor(Math.log10(sd));
    if (decimals > 7 || decimals < 0) return `${unroll.number(mean)} ± ${unroll.number(Number(sd.toPrecision(2)))}`;
    return `${mean.toFixed(decimals)} ± ${sd.toFixed(decimals)}`;
  };

  unroll.percent = (share) => `${(100 * share).toFixed(share > 0 && share < 0.0995 ? 1 : 0)}\u00a0%`;

  unroll.duration = (seconds) => {
    if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
    const minutes = Math.round(seconds / 60);
    return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  };

  /// gradient_norm -> gradient norm
  unroll.words = (name) => name.replaceAll("_", " ");

  /// A labelled drop-down. `offer` sets what there is to choose from ([value, text] or a value) and
  /// keeps the choice if it is still there.
  unroll.select = (label, onchange) => {
    const select = el("select", { onchange: () => onchange(select.value) });
    const box = el("label", { class: "control" }, el("span", {}, label), select);
    return {
      box,
      get value() { return select.value; },
      set value(value) { select.value = value; },
      offer(options, wanted) {
        const pairs = options.map((one) => (Array.isArray(one) ? one : [one, one]));
        const kept = wanted ?? select.value;
        fill(select, pairs.map(([value, text]) => el("option", { value }, text)));
        const there = pairs.some(([value]) => String(value) === String(kept));
        if (pairs.length > 0) select.value = there ? kept : pairs[0][0];
        box.hidden = pairs.length < 2;
      },
    };
  };

  /// Buttons of which one is pressed.
  unroll.choice = (label, options, onchange) => {
    let value = options[0][0];
    const buttons = options.map(([one, text]) =>
      el("button", { type: "button", "aria-pressed": one === value, onclick: () => choice.set(one) }, text));
    const box = el("div", { class: "choice", role: "group", "aria-label": label }, buttons);
    const choice = {
      box,
      get value() { return value; },
      show(one) {
        value = one;
        buttons.forEach((button, i) => button.setAttribute("aria-pressed", options[i][0] === one));
      },
      set(one) {
        choice.show(one);
        onchange(one);
      },
    };
    return choice;
  };

  unroll.check = (label, checked, onchange) => {
    const input = el("input", { type: "checkbox", onchange: () => onchange(input.checked) });
    input.checked = checked;
    const box = el("label", { class: "control check" }, input, el("span", {}, label));
    return { box, input };
  };

  /// A slider with its value beside it as `text(value)` says it.
  unroll.slider = (label, { min, max, step, value }, text, onchange) => {
    const output = el("output", {}, text(value));
    const input = el("input", { type: "range", min, max, step, value });
    const show = () => {
      output.textContent = text(Number(input.value));
      input.setAttribute("aria-valuetext", output.textContent);
    };
    input.addEventListener("input", () => {
      show();
      onchange(Number(input.value));
    });
    const box = el("label", { class: "control slider" }, el("span", {}, label), input, output);
    return {
      box,
      input,
      get value() { return Number(input.value); },
      set(limit, now) {
        input.max = limit;
        input.value = now;
        show();
      },
    };
  };

  /// A view: `has(data)` says whether there is anything to see; `make(section)` builds it once and
  /// returns what draws data into it, the first time and whenever there are new ones.
  unroll.view = (view) => unroll.views.push(view);
}
