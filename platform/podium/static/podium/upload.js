// Sends raw files in pieces, so that an upload that broke off goes on where it stopped.
// Without this script the same form sends its files in one go.
(() => {
  "use strict";
  const form = document.getElementById("upload");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const list = document.getElementById("uploading");
  const read = form.querySelector("button[name=read]");
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const LEAST = 1 << 20, PATIENCE = 60000;
  let most = 16 << 20, running = 0;

  const address = (name) => form.dataset.raw.replace("NAME", encodeURIComponent(name));
  const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
  const request = (name, method, more = {}) =>
    fetch(address(name), { ...more, method, headers: { "X-CSRFToken": token, ...more.headers } });

  class Refused extends Error {}

  // How much of the file the server has after this piece. An empty one asks how much it has.
  const piece = async (file, offset, length) => {
    const answer = await request(file.name, "PUT", {
      body: file.slice(offset, offset + length),
      headers: { "Upload-Offset": offset, "Upload-Length": file.size },
    });
    // A proxy may take less at a time than the site does.
    if (answer.status === 413 && length > LEAST) most = LEAST;
    if (answer.status >= 500 || (answer.status === 413 && length > LEAST)) throw new Error(String(answer.status));
    const said = await answer.json().catch(() => ({}));
    if (answer.ok || answer.status === 409) return said.received;
    throw new Refused(said.error || "You may not upload here any more. Sign in again.");
  };

  const send = async (file, show) => {
    let length = LEAST, pause = 1000, offset = null;
    for (;;) {
      try {
        offset ??= await piece(file, 0, 0);
        show(offset, "");
        if (offset >= file.size && offset > 0) return;
        const begun = Date.now();
        offset = await piece(file, offset, length);
        // Pieces of about a second: small enough to show progress, few enough to be quick.
        length = Date.now() - begun < 1000 ? Math.min(2 * length, most) : Math.max(length / 2, LEAST);
        pause = 1000;
      } catch (error) {
        if (error instanceof Refused) throw error;
        show(offset || 0, `The connection broke. It goes on in ${pause / 1000} s.`);
        await wait(pause);
        pause = Math.min(2 * pause, PATIENCE);
        length = LEAST;
        offset = null;
      }
    }
  };

  const row = (file) => {
    const item = document.createElement("li");
    const box = document.createElement("div");
    const bar = document.createElement("progress");
    const said = document.createElement("small");
    bar.max = file.size || 1;
    bar.setAttribute("aria-label", file.name);
    box.append(file.name, bar, said);
    item.append(box);
    list.append(item);
    list.hidden = false;
    return { item, bar, said };
  };

  // The list of files as the server has it now; what is typed elsewhere on the page stays.
  const refresh = async () => {
    const page = new DOMParser().parseFromString(await (await fetch(location.pathname)).text(), "text/html");
    const [mine, theirs] = [document, page].map((each) => each.getElementById("raw-files"));
    if (mine && theirs) mine.replaceChildren(...theirs.childNodes);
  };

  const upload = async (files) => {
    const rows = files.map((file) => [file, row(file)]);
    running += 1;
    read.disabled = true;
    for (const [file, { item, bar, said }] of rows) {
      try {
        await send(file, (done, words) => {
          bar.value = done;
          said.textContent = words || `${Math.floor((100 * done) / (file.size || 1))} %`;
        });
        item.remove();
      } catch (error) {
        bar.remove();
        said.textContent = error.message;
      }
      await refresh();
    }
    running -= 1;
    read.disabled = running > 0;
    list.hidden = !list.children.length;
  };

  form.querySelector("[data-without-script]").hidden = true;
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    if (files.length) upload(files);
  });
  document.addEventListener("submit", async (event) => {
    const name = event.target.dataset.remove;
    if (name === undefined) return;
    event.preventDefault();
    await request(name, "DELETE");
    await refresh();
    input.focus();
  });
  window.addEventListener("beforeunload", (event) => { if (running) event.preventDefault(); });
})();
