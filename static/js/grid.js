// The grid of households: each cell saves by itself, opens in its place, and takes the keyboard as a spreadsheet does.
//
// Wakes on input[data-saves] (the address its value is sent to, with data-seen: what stood there), a[data-opens] (the
// address of a cell's form) and form[data-row-form]. The server answers with the row; what is being typed stays.
import { clearAlert, showAlert } from "./alerts.js";
import { andBackHere, asksToSignIn, csrfToken, noteContact, renewToken } from "./session.js";
import { stashTypedText } from "./typed-text.js";

// Requests about one household wait for one another; cells are put back as they were when they are closed unsaved.
const underWay = new Map();
const closed = new WeakMap();

const rowOf = (element) => element.closest("tr[data-open-version]");

function inTurn(id, act) {
  const turn = (underWay.get(id) ?? Promise.resolve()).then(act).catch(() => {
    showAlert("We could not reach the portal", "Check your internet connection, then try again. Nothing typed is lost.");
  });
  underWay.set(id, turn);
  return turn;
}

async function ask(url, body, isAgain = false) {
  const headers = { "HX-Request": "true", "X-CSRFToken": csrfToken() };
  body?.delete("csrf_token");
  const answer = await fetch(url, { method: body ? "POST" : "GET", body, headers, redirect: "manual" });
  if (answer.status === 400 && !isAgain && (await renewToken())) return ask(url, body, true);
  return answer;
}

function signIn(answer) {
  stashTypedText();
  location.assign(andBackHere(answer.headers.get("HX-Redirect") ?? document.body.dataset.signInUrl));
}

function sayPage(text) {
  const main = new DOMParser().parseFromString(text, "text/html").querySelector("main");
  const heading = main?.querySelector("h1")?.textContent.trim();
  showAlert(heading || "Something went wrong", main?.querySelector("p")?.textContent.trim() ?? "");
}

/** Send, and put the row that comes back in its place. `cell` is the one that is saved or opened. */
async function exchange(id, url, body, cell) {
  const answer = await ask(url, body);
  if (answer.type === "opaqueredirect" || asksToSignIn(answer.status, answer.headers.get("HX-Redirect"))) {
    signIn(answer);
    return undefined;
  }
  const text = await answer.text();
  const template = document.createElement("template");
  template.innerHTML = text;
  const fresh = template.content.querySelector("tr[data-open-version]");
  if (!fresh) {
    sayPage(text);
    return undefined;
  }
  clearAlert();
  noteContact();
  put(document.getElementById(id), fresh, cell);
  return answer.ok;
}

const isBeingTyped = (input) => input.matches("input[data-saves]") && input.value !== input.defaultValue;

// A cell somebody is in, or has typed into meanwhile, stays; but what it was filled from is now the row's.
function stays(old, next, cell) {
  if (!old.dataset.cell || old.dataset.cell === cell) return false;
  const input = old.querySelector("input[data-saves]");
  const form = old.querySelector("form[data-row-form]");
  if (form) return true;
  if (!input || !(isBeingTyped(input) || input === document.activeElement)) return false;
  const nextInput = next.querySelector("input[data-saves]");
  if (!nextInput) return false;
  if (!isBeingTyped(input)) input.value = nextInput.value;
  input.defaultValue = nextInput.defaultValue;
  input.dataset.seen = nextInput.dataset.seen;
  return true;
}

function put(row, fresh, cell) {
  if (!row) return;
  addUp(Number(fresh.dataset.openVersion) - Number(row.dataset.openVersion));
  const focused = row.contains(document.activeElement) ? document.activeElement : null;
  const place = focused?.closest("td, th")?.cellIndex;
  row.className = fresh.className;
  row.dataset.openVersion = fresh.dataset.openVersion;
  [...row.cells].forEach((old, index) => {
    const next = fresh.cells[0];
    if (stays(old, next, cell)) next.remove();
    else old.replaceWith(next);
    if (cell && row.cells[index].dataset.cell === cell) opened(row.cells[index], old);
  });
  if (focused && !focused.isConnected) focusIn(row.cells[place]);
  say(row);
}

function opened(next, old) {
  if (next.querySelector("form[data-row-form]")) closed.set(next, closed.get(old) ?? old);
}

function focusIn(cell) {
  const wrong = cell?.querySelector(".govuk-input--error, .govuk-select--error");
  (wrong ?? cell?.querySelector("input:not([type=hidden]), select, a, button"))?.focus();
}

// The button that confirms them all knows what it confirms by the sum of the versions on the page.
function addUp(difference) {
  document.querySelectorAll('input[name="seen_versions"]').forEach((field) => {
    field.value = Number(field.value) + difference;
  });
}

function say(row) {
  const region = document.querySelector("[data-grid-said]");
  const words = row.querySelector(".govuk-error-message, [data-grid-says]")?.textContent.trim();
  if (region && words) region.textContent = `${row.querySelector("th a").textContent}: ${words}`;
}

function save(input) {
  if (!isBeingTyped(input) || input.dataset.sent === input.value) return Promise.resolve();
  const { id } = rowOf(input);
  input.dataset.sent = input.value;
  return inTurn(id, async () => {
    const body = new FormData();
    body.append(input.name, input.value);
    body.append("seen", input.dataset.seen);
    await exchange(id, input.dataset.saves, body, input.closest("td").dataset.cell);
    delete input.dataset.sent;
  });
}

function open(link) {
  const { id } = rowOf(link);
  const { cell } = link.closest("td").dataset;
  inTurn(id, async () => {
    await exchange(id, link.href, undefined, cell);
    focusIn(document.querySelector(`#${id} [data-cell="${cell}"]`));
  });
}

function close(cell) {
  const before = closed.get(cell);
  if (!before) return;
  cell.replaceWith(before);
  focusIn(before);
}

function submit(form) {
  const { id } = rowOf(form);
  const cell = form.closest("td")?.dataset.cell;
  inTurn(id, async () => {
    const isSaved = await exchange(id, form.action, new FormData(form), cell);
    if (isSaved === false) focusIn(document.querySelector(`#${id} [data-cell="${cell}"]`));
  });
}

// Up, down and Enter go along a column.
function move(input, step) {
  let row = rowOf(input);
  do row = step > 0 ? row.nextElementSibling : row.previousElementSibling;
  while (row && !row.querySelector(`input[name="${input.name}"][data-saves]`));
  const next = row?.querySelector(`input[name="${input.name}"][data-saves]`);
  next?.focus();
  next?.select?.();
}

function pressed(event) {
  const { target, key } = event;
  const cell = target.closest?.("td[data-cell]");
  if (!cell) return;
  if (target.matches("input[data-saves]")) {
    const isDate = target.type === "date";
    if (key === "Enter") {
      event.preventDefault();
      save(target);
      move(target, event.shiftKey ? -1 : 1);
    } else if (key === "Escape") target.value = target.defaultValue;
    else if (!isDate && (key === "ArrowDown" || key === "ArrowUp")) {
      event.preventDefault();
      move(target, key === "ArrowDown" ? 1 : -1);
    }
  } else if (key === "Escape" && cell.querySelector("form[data-row-form]")) close(cell);
}

/** Listen for the life of the page. */
export function keepGrid() {
  document.addEventListener("change", ({ target }) => {
    if (target.matches("input[data-saves]")) save(target);
  });
  document.addEventListener("keydown", pressed);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-opens]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      open(link);
    } else if (event.target.closest("[data-closes]")) close(event.target.closest("td"));
  });
  // Before the guard against pressing twice, which would lock a form that stays on the page.
  document.addEventListener(
    "submit",
    (event) => {
      if (!event.target.matches("form[data-row-form]")) return;
      event.preventDefault();
      event.stopPropagation();
      submit(event.target);
    },
    true,
  );
}
