// Times in the reader's zone. Without this script pages say them in UTC, or in the zone chosen.
(() => {
  "use strict";
  const parts = [{ dateStyle: "long" }, { hour: "2-digit", minute: "2-digit", timeZoneName: "short" }];
  const formats = (timeZone) => parts.map((part) => new Intl.DateTimeFormat("en-GB", { ...part, timeZone }));
  const utc = formats("UTC");
  let here;
  // The browser may not know the zone that was chosen.
  try { here = formats(document.documentElement.dataset.zone); } catch { here = formats(); }
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const units = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];

  const ago = (date) => {
    const seconds = (date - Date.now()) / 1000;
    const [unit, size] = units.find(([, each]) => Math.abs(seconds) >= each) || [];
    return unit ? relative.format(Math.trunc(seconds / size), unit) : "just now";
  };
  const showTimes = () => {
    for (const time of document.querySelectorAll("time[data-show]")) {
      const date = new Date(time.dateTime), isDeadline = time.dataset.show === "deadline";
      const [mine, theirs] = [here, utc].map((two) => two.map((one) => one.format(date)));
      const there = theirs.join(", ");
      const both = mine[1] === theirs[1] ? there : `${mine.join(", ")} (${mine[0] === theirs[0] ? theirs[1] : there})`;
      if (isDeadline) time.title = `${there}, ${ago(date)}`;
      else time.textContent = ago(date);
      // What is in the chosen zone already stays as the server said it.
      if (!("zoned" in time.dataset)) time[isDeadline ? "textContent" : "title"] = both;
    }
  };

  showTimes();
  setInterval(showTimes, 60000);
  document.addEventListener("htmx:load", showTimes);
})();
