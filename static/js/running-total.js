// Adds up points as they are typed, and says what is missing from the total they must reach.
function pointsOf(field) {
  const points = Number(field.value);
  return Number.isFinite(points) && points > 0 ? points : 0;
}

function tidied(points) {
  return String(Math.round(points * 100) / 100);
}

function show(form) {
  const wanted = Number(form.dataset.runningTotal);
  const fields = [...form.querySelectorAll("[data-addend]")];
  const total = fields.reduce((sum, field) => sum + pointsOf(field), 0);
  const difference = Math.round((wanted - total) * 100) / 100;
  form.querySelector("[data-total]").textContent = tidied(total);
  form.querySelector("[data-difference]").textContent =
    difference === 0 ? "" : `: ${tidied(Math.abs(difference))} ${difference > 0 ? "missing" : "too many"}`;
}

/** Watch every form whose numbers must add up. */
export function keepRunningTotals() {
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-running-total]");
    if (form && event.target.matches("[data-addend]")) show(form);
  });
}
