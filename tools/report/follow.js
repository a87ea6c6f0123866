// While runs go on: asks the server that this page came from for new data, and draws them into it.
"use strict";

{
  const kPause = 2000; // ms
  const badge = document.getElementById("live");
  let tag = null;

  const say = (text, lost) => {
    badge.hidden = false;
    badge.textContent = text;
    badge.classList.toggle("lost", lost);
  };

  /// What has the focus, so that it has it still when its part of the page was drawn anew.
  const focusKeeper = () => {
    const kinds = "a, button, select, input, summary, [tabindex]";
    const section = document.activeElement && document.activeElement.closest("section, nav");
    if (!section) return () => {};
    const place = [...section.querySelectorAll(kinds)].indexOf(document.activeElement);
    return () => {
      if (document.activeElement !== document.body) return;
      const now = section.querySelectorAll(kinds)[place];
      if (now) now.focus({ preventScroll: true });
    };
  };

  const ask = async () => {
    try {
      const answer = await fetch("/data.json", { cache: "no-store", headers: tag ? { "If-None-Match": tag } : {} });
      if (answer.status === 200) {
        const data = await answer.json();
        tag = answer.headers.get("ETag");
        const restore = focusKeeper();
        await unroll.show(data);
        restore();
        const going = data.runs.filter((run) => run.status === "running").length;
        say(going > 0 ? `${going === 1 ? "1 run goes" : `${going} runs go`} on` : "all runs have ended", false);
        document.documentElement.dataset.shown = tag;
      }
    } catch {
      say("the server has ended", true);
    }
    setTimeout(ask, kPause);
  };

  unroll.follow = ask;
}
