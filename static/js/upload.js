// Uploads with true progress: <form data-upload data-upload-target="#list">.
//
// Files go as soon as they are chosen or dropped, so the plain form's button is taken away. Each gets a row of its
// own in the queue of components/upload.html, with its progress, "Cancel" and, when it failed, "Try again". Files go
// one after another, and one that fails stops no other.
// Names and messages are set as text. An answer that is a whole page is gone to, never taken for success.
import { initialiseComponents } from "./components.js";
import { processWithHtmx } from "./requests.js";
import { sendFile } from "./upload-request.js";

const AT_ONCE = "The upload starts as soon as you choose.";
const CANCELLED = "Cancelled. Nothing of this file was saved.";
let underWay = 0;

function megabytes(bytes) {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function made(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function linkButton(label, name, onClick) {
  const button = made("button", "app-button-link", label);
  button.type = "button";
  button.append(made("span", "govuk-visually-hidden", ` ${name}`));
  button.addEventListener("click", onClick);
  return button;
}

function problemWith(form, file) {
  const limit = Number(form.dataset.maxBytes);
  if (limit && file.size > limit) return `This file is ${megabytes(file.size)}. The most is ${megabytes(limit)}.`;
  return file.size ? "" : "This file is empty. Open it on your computer to check it.";
}

function figureOf(loaded, total) {
  if (loaded >= total) return "Sent. Checking the file…";
  return `${Math.floor((loaded / total) * 100)}% (${megabytes(loaded)} of ${megabytes(total)})`;
}

/** The row of one file: what a person sees of it until it stands in the list of files. */
class Row {
  constructor(file) {
    this.file = file;
    this.element = made("li", "app-upload__item");
    this.bar = made("progress", "app-upload__bar");
    this.bar.setAttribute("aria-label", `Uploading ${file.name}`);
    this.figure = made("p", "app-upload__figure");
    this.error = made("p", "app-upload__error");
    this.error.setAttribute("role", "alert");
    this.actions = made("span", "app-upload__actions");
    const line = made("div", "app-upload__row");
    line.append(made("span", "app-upload__name", file.name), this.bar, this.actions);
    this.element.append(line, this.figure, this.error);
  }

  showWaiting(onCancel) {
    this.bar.hidden = false;
    this.bar.max = 1;
    this.bar.value = 0;
    this.error.textContent = "";
    this.figure.textContent = "Waiting";
    this.actions.replaceChildren(linkButton("Cancel", this.file.name, onCancel));
  }

  showProgress(loaded, total) {
    this.bar.max = total || 1;
    this.bar.value = loaded;
    this.figure.textContent = figureOf(loaded, total || 1);
  }

  showProblem(problem, onRetry) {
    this.bar.hidden = true;
    this.figure.textContent = "";
    this.error.textContent = problem;
    const dismiss = linkButton("Dismiss", this.file.name, () => this.element.remove());
    this.actions.replaceChildren(...(onRetry ? [linkButton("Try again", this.file.name, onRetry)] : []), dismiss);
  }
}

function swap(form, text) {
  const target = document.querySelector(form.dataset.uploadTarget);
  if (!target) return location.reload();
  const holder = document.createElement("template");
  holder.innerHTML = text;
  target.replaceChildren(holder.content);
  processWithHtmx(target);
  initialiseComponents(target);
  target.dispatchEvent(new CustomEvent("upload:done", { bubbles: true }));
  return undefined;
}

/** The files of one form, sent one after another. */
class Queue {
  constructor(form, input, list, said) {
    Object.assign(this, { form, input, list, said, waiting: [], sending: false });
  }

  add(files) {
    if (files.length) this.said.textContent = `Uploading ${files.map((file) => file.name).join(", ")}.`;
    for (const file of files) {
      const row = new Row(file);
      this.list.append(row.element);
      const problem = problemWith(this.form, file);
      if (problem) row.showProblem(problem);
      else this.enqueue(row);
    }
  }

  enqueue(row) {
    row.showWaiting(() => this.cancel(row));
    this.waiting.push(row);
    underWay += 1;
    this.next();
  }

  cancel(row) {
    if (row.stop) return row.stop(CANCELLED);
    this.waiting = this.waiting.filter((other) => other !== row);
    return this.fail(row, CANCELLED);
  }

  next() {
    if (this.sending || !this.waiting.length) return;
    this.sending = true;
    const row = this.waiting.shift();
    row.stop = sendFile(this.form, this.input, row.file, {
      progress: (loaded, total) => row.showProgress(loaded, total),
      end: (meaning) => this.ended(row, meaning),
    });
  }

  ended(row, { address, fragment, problem }) {
    row.stop = undefined;
    this.sending = false;
    if (problem) this.fail(row, problem);
    else {
      underWay -= 1;
      if (address) return location.assign(address);
      row.element.remove();
      this.said.textContent = `${row.file.name} uploaded.`;
      swap(this.form, fragment);
    }
    return this.next();
  }

  fail(row, problem) {
    underWay -= 1;
    row.showProblem(problem, () => this.enqueue(row));
  }
}

function acceptDrops(area, queue) {
  const mark = (on) => area.classList.toggle("moj-multi-file-upload--dragover", on);
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    mark(true);
  });
  area.addEventListener("dragleave", () => mark(false));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    const files = [...event.dataTransfer.files];
    queue.add(queue.input.multiple ? files : files.slice(0, 1));
  });
}

// What happens on choosing must be known before (WCAG 3.2.2), so the field itself says it.
function sayAtOnce(input) {
  const hint = made("div", "govuk-hint", AT_ONCE);
  hint.id = `${input.id}-at-once`;
  input.before(hint);
  input.setAttribute("aria-describedby", `${hint.id} ${input.getAttribute("aria-describedby") ?? ""}`.trim());
}

function acceptChoices(input, queue, error) {
  const take = () => {
    error.textContent = "";
    queue.add([...input.files]);
    input.value = "";
  };
  input.addEventListener("change", take);
  if (input.files.length) take(); // chosen before the script was there
}

function takeOver(form) {
  const part = (name) => form.querySelector(`[data-upload-${name}]`);
  const input = form.querySelector('input[type="file"]');
  const queue = new Queue(form, input, part("queue"), part("said"));
  form.dataset.uploadReady = "true";
  form.querySelector('button[type="submit"]').remove();
  sayAtOnce(input);
  acceptChoices(input, queue, part("error"));
  acceptDrops(part("area"), queue);
}

// Leaving the page would lose the file that is on its way, so the browser asks.
addEventListener("beforeunload", (event) => {
  if (underWay) event.preventDefault();
});

/** Take over every upload form inside `scope` that is not yet taken over. */
export function enhanceUploads(scope) {
  scope.querySelectorAll("form[data-upload]:not([data-upload-ready])").forEach(takeOver);
}
