/** Where the focus goes when the control that had it is about to leave the page, and a dialog with it. */
export function focusFirst(id = "choose-files"): void {
  setTimeout(() => document.getElementById(id)?.focus()); // after the page has been drawn anew
}
