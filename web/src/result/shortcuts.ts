import { LAYERS } from "./layers";
import type { ResultModel } from "./model";

interface Shortcut {
  keys: string[];
  shown: string[];
  what: string;
  act: (model: ResultModel, event: KeyboardEvent) => void;
}

/** Every key, in the order of the sheet that explains them. */
export const SHORTCUTS: readonly Shortcut[] = [
  {
    keys: [" ", "k"],
    shown: ["space", "k"],
    what: "Play or pause",
    act: ({ player }) => player.togglePlay(),
  },
  {
    keys: ["j"],
    shown: ["j"],
    what: "10 s back; again at once: play backwards, ever faster",
    act: ({ player }) => player.shuttle(-1),
  },
  {
    keys: ["l"],
    shown: ["l"],
    what: "10 s on; again at once: play ever faster",
    act: ({ player }) => player.shuttle(1),
  },
  {
    keys: ["ArrowLeft"],
    shown: ["←"],
    what: "1 s back; 5 s with Shift",
    act: (model, event) => model.seek(model.player.timeS.value - secondsOf(event)),
  },
  {
    keys: ["ArrowRight"],
    shown: ["→"],
    what: "1 s on; 5 s with Shift",
    act: (model, event) => model.seek(model.player.timeS.value + secondsOf(event)),
  },
  { keys: [","], shown: [","], what: "One frame back", act: ({ player }) => player.step(-1) },
  { keys: ["."], shown: ["."], what: "One frame on", act: ({ player }) => player.step(1) },
  { keys: ["Home"], shown: ["Home"], what: "To the start", act: (model) => model.seek(0) },
  { keys: ["End"], shown: ["End"], what: "To the end", act: (model) => model.seek(model.index.duration_s) },
  {
    keys: ["+", "="],
    shown: ["+"],
    what: "Zoom in, down to single frames",
    act: ({ view, player }) => view.zoom(0.5, player.timeS.value),
  },
  {
    keys: ["-", "_"],
    shown: ["-"],
    what: "Zoom out",
    act: ({ view, player }) => view.zoom(2, player.timeS.value),
  },
  {
    keys: ["["],
    shown: ["["],
    what: "Time line: half a page back",
    act: ({ view }) => view.pan(-view.spanS / 2),
  },
  {
    keys: ["]"],
    shown: ["]"],
    what: "Time line: half a page on",
    act: ({ view }) => view.pan(view.spanS / 2),
  },
  { keys: ["f"], shown: ["f"], what: "Time line: the whole recording", act: ({ view }) => view.fit() },
  { keys: ["m"], shown: ["m"], what: "Sound off or on", act: ({ player }) => player.toggleMute() },
  ...LAYERS.map(({ layer, name, key, from }): Shortcut => {
    return {
      keys: [key],
      shown: [key],
      what: `${name} over the video`,
      act: (model) => model.has(from) && model.toggle(layer),
    };
  }),
];

function secondsOf(event: KeyboardEvent): number {
  return event.shiftKey ? 5 : 1;
}

/** What a key means here; null when it is meant for the field, button or dialog that has the focus. */
export function shortcutFor(event: KeyboardEvent): Shortcut | "help" | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return null;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("dialog") || isTyping(target, event.key)) return null;
  if (event.key === "?") return "help";
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return SHORTCUTS.find(({ keys }) => keys.includes(key)) ?? null;
}

const PRESSES = new Set([" ", "Enter"]);
const MOVES = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"]);

function isTyping(target: Element | null, key: string): boolean {
  if (!target) return false;
  if (target.matches("textarea, select, [contenteditable]")) return true;
  if (target.matches("input[type=range], input[type=radio]")) return MOVES.has(key) || PRESSES.has(key);
  if (target.matches("input:not([type=checkbox])")) return true;
  return target.matches("button, a, summary, input[type=checkbox]") && PRESSES.has(key);
}
