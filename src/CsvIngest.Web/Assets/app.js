"use strict";

// Everything works without this script, too. It shows how far an upload is, and refreshes what changes by itself. The only markup it
// inserts is that of pages of this program, in which every value is encoded already; all other text is set as text.

const find = id => document.getElementById(id);

const sizeText = bytes => {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    unit++;
  }
  return `${bytes.toFixed(unit === 0 ? 0 : 1)} ${units[unit]}`;
};

const setUpUpload = form => {
  const file = find("file");
  const drop = find("drop");
  const hint = find("drop-hint");
  const problem = find("upload-problem");
  // Not form.dataset: the form has a field of that name.
  const maxBytes = Number(form.getAttribute("data-max-bytes"));
  const maxText = form.getAttribute("data-max-text");
  let isSending = false;

  const fail = (text, link) => {
    problem.textContent = text;
    if (link) {
      const anchor = document.createElement("a");
      anchor.href = link;
      anchor.textContent = "Show this import";
      problem.append(" ", anchor);
    }
    problem.hidden = false;
  };

  const checkSize = () => {
    problem.hidden = true;
    const chosen = file.files[0];
    if (chosen && chosen.size > maxBytes) {
      fail(`${chosen.name} has ${sizeText(chosen.size)}, more than the limit of ${maxText}. It was not sent. ` +
        "The option --max-upload of the web program sets this limit.");
      return false;
    }
    return true;
  };

  hint.textContent = `Choose a file or drop it here. ${hint.textContent}`;
  file.addEventListener("change", checkSize);
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, event => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    drop.addEventListener(name, () => drop.classList.remove("over"));
  }
  drop.addEventListener("drop", event => {
    event.preventDefault();
    if (event.dataTransfer.files.length !== 1) {
      fail("Drop one file at a time.");
      return;
    }
    file.files = event.dataTransfer.files;
    checkSize();
  });

  const finish = request => {
    isSending = false;
    find("transfer").hidden = true;
    let answer = null;
    if ((request.getResponseHeader("Content-Type") || "").includes("json")) {
      answer = JSON.parse(request.responseText);
    }
    if (request.status === 202) {
      location.assign(`/imports/${answer.import}`);
    } else if (request.status === 401) {
      location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
    } else if (answer) {
      fail(answer.detail, answer.import ? `/imports/${answer.import}` : null);
    } else if (request.status === 413) {
      fail("A server between this page and the program refused the file because of its size (413). " +
        "In nginx, the setting client_max_body_size sets this limit.");
    } else if (request.status === 502 || request.status === 504) {
      fail(`A server between this page and the program got no answer in time (${request.status}). The file may have been received: look at the imports before sending it again.`);
    } else {
      fail(`The upload failed with an answer that is not from this program (${request.status}).`);
    }
  };

  const send = data => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", event => {
      const share = event.total ? event.loaded / event.total : 0;
      find("sent").value = 100 * share;
      find("transfer-text").textContent = `Sent ${sizeText(event.loaded)} of ${sizeText(event.total)} (${Math.floor(100 * share)} %).`;
    });
    request.upload.addEventListener("load", () => {
      find("transfer-text").textContent = "Sent. Waiting until the program has received and stored it.";
    });
    request.addEventListener("load", () => finish(request));
    request.addEventListener("error", () => {
      isSending = false;
      find("transfer").hidden = true;
      fail("The connection was lost before the file was received. Send it again: a file that was received already is not imported twice.");
    });
    find("transfer").hidden = false;
    request.send(data);
  };

  form.addEventListener("submit", async event => {
    event.preventDefault();
    if (isSending) {
      fail("The file is being sent.");
      return;
    }
    if (!checkSize()) {
      return;
    }
    isSending = true;
    const data = new FormData(form);
    if (event.submitter) {
      data.set("dry-run", event.submitter.value);
    }
    // A session that has ended is noticed before, not after, a large file is sent.
    const session = await fetch("/api/imports?limit=1", { headers: { Accept: "application/json" } }).catch(() => null);
    if (session && session.status === 401) {
      location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
      return;
    }
    send(data);
  });
};

// Asks for the page again: every second while something happens, more rarely while nothing changes, and not while nobody looks.
const refresh = () => {
  const FASTEST = 1000;
  const SLOWEST = 10000;
  let delay = FASTEST;
  let etag = null;

  const ask = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html", ...(etag && { "If-None-Match": etag }) }, cache: "no-store" });
    if (answer.status === 304) {
      delay = Math.min(delay * 1.5, SLOWEST);
      return;
    }
    if (!answer.ok || answer.redirected) {
      delay = SLOWEST;
      return;
    }
    delay = FASTEST;
    etag = answer.headers.get("ETag");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [shown, fresh] = [find("live"), page.getElementById("live")];
    if (!shown || !fresh) {
      return;
    }
    if (shown.dataset.state !== fresh.dataset.state) {
      // What surrounds it depends on the state.
      find("content").replaceChildren(...page.getElementById("content").childNodes);
    } else if (!shown.contains(document.activeElement)) {
      shown.replaceWith(fresh);
    }
  };

  const next = async () => {
    if (!document.hidden) {
      await ask().catch(() => { delay = SLOWEST; });
    }
    const state = find("live")?.dataset.refresh;
    if (state && state !== "done") {
      setTimeout(next, state === "idle" ? SLOWEST : delay);
    }
  };
  setTimeout(next, FASTEST);
};

const upload = find("upload");
if (upload) {
  setUpUpload(upload);
}
if (find("live") && find("live").dataset.refresh !== "done") {
  refresh();
}
// A second click must not send a form twice.
const sent = new WeakSet();
document.addEventListener("submit", event => {
  if (event.target.id !== "upload") {
    if (sent.has(event.target)) {
      event.preventDefault();
    }
    sent.add(event.target);
  }
});
window.addEventListener("pageshow", event => {
  if (event.persisted) {
    location.reload();
  }
});
