// Sends files in chunks, so that an interrupted upload resumes where it stopped.
// Without this script the same forms send their files in one go.
(() => {
  "use strict";
  const LEAST = 1 << 20, PATIENCE = 60000, LARGE = 8 << 20;
  let most = 16 << 20, running = 0;

  const wait = (milliseconds, signal) => new Promise((done) => {
    setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
  });
  const token = (form) => form.querySelector("[name=csrfmiddlewaretoken]").value;
  const percent = (done, file) => `${Math.floor((100 * done) / (file.size || 1))} %`;

  class Refused extends Error {}

  // How much of the file the server has after this chunk. An empty one asks how much it has.
  const chunk = async (file, to, offset, length) => {
    const answer = await fetch(to.address, {
      method: "PUT",
      signal: to.signal,
      body: file.slice(offset, offset + length),
      headers: { "X-CSRFToken": to.token, "Upload-Offset": offset, "Upload-Length": file.size },
    });
    // A proxy may take less at a time than the site does.
    if (answer.status === 413 && length > LEAST) most = LEAST;
    if (answer.status >= 500 || (answer.status === 413 && length > LEAST)) throw new Error(String(answer.status));
    const said = await answer.json().catch(() => ({}));
    if (answer.ok || answer.status === 409) return said.received;
    throw new Refused(said.error || "You may not upload here any more. Sign in again.");
  };

  const send = async (file, to, show) => {
    let length = LEAST, pause = 1000, offset = to.received ?? null;
    for (;;) {
      if (to.signal?.aborted) throw new Refused("Cancelled. Nothing was sent to be scored or checked.");
      try {
        offset ??= await chunk(file, to, 0, 0);
        show(offset, "");
        if (offset >= file.size && offset > 0) return;
        const begun = Date.now();
        offset = await chunk(file, to, offset, length);
        // Chunks of about a second: small enough to show progress, few enough to be quick.
        length = Date.now() - begun < 1000 ? Math.min(2 * length, most) : Math.max(length / 2, LEAST);
        pause = 1000;
      } catch (error) {
        if (error instanceof Refused) throw error;
        if (to.signal?.aborted) continue;
        show(offset || 0, `The connection broke. It goes on in ${pause / 1000} s.`);
        await wait(pause, to.signal);
        pause = Math.min(2 * pause, PATIENCE);
        length = LEAST;
        offset = null;
      }
    }
  };

  const row = (file, list) => {
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
    return { item, box, bar, said };
  };

  // The raw files of a data set: any number, each by its name.
  const takeRawFiles = (form) => {
    const input = form.querySelector("input[type=file]");
    const list = document.getElementById("uploading");
    const read = form.querySelector("button[name=read]");
    const address = (name) => form.dataset.raw.replace("NAME", encodeURIComponent(name));

    // The list of files as the server has it now; what is typed elsewhere on the page stays.
    const refresh = async () => {
      const page = new DOMParser().parseFromString(await (await fetch(location.pathname)).text(), "text/html");
      const [mine, theirs] = [document, page].map((each) => each.getElementById("raw-files"));
      if (mine && theirs) mine.replaceChildren(...theirs.childNodes);
    };

    const upload = async (files) => {
      const rows = files.map((file) => [file, row(file, list)]);
      running += 1;
      read.disabled = true;
      for (const [file, { item, bar, said }] of rows) {
        try {
          await send(file, { address: address(file.name), token: token(form) }, (done, words) => {
            bar.value = done;
            said.textContent = words || percent(done, file);
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
    const take = () => {
      const files = [...input.files];
      input.value = "";
      if (files.length) upload(files);
    };
    input.addEventListener("change", take);
    take();  // what was chosen before this script had arrived
    document.addEventListener("submit", async (event) => {
      const name = event.target.dataset.remove;
      if (name === undefined) return;
      event.preventDefault();
      await fetch(address(name), { method: "DELETE", headers: { "X-CSRFToken": token(form) } });
      await refresh();
      input.focus();
    });
  };

  // A predictions file: a large one goes ahead in chunks, then the form follows and names it.
  const takePredictions = (form) => {
    const input = form.querySelector("input[type=file]");
    const list = document.getElementById("uploading");
    const sent = form.querySelector("input[name=upload]");
    const buttons = form.querySelectorAll("button");
    const named = sent.value;  // a hidden field's default follows its value

    const begin = async (file) => {
      const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
      const about = new FormData(form);
      about.delete(input.name);
      about.set("name", file.name);
      about.set("size", file.size);
      about.set("sha256", [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
      const answer = await fetch(form.dataset.parts, { method: "POST", body: new URLSearchParams(about), headers: { "X-CSRFToken": token(form) } });
      const said = await answer.json().catch(() => ({}));
      if (!answer.ok) throw new Refused(said.error || "You may not upload here any more. Sign in again.");
      return said;
    };

    const ahead = async (file, button) => {
      list.replaceChildren();
      const { box, bar, said } = row(file, list);
      const stop = new AbortController();
      const cancel = document.createElement("button");
      Object.assign(cancel, { type: "button", className: "link small", textContent: "Cancel" });
      // Who chooses another file while one is sent does not want that one any more.
      for (const [by, what] of [[cancel, "click"], [input, "change"]]) by.addEventListener(what, () => stop.abort(), { once: true });
      box.append(cancel);
      said.textContent = "Reading the file, to compare it when it has arrived.";
      running += 1;
      for (const each of buttons) each.disabled = true;
      let address = "";
      try {
        const begun = await begin(file);
        address = begun.address;
        await send(file, { address, received: begun.received, token: token(form), signal: stop.signal }, (done, words) => {
          bar.value = done;
          said.textContent = words || percent(done, file);
        });
        sent.value = begun.id;
        input.disabled = true;
      } catch (error) {
        bar.remove();
        said.textContent = error.message;
        input.focus();
        // What nobody wants any more does not count among the few that may be on their way.
        if (stop.signal.aborted && address) {
          await fetch(address, { method: "DELETE", headers: { "X-CSRFToken": token(form) }, signal: AbortSignal.timeout(5000) }).catch(() => {});
        }
      }
      cancel.remove();
      running -= 1;
      for (const each of buttons) each.disabled = each.hasAttribute("data-not-now");
      if (sent.value) form.requestSubmit(button);
    };

    form.addEventListener("submit", (event) => {
      const file = input.files[0];
      // A check asks for no other field, so its button skips the browser's own look at them.
      if (!input.checkValidity()) {
        event.preventDefault();
        input.focus();
        return;
      }
      if (sent.value || !file || file.size < LARGE || !window.crypto?.subtle) return;
      event.preventDefault();
      if (!running) ahead(file, event.submitter);
    });
    input.addEventListener("change", () => {
      sent.value = "";
      list.replaceChildren();
      list.hidden = true;
      const file = input.files[0];
      const words = file && file.size > Number(form.dataset.most) ? form.dataset.tooLarge : "";
      // A form with a field that is not valid is not sent.
      input.setCustomValidity(words);
      if (!words) return;
      const { bar, said } = row(file, list);
      bar.remove();
      said.textContent = words;
    });
    // Back on this page by the browser's own way, the file is sent again.
    window.addEventListener("pageshow", () => { input.disabled = false; sent.value = named; });
  };

  // Where files are dropped: without this script a click there chooses one.
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
      const say = () => {
        const file = input.files[0];
        name.textContent = file ? `${file.name}, ${size(file.size)}` : "";
      };
      input.addEventListener("change", say);
      say();
    }
  };

  acceptDrops(document);
  document.addEventListener("htmx:load", (event) => acceptDrops(event.target));

  const form = document.getElementById("upload");
  if (!form) return;
  if (form.dataset.raw) takeRawFiles(form);
  else takePredictions(form);
  window.addEventListener("beforeunload", (event) => { if (running) event.preventDefault(); });
})();
