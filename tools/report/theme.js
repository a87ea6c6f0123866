// Light or dark: what the system prefers until the reader says otherwise.
"use strict";

{
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");

  const remembered = () => {
    try {
      return localStorage.getItem("unroll-theme");
    } catch {
      return null; // pages from disk may have no storage
    }
  };
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches);
  const show = () => {
    button.textContent = isDark() ? "☀ Light" : "☾ Dark";
  };

  if (["light", "dark"].includes(remembered())) root.dataset.theme = remembered();
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem("unroll-theme", root.dataset.theme);
    } catch {
      // then it lasts as long as the page
    }
    show();
  });
  prefersDark.addEventListener("change", show);
  show();
}
