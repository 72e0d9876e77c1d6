// Keys for whoever scores many answers: a digit chooses the score and goes to its reason, Ctrl+Enter saves and goes on.
//
// Wakes on form[data-scoring-keys]. Digits are never taken from a field that is typed in, nor together with another
// key, and [data-keys-switch] turns them off in this browser (WCAG 2.1.4: single keys can be turned off).
const KEPT = "portal.scoring-keys";
const TYPED_IN = 'textarea, select, [contenteditable], input:not([type="radio"], [type="checkbox"])';

function isOn() {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true;
  }
}

function turn(on) {
  try {
    if (on) localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, "off");
  } catch {
    // Storage is closed to us: then it holds for no longer than this page.
  }
}

function choose(form, digit) {
  const radio = form.querySelector(`input[type="radio"][name="value"][value="${digit}"]`);
  if (!radio) return false;
  radio.checked = true;
  radio.dispatchEvent(new Event("input", { bubbles: true }));
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  form.querySelector('textarea[name="reason"]')?.focus();
  return true;
}

function saveAndGoOn(form) {
  form.requestSubmit(form.querySelector('button[name="then"][value="next"]'));
}

function offerSwitch(form) {
  const help = form.querySelector("[data-keys-help]");
  const button = help?.querySelector("[data-keys-switch]");
  if (!button) return () => isOn();
  let on = isOn();
  const show = () => {
    button.textContent = on ? "Turn number keys off" : "Turn number keys on";
  };
  button.addEventListener("click", () => {
    on = !on;
    turn(on);
    show();
  });
  show();
  help.hidden = false;
  return () => on;
}

/** Start listening on the page that has a score to give. */
export function takeScoringKeys() {
  const form = document.querySelector("form[data-scoring-keys]");
  if (!form) return;
  const takesDigits = offerSwitch(form);
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.isComposing || event.altKey) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      saveAndGoOn(form);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.shiftKey || !takesDigits()) return;
    if (!/^[0-5]$/.test(event.key) || event.target.closest?.(TYPED_IN)) return;
    if (document.querySelector("dialog[open]")) return;
    if (choose(form, event.key)) event.preventDefault();
  });
}
