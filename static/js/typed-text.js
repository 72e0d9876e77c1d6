// Keeps what was typed when a session ends under it, and puts it back after signing in again.
//
// Each POST leaves a "pending" copy in this tab's storage. The next page settles it: a sign-in page
// (data-keeps-typed) makes it "kept", any other page throws it away. It goes back only to the same
// person on the same page.
import { showAlert } from "./alerts.js";
import { personKey } from "./session.js";

const KEY = "portal.typed";
const KEEP_FOR_MS = 60 * 60 * 1000;
const SKIPPED_TYPES = new Set(["hidden", "password", "file", "submit", "button", "reset", "image"]);

function typedFields() {
  return [...document.querySelectorAll("main input, main textarea, main select")].filter(
    (field) => field.name && !SKIPPED_TYPES.has(field.type) && !field.closest("[data-never-keep]"),
  );
}

const isChoice = (field) => field.type === "checkbox" || field.type === "radio";

// The place of a field among those of its name tells two forms' fields apart.
function described(fields) {
  const seen = new Map();
  return fields.map((field) => {
    const place = seen.get(field.name) ?? 0;
    seen.set(field.name, place + 1);
    return { key: `${field.name}#${place}`, field };
  });
}

const differs = (field) =>
  isChoice(field)
    ? field.checked !== field.defaultChecked
    : field.tagName === "SELECT"
      ? [...field.options].some((option) => option.selected !== option.defaultSelected)
      : field.value !== field.defaultValue;

const valueOf = (field) =>
  isChoice(field)
    ? field.checked
    : field.multiple
      ? [...field.selectedOptions].map((option) => option.value)
      : field.value;

function setValue(field, value) {
  if (isChoice(field)) field.checked = value;
  else if (Array.isArray(value)) {
    for (const option of field.options) option.selected = value.includes(option.value);
  } else field.value = value;
  field.dispatchEvent(new Event(isChoice(field) ? "change" : "input", { bubbles: true }));
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  } catch {
    return null;
  }
}

function write(stash) {
  try {
    if (stash) sessionStorage.setItem(KEY, JSON.stringify(stash));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Storage may be closed or full: then nothing can be kept, and nothing else breaks.
  }
}

function stash(state) {
  const values = described(typedFields())
    .filter(({ field }) => differs(field))
    .map(({ key, field }) => [key, valueOf(field)]);
  if (!values.length || !personKey()) return;
  write({ state, person: personKey(), path: location.pathname, at: Date.now(), values });
}

function restore(kept) {
  const fields = new Map(described(typedFields()).map(({ key, field }) => [key, field]));
  let restored = 0;
  for (const [key, value] of kept.values) {
    const field = fields.get(key);
    if (!field) continue;
    setValue(field, value);
    restored += 1;
  }
  if (restored) {
    showAlert(
      "We kept what you typed",
      "You were signed out before it was saved. Check it, then save it.",
      "info",
    );
  }
}

function settle() {
  const found = read();
  if (!found) return;
  if (Date.now() - found.at > KEEP_FOR_MS) return write(null);
  if ("keepsTyped" in document.body.dataset) return write({ ...found, state: "kept" });
  if (found.state === "pending") return write(null);
  if (!personKey()) return undefined;
  if (found.person !== personKey()) return write(null);
  if (found.path === location.pathname) {
    write(null);
    restore(found);
  }
  return undefined;
}

/** Keep what is typed on this page through the sign-in that is about to come. */
export function stashTypedText() {
  stash("kept");
}

/** Settle what an earlier page kept, and keep a copy of each form as it is sent. */
export function keepTypedText() {
  settle();
  document.addEventListener("submit", ({ target }) => {
    if (target.matches("[data-sign-out]")) write(null);
    else if (target.method === "post") stash("pending");
  });
}
