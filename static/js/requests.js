// htmx requests: the CSRF header, the busy bar, failures in words, and an expired session.
import htmx from "htmx.org/dist/htmx.esm.js";
import { clearAlert, showAlert } from "./alerts.js";
import { andBackHere, asksToSignIn, csrfToken, noteContact } from "./session.js";
import { stashTypedText } from "./typed-text.js";

// Short requests should not make the bar flash.
const BUSY_AFTER_MS = 300;
let underWay = 0;
let busyTimer;

function startBusy() {
  underWay += 1;
  if (underWay > 1) return;
  busyTimer = setTimeout(() => {
    document.getElementById("app-busy")?.removeAttribute("hidden");
  }, BUSY_AFTER_MS);
}

function endBusy() {
  underWay = Math.max(0, underWay - 1);
  if (underWay) return;
  clearTimeout(busyTimer);
  document.getElementById("app-busy")?.setAttribute("hidden", "");
}

function addToken({ detail }) {
  const { request } = detail.ctx;
  const safe = ["GET", "HEAD"].includes(request.method.toUpperCase());
  if (!safe && csrfToken()) request.headers["X-CSRFToken"] = csrfToken();
}

function keepTextIfSignedOut({ detail }) {
  const { request, response, hx } = detail.ctx;
  if (asksToSignIn(response.status, hx?.redirect)) {
    stashTypedText();
    if (hx?.redirect) hx.redirect = andBackHere(hx.redirect);
  } else if (response.status < 400 && !request.headers["X-Background"]) noteContact();
}

const isWholePage = (text) => /^\s*<!doctype/i.test(text ?? "");

// A whole error page would be nonsense inside a row: say its heading instead.
function sayErrorPage(event) {
  const { response, text } = event.detail.ctx;
  if (!response || response.status < 400 || !isWholePage(text)) return;
  event.preventDefault();
  const main = new DOMParser().parseFromString(text, "text/html").querySelector("main");
  const heading = main?.querySelector("h1")?.textContent.trim();
  showAlert(heading || "Something went wrong", main?.querySelector("p")?.textContent.trim() ?? "");
}

function sayNoAnswer() {
  showAlert(
    "We could not reach the portal",
    "Check your internet connection, then try again. What you typed is still on this page.",
  );
}

/** Listen to htmx for the life of the page; `onSwap(element)` runs for each part swapped in. */
export function watchRequests(onSwap) {
  const { body } = document;
  body.addEventListener("htmx:config:request", addToken);
  body.addEventListener("htmx:before:request", () => {
    clearAlert();
    startBusy();
  });
  body.addEventListener("htmx:before:response", keepTextIfSignedOut);
  body.addEventListener("htmx:before:swap", sayErrorPage);
  // Once a form is swapped away by its own answer, htmx speaks for it from the document.
  document.addEventListener("htmx:error", sayNoAnswer);
  document.addEventListener("htmx:finally:request", endBusy);
  // The swapped element may itself be a component, so its parent is searched.
  body.addEventListener("htmx:after:settle", ({ target }) => onSwap(target.parentElement ?? body));
}

/** Let htmx see the attributes in `element`, put there by other means than htmx. */
export function processWithHtmx(element) {
  htmx.process(element);
}
