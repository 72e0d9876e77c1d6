// One file on its way: sends it, tells how far it is, and says what the answer means.
import { andBackHere, asksToSignIn, csrfToken, noteContact } from "./session.js";
import { stashTypedText } from "./typed-text.js";

export const LOST = "The connection was lost and nothing of this file was saved. Check it, then try again.";
const FAILED = "The upload did not finish and nothing of this file was saved. Try again.";
const TOO_LARGE = "The file is too large.";
const NO_ROOM = "We could not keep the file just now. Try again in a few minutes.";

// A line that carries nothing for this long is taken for dead, also where the browser has not noticed.
const SILENT_MS = 60_000;

function jsonOf(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {};
  }
}

function messageOf(request) {
  const type = request.getResponseHeader("Content-Type") ?? "";
  if (type.startsWith("application/json")) return jsonOf(request).message || FAILED;
  if (request.status === 413) return TOO_LARGE;
  if (request.status === 503 || request.status === 507) return NO_ROOM;
  return FAILED;
}

function whereTo(request, asked) {
  const redirect = request.getResponseHeader("HX-Redirect");
  const signedOut = asksToSignIn(request.status, redirect ?? request.responseURL);
  if (signedOut) stashTypedText();
  if (redirect) return signedOut ? andBackHere(redirect) : redirect;
  // The browser followed a redirect: the person is shown where it led.
  const followed = request.responseURL && request.responseURL.split("#")[0] !== asked;
  return followed ? request.responseURL : null;
}

/** What an answer means: `{address}` to go to, `{fragment}` to show, or `{problem}` in words. */
export function meaningOf(request, asked) {
  const address = whereTo(request, asked);
  if (address) return { address };
  const type = request.getResponseHeader("Content-Type") ?? "";
  const good = request.status >= 200 && request.status < 300;
  if (good) noteContact();
  const fragment = type.startsWith("text/html") && !/^\s*<!doctype/i.test(request.responseText);
  if (good && fragment) return { fragment: request.responseText };
  return good ? { address: location.href } : { problem: messageOf(request) };
}

function watchForSilence(request, onSilence) {
  let timer;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(onSilence, SILENT_MS);
  };
  request.upload.addEventListener("progress", heard);
  request.upload.addEventListener("load", heard);
  request.addEventListener("loadend", () => clearTimeout(timer));
  heard();
}

/** Send `file` as this form would; `on.progress(loaded, total)`, then once `on.end(meaning)`. Returns a way to stop. */
export function sendFile(form, input, file, on) {
  const request = new XMLHttpRequest();
  const asked = new URL(form.getAttribute("action") || location.href, location.href).href.split("#")[0];
  const body = new FormData(form);
  body.delete(input.name);
  body.append(input.name, file, file.name);
  request.open("POST", asked);
  request.setRequestHeader("HX-Request", "true");
  request.setRequestHeader("Accept", "text/html, application/json");
  if (csrfToken()) request.setRequestHeader("X-CSRFToken", csrfToken());
  let stopped = "";
  const stop = (reason) => {
    stopped = reason;
    request.abort();
  };
  request.upload.addEventListener("progress", ({ loaded, total }) => on.progress(loaded, total));
  request.addEventListener("load", () => on.end(meaningOf(request, asked)));
  request.addEventListener("error", () => on.end({ problem: LOST }));
  request.addEventListener("abort", () => on.end({ problem: stopped }));
  watchForSilence(request, () => stop(LOST));
  request.send(body);
  return stop;
}
