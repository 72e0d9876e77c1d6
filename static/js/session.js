// What the page knows of its session: the CSRF token, the person, and when the server last heard from it.
const CONTACT = "portal.last-contact";
let lastContactHere = Date.now();

/** The CSRF token of the session, or an empty string on a page that has none. */
export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

/** Take this person's new CSRF token after another tab signed in again. False if there is none to be had. */
export async function renewToken() {
  const answer = await fetch(location.href, { headers: { "X-Background": "1" } });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = fresh.querySelector('meta[name="csrf-token"]')?.content;
  if (!token || fresh.body.dataset.personKey !== personKey()) return false;
  document.querySelector('meta[name="csrf-token"]').content = token;
  document.querySelectorAll('input[name="csrf_token"]').forEach((field) => {
    field.value = token;
  });
  return true;
}

/** An opaque key of the signed-in person, or an empty string. */
export function personKey() {
  return document.body.dataset.personKey ?? "";
}

/** Note that the server has just heard from this session, for this tab and the others. */
export function noteContact() {
  lastContactHere = Date.now();
  try {
    localStorage.setItem(CONTACT, String(lastContactHere));
  } catch {
    // Storage may be closed to us: this tab then counts for itself.
  }
}

/** When the server last heard from any tab of this session, in milliseconds. */
export function lastContact() {
  try {
    return Math.max(lastContactHere, Number(localStorage.getItem(CONTACT)) || 0);
  } catch {
    return lastContactHere;
  }
}

/** `href` with this page as the place to come back to, unless it names one already. */
export function andBackHere(href) {
  const target = new URL(href, location.href);
  if (!target.searchParams.has("next")) {
    target.searchParams.set("next", location.pathname + location.search);
  }
  return target.href;
}

/** Is this answer a demand to sign in again? `redirect` is the address it sends the person to. */
export function asksToSignIn(status, redirect) {
  if (status === 401) return true;
  const signIn = document.body.dataset.signInUrl;
  if (!signIn || !redirect) return false;
  const target = new URL(redirect, location.href);
  return target.pathname === new URL(signIn, location.href).pathname;
}
