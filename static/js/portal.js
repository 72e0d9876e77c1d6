// The portal's script: starts every behaviour once, and again in content that htmx swaps in.
import { saveAnswers } from "./autosave.js";
import { initialiseComponents } from "./components.js";
import { preventDoubleSubmit } from "./double-submit.js";
import { keepGrid } from "./grid.js";
import { offerPrinting } from "./print.js";
import { watchRequests } from "./requests.js";
import { takeScoringKeys } from "./scoring-keys.js";
import { showQuestionsInTurn } from "./shown-when.js";
import { keepRunningTotals } from "./running-total.js";
import { watchIdleTime } from "./idle-warning.js";
import { keepTypedText } from "./typed-text.js";
import { enhanceUploads } from "./upload.js";

// GOV.UK's components look for this class on the body.
if (document.documentElement.classList.contains("js-enabled")) {
  document.body.classList.add("js-enabled", "govuk-frontend-supported");
}

keepTypedText();
initialiseComponents(document);
preventDoubleSubmit();
keepRunningTotals();
saveAnswers();
showQuestionsInTurn();
takeScoringKeys();
offerPrinting();
keepGrid();
enhanceUploads(document);
watchRequests((swapped) => {
  initialiseComponents(swapped);
  enhanceUploads(swapped);
});
watchIdleTime();
