// Everything here is a nicety: each page works without it.
(() => {
  "use strict";
  const root = document.documentElement;
  const themes = { auto: "Auto", light: "Light", dark: "Dark" };

  // Storage may be forbidden; the switch then lasts for the page.
  const remembered = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const remember = (name) => { try { localStorage.setItem("theme", name); } catch { /* see above */ } };

  const setTheme = (name) => {
    root.dataset.theme = name in themes ? name : "auto";
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.hidden = false;
      button.querySelector("[data-theme-name]").textContent = themes[root.dataset.theme];
    }
  };
  // Before the first paint, so that the page does not flash.
  setTheme(remembered());

  // Without HTTPS there is no clipboard.
  const offerCopies = () => {
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  };
  const copy = async (button) => {
    await navigator.clipboard.writeText(button.previousElementSibling.textContent);
    button.textContent = "Copied";
  };

  // The table is the same for all readers; which row is your own is sent next to it.
  const markOwn = () => {
    const own = document.querySelector(".own");
    const row = document.getElementById(`team-${own?.dataset.own}`);
    if (!row || row.className) return;
    row.className = "mine";
    row.querySelector(".team a").after(" ", own.querySelector(".chip").cloneNode(true));
  };

  document.addEventListener("DOMContentLoaded", () => {
    setTheme(root.dataset.theme);
    markOwn();
    offerCopies();
    document.addEventListener("click", (event) => {
      if (event.target.matches("[data-copy]")) copy(event.target);
      if (!event.target.closest("[data-theme-switch]")) return;
      const names = Object.keys(themes);
      const next = names[(names.indexOf(root.dataset.theme) + 1) % names.length];
      remember(next);
      setTheme(next);
    });
    document.addEventListener("htmx:load", () => { markOwn(); offerCopies(); });
  });
})();
