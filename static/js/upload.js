// Uploads with true progress: <form data-upload data-upload-target="#list">.
//
// Works on the parts of components/upload.html. Messages are set as text. An answer that is a whole
// page (a sign-in page, say) is gone to, never taken for success.
import { initialiseComponents } from "./components.js";
import { processWithHtmx } from "./requests.js";
import { andBackHere, asksToSignIn, csrfToken, noteContact } from "./session.js";
import { stashTypedText } from "./typed-text.js";

const FAILED = "The upload did not finish and nothing was saved. Check your connection and try again.";
const TOO_LARGE = "The file is too large.";

function megabytes(bytes) {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function partsOf(form) {
  const find = (name) => form.querySelector(`[data-upload-${name}]`);
  return {
    area: find("area"),
    bar: find("bar"),
    cancel: find("cancel"),
    error: find("error"),
    figure: find("figure"),
    input: form.querySelector('input[type="file"]'),
    progress: find("progress"),
    button: form.querySelector('button[type="submit"], button:not([type])'),
  };
}

function say(parts, message) {
  parts.error.textContent = message;
}

function showProgress(parts, loaded, total) {
  parts.progress.hidden = false;
  parts.bar.max = total || 1;
  parts.bar.value = loaded;
  const percent = total ? Math.floor((loaded / total) * 100) : 0;
  parts.figure.textContent =
    loaded >= total
      ? "Sent. Checking the file…"
      : `${percent}% (${megabytes(loaded)} of ${megabytes(total)})`;
}

function finish(form, parts) {
  delete form.dataset.uploading;
  parts.progress.hidden = true;
  parts.button?.removeAttribute("aria-disabled");
}

function problemWith(form, files) {
  if (!files.length) return "Choose a file.";
  const limit = Number(form.dataset.maxBytes);
  const large = limit && files.find((file) => file.size > limit);
  return large ? `${large.name} is ${megabytes(large.size)}. The most is ${megabytes(limit)}.` : "";
}

function swap(form, text) {
  const target = document.querySelector(form.dataset.uploadTarget);
  if (!target) return location.reload();
  const holder = document.createElement("template");
  holder.innerHTML = text;
  target.replaceChildren(holder.content);
  processWithHtmx(target);
  initialiseComponents(target);
  enhanceUploads(target);
  target.dispatchEvent(new CustomEvent("upload:done", { bubbles: true }));
  return undefined;
}

function jsonOf(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {};
  }
}

function messageOf(request) {
  const type = request.getResponseHeader("Content-Type") ?? "";
  if (request.status === 413) return TOO_LARGE;
  if (type.startsWith("application/json")) return jsonOf(request).message || FAILED;
  if (type.startsWith("text/plain") && request.status < 500) return request.responseText;
  return FAILED;
}

function answer(form, parts, request, asked) {
  const redirect = request.getResponseHeader("HX-Redirect");
  const signedOut = asksToSignIn(request.status, redirect ?? request.responseURL);
  if (signedOut) stashTypedText();
  if (redirect) return location.assign(signedOut ? andBackHere(redirect) : redirect);
  // The browser followed a redirect: show the person where it led.
  if (request.responseURL && request.responseURL.split("#")[0] !== asked) {
    return location.assign(request.responseURL);
  }
  const type = request.getResponseHeader("Content-Type") ?? "";
  const fragment = type.startsWith("text/html") && !/^\s*<!doctype/i.test(request.responseText);
  const good = request.status >= 200 && request.status < 300;
  if (good) noteContact();
  finish(form, parts);
  if (fragment && (good || request.status === 409 || request.status === 422)) {
    if (good) form.reset();
    return swap(form, request.responseText);
  }
  if (good && type.startsWith("application/json") && jsonOf(request).redirect) {
    return location.assign(jsonOf(request).redirect);
  }
  if (good) return location.reload();
  return say(parts, messageOf(request));
}

function send(form, parts) {
  const request = new XMLHttpRequest();
  const asked = new URL(form.getAttribute("action") || location.href, location.href).href.split("#")[0];
  request.open("POST", asked);
  request.setRequestHeader("HX-Request", "true");
  request.setRequestHeader("Accept", "text/html, application/json");
  if (csrfToken()) request.setRequestHeader("X-CSRFToken", csrfToken());
  const fail = (message) => {
    finish(form, parts);
    say(parts, message);
  };
  request.upload.addEventListener("progress", ({ loaded, total }) => showProgress(parts, loaded, total));
  request.addEventListener("load", () => answer(form, parts, request, asked));
  request.addEventListener("error", () => fail(FAILED));
  request.addEventListener("abort", () => fail("Upload cancelled. Nothing was saved."));
  parts.cancel.onclick = () => request.abort();
  form.dataset.uploading = "true";
  parts.button?.setAttribute("aria-disabled", "true");
  request.send(new FormData(form));
}

function onSubmit(event, form, parts) {
  event.preventDefault();
  if (form.dataset.uploading) return;
  const problem = problemWith(form, [...parts.input.files]);
  say(parts, problem);
  if (problem) parts.input.focus();
  else {
    showProgress(parts, 0, 1);
    send(form, parts);
  }
}

function acceptDrops({ area, input }) {
  if (!area) return;
  const mark = (on) => area.classList.toggle("moj-multi-file-upload--dragover", on);
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    mark(true);
  });
  area.addEventListener("dragleave", () => mark(false));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

/** Take over every upload form inside `scope` that is not yet taken over. */
export function enhanceUploads(scope) {
  for (const form of scope.querySelectorAll("form[data-upload]:not([data-upload-ready])")) {
    const parts = partsOf(form);
    if (!parts.input || !parts.progress || !parts.error) continue;
    form.dataset.uploadReady = "true";
    form.addEventListener("submit", (event) => onSubmit(event, form, parts));
    acceptDrops(parts);
  }
}
