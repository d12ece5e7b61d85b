import { signal } from "@preact/signals";

const words = signal("");

/** Tell people who do not see the page that something has happened. */
export function announce(text: string): void {
  words.value = text;
}

export function Announcer() {
  return (
    <p class="unseen" role="status" aria-live="polite">
      {words.value}
    </p>
  );
}
