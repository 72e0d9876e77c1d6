// Stops a form from being sent twice by an impatient second press.
const SENT = "submitting";

function markSent(form, button) {
  form.dataset[SENT] = "true";
  button?.setAttribute("aria-disabled", "true");
}

function release(form) {
  delete form.dataset[SENT];
  form.querySelectorAll('button[aria-disabled="true"]').forEach((button) => {
    button.removeAttribute("aria-disabled");
  });
}

// htmx queues its own requests; a form that downloads a file leaves the page where it is.
function isOurs(form) {
  const sentByHtmx = form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete], [data-upload]");
  return form.method === "post" && !sentByHtmx && !form.hasAttribute("data-allow-resubmit");
}

/** Watch every POST form on the page, also those swapped in later. */
export function preventDoubleSubmit() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!isOurs(form) || event.defaultPrevented) return;
    if (form.dataset[SENT]) event.preventDefault();
    else markSent(form, event.submitter);
  });
  // Coming back by the browser's Back button shows the page as it was left.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-submitting]").forEach(release);
  });
}
