// Puts the page together: a section for each view that has something to show.
"use strict";

{
  const { el, fill } = unroll;
  const main = document.getElementById("main");
  const nav = document.getElementById("nav");
  const drawn = new Map(); // view -> {section, draw}

  const build = (view) => {
    const section = el("section", { id: view.id, class: "card", "aria-labelledby": `${view.id}-title` }, el("h2", { id: `${view.id}-title` }, view.title), view.hint ? el("p", { class: "hint" }, view.hint) : null);
    const after = unroll.views.slice(unroll.views.indexOf(view) + 1).map((other) => drawn.get(other)).find(Boolean);
    main.insertBefore(section, after ? after.section : null);
    drawn.set(view, { section, draw: view.make(section) });
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

  /// Draws data: all of it the first time, then into what is there.
  unroll.show = (data) => {
    const title = data.experiments.join(", ");
    document.title = `${title} – Unroll report`;
    document.getElementById("title").textContent = title;
    for (const view of unroll.views) {
      const wanted = view.has(data);
      if (wanted && !drawn.has(view)) build(view);
      const there = drawn.get(view);
      if (!there) continue;
      there.section.hidden = !wanted;
      if (wanted) draw(there, data);
    }
    fill(nav, unroll.views.filter((view) => drawn.has(view) && !drawn.get(view).section.hidden).map((view) => el("a", { href: `#${view.id}` }, view.title)));
  };

  const source = document.getElementById("data");
  unroll.show(JSON.parse(source.textContent));
  document.documentElement.dataset.drawn = "yes";
  if (source.dataset.kind === "served") unroll.follow();

  // The view that is being looked at stands out in the bar.
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const link = nav.querySelector(`a[href="#${target.id}"]`);
      if (link) link.classList.toggle("here", isIntersecting);
    }
  }, { rootMargin: "-30% 0px -65% 0px" });
  for (const { section } of drawn.values()) seen.observe(section);
}
