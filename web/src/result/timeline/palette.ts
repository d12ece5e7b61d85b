import { signal } from "@preact/signals";

const NAMES = [
  "paper",
  "raised",
  "sunken",
  "ink",
  "ink-quiet",
  "line",
  "edge",
  "accent",
  "accent-soft",
  "warn",
  "warn-soft",
  "focus",
] as const;

export type Palette = Record<(typeof NAMES)[number], string> & {
  /** The size of text that the reader chose, CSS pixels. */
  rem: number;
  font: string;
  small: string;
};

/** The page's colours and text size, for what is drawn on a canvas. They are read again when the system's scheme or text size changes. */
export const palette = signal<Palette>(read());

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refreshPalette);
addEventListener("resize", refreshPalette);

export function refreshPalette(): void {
  const found = read();
  if (JSON.stringify(found) !== JSON.stringify(palette.value)) palette.value = found;
}

function read(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colours = Object.fromEntries(
    NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim() || "#808080"]),
  ) as Record<(typeof NAMES)[number], string>;
  const rem = Number.parseFloat(style.fontSize) || 16;
  const family = style.fontFamily || "sans-serif";
  return { ...colours, rem, font: `${0.8 * rem}px ${family}`, small: `${0.7 * rem}px ${family}` };
}
