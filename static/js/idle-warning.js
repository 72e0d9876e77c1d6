// Warns before an idle sign-out; one press extends the session. Tabs share the time of last contact.
import { andBackHere, csrfToken, lastContact, noteContact } from "./session.js";
import { stashTypedText } from "./typed-text.js";

function settings() {
  const { idleSeconds, warnSeconds, extendUrl, signedOutUrl } = document.body.dataset;
  if (!idleSeconds || !extendUrl || !signedOutUrl) return null;
  return {
    idleMs: Number(idleSeconds) * 1000,
    warnMs: Number(warnSeconds || 120) * 1000,
    extendUrl,
    signedOutUrl,
  };
}

function timeLeft(milliseconds) {
  const minutes = Math.ceil(milliseconds / 60000);
  if (milliseconds <= 60000) return "You will be signed out in less than a minute.";
  return `You will be signed out in ${minutes} minutes.`;
}

async function askForMoreTime({ extendUrl }) {
  const answer = await fetch(extendUrl, {
    method: "POST",
    redirect: "manual",
    headers: { "X-CSRFToken": csrfToken(), "HX-Request": "true" },
  });
  if (answer.ok && !answer.headers.get("HX-Redirect")) {
    noteContact();
    return true;
  }
  return false;
}

function leave({ signedOutUrl }) {
  stashTypedText();
  location.assign(andBackHere(signedOutUrl));
}

function prepareDialog(dialog, options) {
  const button = dialog.querySelector("[data-stay-signed-in]");
  const note = dialog.querySelector("[data-idle-problem]");
  const extend = async () => {
    try {
      if (await askForMoreTime(options)) dialog.close();
      else leave(options);
    } catch {
      note.textContent = "We could not reach the portal. Check your connection and press the button again.";
    }
  };
  button.addEventListener("click", extend);
  // Escape means "I am here" as much as the button does.
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    extend();
  });
}

// Typing is not contact with the server, so a long answer asks for more time by itself.
function extendWhileTyping(options) {
  let asking = false;
  document.addEventListener("input", async () => {
    const idle = Date.now() - lastContact();
    if (asking || idle < options.idleMs / 2 || idle > options.idleMs - options.warnMs) return;
    asking = true;
    await askForMoreTime(options).catch(() => false);
    asking = false;
  });
}

function checkTime(dialog, text, options) {
  const left = options.idleMs - (Date.now() - lastContact());
  if (left <= 0) return leave(options);
  if (left > options.warnMs) {
    if (dialog.open) dialog.close();
    return undefined;
  }
  if (!dialog.open) dialog.showModal();
  // Written only when it changes, so a screen reader is not interrupted each second.
  const words = timeLeft(left);
  if (text.textContent !== words) text.textContent = words;
  return undefined;
}

/** Start watching, where the page says how long a session may idle. */
export function watchIdleTime() {
  const options = settings();
  const dialog = document.getElementById("app-idle-dialog");
  if (!options || !dialog?.showModal) return;
  noteContact();
  prepareDialog(dialog, options);
  extendWhileTyping(options);
  const text = dialog.querySelector("[data-idle-text]");
  setInterval(() => checkTime(dialog, text, options), 1000);
}
