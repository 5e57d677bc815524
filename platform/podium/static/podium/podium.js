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

  const zoned = { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
  const local = new Intl.DateTimeFormat("en-GB", zoned);
  const utc = new Intl.DateTimeFormat("en-GB", { ...zoned, timeZone: "UTC" });
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const units = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];

  const ago = (date) => {
    const seconds = (date - Date.now()) / 1000;
    const [unit, size] = units.find(([, each]) => Math.abs(seconds) >= each) || ["second", 1];
    return size === 1 ? "just now" : relative.format(Math.trunc(seconds / size), unit);
  };
  const both = (date) => {
    const [here, there] = [local.format(date), utc.format(date)];
    return here === there ? here : `${here} (${there})`;
  };
  const showTimes = (within) => {
    for (const time of within.querySelectorAll("time[data-show]")) {
      const date = new Date(time.dateTime);
      time.title = both(date);
      time.textContent = time.dataset.show === "deadline" ? both(date) : ago(date);
    }
  };

  // The table is the same for all readers; which row is one's own stands beside it.
  const markOwn = () => {
    const own = document.querySelector(".own");
    const row = document.getElementById(`team-${own?.dataset.own}`);
    if (!row || row.className) return;
    row.className = "mine";
    row.querySelector(".team a").after(" ", own.querySelector(".chip").cloneNode(true));
  };

  const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
  const acceptDrops = (within) => {
    for (const drop of within.querySelectorAll("[data-drop]")) {
      const input = drop.querySelector("input[type=file]");
      const name = drop.querySelector("[data-drop-name]");
      const over = (on) => (event) => { event.preventDefault(); drop.classList.toggle("over", on); };
      drop.addEventListener("dragover", over(true));
      drop.addEventListener("dragleave", over(false));
      drop.addEventListener("drop", (event) => {
        over(false)(event);
        input.files = event.dataTransfer.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
      });
      input.addEventListener("change", () => {
        const file = input.files[0];
        name.textContent = file ? `${file.name}, ${size(file.size)}` : "";
      });
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    setTheme(root.dataset.theme);
    showTimes(document);
    acceptDrops(document);
    markOwn();
    setInterval(() => showTimes(document), 60000);
    document.addEventListener("click", (event) => {
      if (!event.target.closest("[data-theme-switch]")) return;
      const names = Object.keys(themes);
      const next = names[(names.indexOf(root.dataset.theme) + 1) % names.length];
      remember(next);
      setTheme(next);
    });
    document.addEventListener("htmx:load", (event) => {
      showTimes(event.target.parentNode || document);
      acceptDrops(event.target);
      markOwn();
    });
  });
})();
