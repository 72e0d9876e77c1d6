// Shows a question as soon as the answer that it waits for is given, and hides it when it is taken back.
//
// Wakes on [data-shown-when] (the name of the field it waits for) with data-shown-value. Without a script the next
// save shows or hides it. What was typed into a hidden question stays.

// "Yes" to a ground for exclusion is also the yes that has been put right.
const MEANS_YES = new Set(["yes", "self_cleaned"]);

function isGiven(name, wanted) {
  const fields = [...document.getElementsByName(name)];
  if (!fields.length) return null;
  const given = fields
    .filter((field) => (["radio", "checkbox"].includes(field.type) ? field.checked : field.value))
    .map((field) => field.value);
  return wanted === "yes" ? given.some((value) => MEANS_YES.has(value)) : given.includes(wanted);
}

function isAsked(question) {
  const given = isGiven(question.dataset.shownWhen, question.dataset.shownValue);
  if (given === null) return !question.hidden; // it waits for an answer on another page
  const awaited = document.getElementsByName(question.dataset.shownWhen)[0].closest("[data-shown-when]");
  return given && (!awaited || isAsked(awaited));
}

/** Watch the answers that other questions of the page wait for. */
export function showQuestionsInTurn() {
  const waiting = [...document.querySelectorAll("[data-shown-when]")];
  if (!waiting.length) return;
  const update = () => waiting.forEach((question) => {
    question.hidden = !isAsked(question);
  });
  document.addEventListener("change", update);
  update();
}
