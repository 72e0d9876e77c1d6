// Saves each answer or price by itself while somebody types, says so beside it, and loses nothing without a connection.
//
// Wakes on [data-autosave] (the address an answer is sent to) inside a form[data-saves-itself]. The server answers
// with what belongs into [data-save-slot]; `data-save-state` says what became of the answer, `data-seen` is the
// mark of what is stored now. The fields of an answer are those called q-…, with their mark in seen-…; a place that
// names its own in `data-autosave-fields` (a score, its reason, notes) keeps its mark in `version`.
import { dropDraft, dropDraftsOnSignOut, keepDraft, readDraft, settleDrafts } from "./drafts.js";
import { andBackHere, asksToSignIn, csrfToken, noteContact, renewToken } from "./session.js";

const AFTER_TYPING_MS = 1500;
const AFTER_CHOOSING_MS = 200;
const RETRY_MS = 20000;
const OFFLINE =
  "Not saved: no connection to the portal. We keep your text in this browser and send it when the connection is back.";
const NOWHERE_TO_KEEP =
  "Not saved: no connection to the portal, and this browser keeps nothing. Leave this page open until it is back.";

// Answers, fees and "not offered" have names of these beginnings; marks and choices travel beside them.
const ANSWERS = /^(q|fee|none)-/;

const answers = new Map();
let announced = "";
let isHandedOver = false;

class Answer {
  constructor(place) {
    this.place = place;
    this.url = place.dataset.autosave;
    this.slot = place.querySelector("[data-save-slot]");
    this.seen = place.querySelector('input[name^="seen-"], input[name="version"]');
    this.settled = JSON.stringify(
      this.fields.map((field) => (isChoice(field) ? field.defaultChecked : field.defaultValue)),
    );
  }

  get fields() {
    const named = this.place.dataset.autosaveFields?.split(" ");
    return [...this.place.querySelectorAll("input, textarea, select")].filter(
      ({ name, type }) => (named ? named.includes(name) : ANSWERS.test(name)) && type !== "file",
    );
  }

  /** What stands in the fields, as text that can be compared and kept. */
  typed() {
    return JSON.stringify(this.fields.map((field) => (isChoice(field) ? field.checked : field.value)));
  }

  get isChanged() {
    return this.typed() !== this.settled;
  }

  /** A date is sent once all its parts are there, or none. */
  get isHalfway() {
    const parts = this.place.querySelectorAll(".govuk-date-input__input");
    const filled = [...parts].filter((part) => part.value.trim()).length;
    return filled > 0 && filled < parts.length;
  }

  put(typed) {
    const values = JSON.parse(typed);
    this.fields.forEach((field, place) => {
      if (values[place] === undefined) return;
      if (isChoice(field)) field.checked = values[place];
      else field.value = values[place];
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }

  keep(more = {}) {
    return keepDraft(this.url, { typed: this.typed(), seen: this.seen.value, ...more });
  }

  schedule(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), delay);
  }

  /** Send what stands now; what is typed meanwhile is sent after. Resolves when the answer has come. */
  async send() {
    clearTimeout(this.timer);
    if (this.sending) {
      await this.sending;
      return this.send();
    }
    if (!this.isChanged || this.isHalfway || this.hasConflict) return undefined;
    this.sending = this.post(this.typed()).finally(() => {
      this.sending = undefined;
    });
    return this.sending;
  }

  get hasConflict() {
    return Boolean(this.slot.querySelector('[data-save-state="conflict"]'));
  }

  /** The page came back with this answer not saved: its author has yet to choose, or to correct it. */
  get isRefused() {
    return this.hasConflict || Boolean(this.place.querySelector(".govuk-error-message"));
  }

  async post(typed) {
    this.say("Saving…", "", false);
    try {
      const answer = await this.request();
      await this.take(answer, typed);
    } catch {
      this.fail(this.keep() ? OFFLINE : NOWHERE_TO_KEEP);
      this.schedule(RETRY_MS);
    }
  }

  async request(isAgain = false) {
    const body = new FormData();
    this.fields.forEach((field) => {
      if (!isChoice(field) || field.checked) body.append(field.name, field.value);
    });
    body.append(this.seen.name, this.seen.value);
    const answer = await fetch(this.url, {
      method: "POST",
      body,
      redirect: "manual",
      headers: { "X-CSRFToken": csrfToken(), "HX-Request": "true" },
    });
    // Signing in again in another tab makes this page's token an old one.
    if (answer.status === 400 && !isAgain && (await renewToken())) return this.request(true);
    return answer;
  }

  async take(answer, typed) {
    const signIn = answer.headers.get("HX-Redirect");
    if (answer.type === "opaqueredirect" || asksToSignIn(answer.status, signIn)) return this.askToSignIn(signIn);
    if (answer.status >= 500) throw new Error("the server is away");
    const fragment = new DOMParser().parseFromString(await answer.text(), "text/html");
    const state = fragment.querySelector("[data-save-state]");
    if (!state) return this.refuse(fragment);
    this.slot.replaceChildren(...fragment.body.childNodes);
    noteContact();
    if (state.dataset.saveState === "saved") this.settle(typed, state.dataset.seen);
    else this.keep();
    announce(`${this.place.dataset.number}: ${state.dataset.saveState === "saved" ? "saved" : words(state)}`);
    return undefined;
  }

  settle(typed, seen) {
    this.settled = typed;
    this.seen.value = seen;
    this.place.querySelector("[data-mark]")?.remove();
    if (this.isChanged) this.schedule(AFTER_TYPING_MS);
    else dropDraft(this.url);
  }

  askToSignIn(address) {
    this.keep();
    const link = document.createElement("a");
    link.className = "govuk-link";
    link.href = andBackHere(address ?? document.body.dataset.signInUrl ?? "/");
    link.textContent = "Sign in again";
    this.fail("Not saved: you have been signed out. We keep your text in this browser. ");
    this.slot.lastElementChild.append(link);
  }

  /** A whole page came instead: its heading and first words say why. */
  refuse(whole) {
    this.keep();
    const main = whole.querySelector("main");
    const heading = words(main?.querySelector("h1")) || "Something went wrong";
    this.fail(`Not saved: ${heading}. ${words(main?.querySelector("p"))} We keep your text in this browser.`);
  }

  fail(text) {
    this.say(text, "app-save--bad", true);
  }

  say(text, className, isAnnounced) {
    const line = document.createElement("p");
    line.className = `app-save ${className}`.trim();
    line.textContent = text;
    this.slot.replaceChildren(line);
    if (isAnnounced) announce(`${this.place.dataset.number}: ${text}`);
  }

  /** Put back what an earlier visit could not save. What was seen then travels with it, so nobody is overwritten. */
  restore() {
    if (this.isRefused) {
      this.keep();
      return;
    }
    const draft = readDraft(this.url);
    if (!draft) return;
    if (draft.typed === this.settled) {
      dropDraft(this.url);
      return;
    }
    this.put(draft.typed);
    this.seen.value = draft.seen;
    this.say("We kept this text in your browser. It is being saved now.", "", true);
    this.schedule(AFTER_CHOOSING_MS);
  }
}

const isChoice = (field) => field.type === "checkbox" || field.type === "radio";
const words = (element) => element?.textContent.trim().replace(/\s+/g, " ") ?? "";

// One polite voice for the page, which does not repeat itself.
function announce(text) {
  const region = document.querySelector("[data-save-announcer]");
  if (!region || text === announced) return;
  announced = text;
  region.textContent = text;
}

const answerOf = (element) => answers.get(element.closest?.("[data-autosave]"));

function watch(form) {
  form.addEventListener("input", ({ target }) => {
    answerOf(target)?.schedule(isChoice(target) ? AFTER_CHOOSING_MS : AFTER_TYPING_MS);
  });
  form.addEventListener("focusout", ({ target, relatedTarget }) => {
    const left = answerOf(target);
    if (left && (!relatedTarget || answerOf(relatedTarget) !== left)) left.send();
  });
}

const changed = () => [...answers.values()].filter((answer) => answer.isChanged);

// A page sent while one of its answers is on its way would take that one for a colleague's.
function sendInOrder(event) {
  const form = event.target;
  if (!form.matches("[data-saves-itself]")) return;
  const underWay = [...answers.values()].map((answer) => answer.sending).filter(Boolean);
  if (underWay.length) {
    event.preventDefault();
    const { submitter } = event;
    Promise.allSettled(underWay).then(() => form.requestSubmit(submitter));
    return;
  }
  changed().forEach((answer) => {
    clearTimeout(answer.timer);
    answer.keep({ sent: true });
  });
  dropOvertaken(event.submitter);
  isHandedOver = true;
}

// What leaves with a form is kept already; what leaves otherwise is kept now.
function keepOnLeaving() {
  if (!isHandedOver) changed().forEach((answer) => answer.keep());
}

// Whoever chooses a colleague's text, or both, has done with the draft of this one.
function dropOvertaken(submitter) {
  if (!submitter?.name.startsWith("keep-")) return;
  const answer = answerOf(submitter);
  if (answer && submitter.value !== "mine") dropDraft(answer.url);
}

/** Start saving every answer of the page by itself. */
export function saveAnswers() {
  dropDraftsOnSignOut();
  const places = [...document.querySelectorAll("form[data-saves-itself] [data-autosave]")];
  settleDrafts(places.map((place) => place.dataset.autosave));
  if (!places.length) return;
  places.forEach((place) => answers.set(place, new Answer(place)));
  document.querySelectorAll("form[data-saves-itself]").forEach(watch);
  document.addEventListener("submit", sendInOrder, { capture: true });
  window.addEventListener("online", () => changed().forEach((answer) => answer.send()));
  window.addEventListener("pagehide", keepOnLeaving);
  window.addEventListener("pageshow", () => {
    isHandedOver = false;
  });
  answers.forEach((answer) => answer.restore());
}
