// Marks the page as scripted before its body is drawn, so enhanced parts do not flicker.
if ("noModule" in HTMLScriptElement.prototype) {
  document.documentElement.classList.add("js-enabled", "govuk-frontend-supported");
}
