// Answers that could not be saved yet, kept in this browser for the person who typed them.
//
// One entry for each question, under the person's own key. It goes once the answer is saved, and all go when
// the person signs out. An entry that was sent with a whole page is settled by the next page that arrives.
import { personKey } from "./session.js";

const PREFIX = "portal.draft.";
let isSigningOut = false;

const keyOf = (place) => `${PREFIX}${personKey()}.${place}`;

function ownKeys() {
  const start = `${PREFIX}${personKey()}.`;
  return Object.keys(localStorage).filter((key) => key.startsWith(start));
}

/** Keep `draft`, an object with `values` and `seen`, for the answer at `place`. False if the browser cannot. */
export function keepDraft(place, draft) {
  if (!personKey() || isSigningOut) return false;
  try {
    localStorage.setItem(keyOf(place), JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

/** What is kept for the answer at `place`, or null. */
export function readDraft(place) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(place)) ?? "null");
  } catch {
    return null;
  }
}

/** Forget what is kept for the answer at `place`. */
export function dropDraft(place) {
  try {
    localStorage.removeItem(keyOf(place));
  } catch {
    // Storage is closed to us: then nothing was kept either.
  }
}

/** A page has arrived after a form was sent: what went with it, and is not on this page, has been dealt with. */
export function settleDrafts(placesHere) {
  if (!personKey() || document.querySelector("[data-unsaved]")) return;
  try {
    const here = new Set([...placesHere].map(keyOf));
    for (const key of ownKeys()) {
      if (!here.has(key) && JSON.parse(localStorage.getItem(key))?.sent) localStorage.removeItem(key);
    }
  } catch {
    // As above.
  }
}

/** Nobody who sits down here next may find this person's words. */
export function dropDraftsOnSignOut() {
  document.addEventListener("submit", ({ target }) => {
    if (!target.matches("[data-sign-out]")) return;
    isSigningOut = true;
    try {
      ownKeys().forEach((key) => localStorage.removeItem(key));
    } catch {
      // As above.
    }
  });
}
