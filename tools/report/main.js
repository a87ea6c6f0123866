// Puts the page together: a section for each view that has something to show.
"use strict";

{
  const { el, fill } = unroll;
  const main = document.getElementById("main");
  const nav = document.getElementById("nav");
  const drawn = new Map(); // view -> {section, draw}

  // The view that is being looked at stands out in the bar.
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const link = nav.querySelector(`a[href="#${target.id}"]`);
      if (link) link.classList.toggle("here", isIntersecting);
    }
  }, { rootMargin: "-30% 0px -65% 0px" });

  const build = (view) => {
    const section = el("section", { id: view.id, class: "card", "aria-labelledby": `${view.id}-title` }, el("h2", { id: `${view.id}-title` }, view.title), view.hint ? el("p", { class: "hint" }, view.hint) : null);
    const after = unroll.views.slice(unroll.views.indexOf(view) + 1).map((other) => drawn.get(other)).find(Boolean);
    main.insertBefore(section, after ? after.section : null);
    drawn.set(view, { section, draw: view.make(section) });
    seen.observe(section);
  };

  /// One view that fails on a file it did not expect leaves the others alone.
  const draw = (there, data) => {
    try {
      there.draw(data);
    } catch (error) {
      console.error(error);
      there.section.append(el("p", { class: "wrong", role: "alert" }, `This view cannot be drawn: ${error.message}`));
    }
  };

  /// Lets the browser paint and listen.
  const pause = () => new Promise((goOn) => setTimeout(goOn));

  /// Draws data into the views, one after another from the top, so that what is seen first is there
  /// at once; done when all are.
  unroll.show = async (data) => {
    const title = data.experiments.join(", ");
    document.title = `${title} – Unroll report`;
    document.getElementById("title").textContent = title;
    for (const view of unroll.views) {
      if (view.has(data) && !drawn.has(view)) build(view);
      if (drawn.has(view)) drawn.get(view).section.hidden = !view.has(data);
    }
    const shown = unroll.views.filter((view) => drawn.has(view) && !drawn.get(view).section.hidden);
    fill(nav, shown.map((view) => el("a", { href: `#${view.id}` }, view.title)));
    for (const view of shown) {
      draw(drawn.get(view), data);
      await pause();
    }
  };

  const source = document.getElementById("data");

  /// The data are JSON, packed by zlib, in base64.
  const unpacked = (text) => {
    if (typeof DecompressionStream === "undefined") throw new Error("this browser is too old to unpack it (Chrome 80, Safari 16.4, Firefox 113 or later can)");
    const letters = atob(text);
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < bytes.length; ++i) bytes[i] = letters.charCodeAt(i);
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
  };

  const begin = async () => {
    try {
      const data = await unpacked(source.textContent);
      performance.mark("unpacked");
      await unroll.show(data);
      performance.measure("drawn", "unpacked");
    } catch (error) {
      console.error(error);
      main.append(el("p", { class: "card wrong", role: "alert" }, `This report cannot be drawn: ${error.message}`));
      return;
    }
    document.documentElement.dataset.drawn = "yes";
    if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
    if (source.dataset.kind === "served") unroll.follow();
  };
  begin();
}
