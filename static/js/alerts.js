// Messages at the top of the page, as text and never as HTML.
function icon() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "app-banner__icon");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("fill", "currentColor");
  path.setAttribute("d", "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm-1.250 5h2.500v6.500h-2.500Zm0 8h2.500v2.500h-2.500Z");
  svg.append(path);
  return svg;
}

function line(text, className) {
  const paragraph = document.createElement("p");
  paragraph.className = className;
  paragraph.textContent = text;
  return paragraph;
}

/** Show one message, replacing the last. `tone` is info, good, warning or bad. */
export function showAlert(heading, text, tone = "bad") {
  const region = document.getElementById("app-alerts");
  if (!region) return;
  const body = document.createElement("div");
  body.className = "app-banner__body";
  body.append(line(heading, "app-banner__heading"));
  if (text) body.append(line(text, "app-banner__text"));
  const banner = document.createElement("div");
  banner.className = `app-banner app-banner--${tone}`;
  banner.append(icon(), body);
  region.replaceChildren(banner);
  banner.scrollIntoView({ block: "nearest" });
}

/** Take the message away. */
export function clearAlert() {
  document.getElementById("app-alerts")?.replaceChildren();
}
