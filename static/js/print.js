// The browser's own print dialog, from a button that is there only with a script.
/** Show and start every [data-print] button. */
export function offerPrinting() {
  document.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
}
