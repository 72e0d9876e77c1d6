// Starts GOV.UK's components that the portal uses, within one part of the page.
import {
  Accordion,
  Button,
  CharacterCount,
  Checkboxes,
  ErrorSummary,
  NotificationBanner,
  PasswordInput,
  Radios,
  ServiceNavigation,
  SkipLink,
  Tabs,
  createAll,
} from "govuk-frontend";

const components = [
  Accordion,
  Button,
  CharacterCount,
  Checkboxes,
  ErrorSummary,
  NotificationBanner,
  PasswordInput,
  Radios,
  ServiceNavigation,
  SkipLink,
  Tabs,
];

// A part that was already started is left as it is; any other fault is worth seeing.
function report(error) {
  if (error?.name !== "InitError") console.error(error);
}

/** Start the components inside `scope`, an element or the document. */
export function initialiseComponents(scope) {
  for (const component of components) {
    createAll(component, undefined, { scope, onError: report });
  }
}
