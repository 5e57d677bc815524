// How long it is until the next date of a challenge, by the server's clock, second by second.
(() => {
  "use strict";
  const spans = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const counters = document.querySelectorAll("[data-until]");
  const [load] = performance.getEntriesByType("navigation");

  // By how much the reader's clock is slow. A page that a cache gave does not tell.
  const made = new Date(counters[0]?.dataset.now);
  const slow = load?.transferSize ? made - performance.timeOrigin - load.responseStart : 0;

  const left = (date) => {
    let rest = Math.max(0, Math.floor((date - Date.now() - slow) / 1000));
    const said = [];
    for (const [unit, size] of spans) {
      const count = Math.floor(rest / size);
      rest %= size;
      // A figure space as wide as a digit: nothing next to it moves.
      if (count || said.length) said.push(`${String(count).padStart(said.length ? 2 : 0, "\u2007")}\u00a0${unit}`);
    }
    return said.length ? `in ${said.slice(0, 3).join(" ")}` : "now";
  };
  const tick = () => {
    for (const each of counters) each.textContent = left(new Date(each.dataset.until));
  };
  tick();
  setInterval(tick, 1000);
})();
