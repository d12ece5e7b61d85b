import { describe, expect, it } from "vitest";
import { SHORTCUTS, shortcutFor } from "../../src/result/shortcuts";

function pressed(key: string, on: HTMLElement, options: KeyboardEventInit = {}) {
  document.body.replaceChildren(on);
  let found: ReturnType<typeof shortcutFor> = null;
  const listen = (event: KeyboardEvent) => {
    found = shortcutFor(event);
  };
  document.addEventListener("keydown", listen);
  on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...options }));
  document.removeEventListener("keydown", listen);
  return found;
}

function element(tag: string, type?: string): HTMLElement {
  const made = document.createElement(tag);
  if (type) made.setAttribute("type", type);
  return made;
}

describe("shortcuts", () => {
  it("work anywhere on the page, and each key means one thing", () => {
    expect(pressed(" ", element("div"))).toMatchObject({ what: "Play or pause" });
    expect(pressed("?", element("div"))).toBe("help");
    const keys = SHORTCUTS.flatMap((shortcut) => shortcut.keys);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("are what is typed in a field", () => {
    for (const field of [
      element("input"),
      element("input", "search"),
      element("textarea"),
      element("select"),
    ]) {
      for (const key of [" ", "j", "1", "ArrowLeft", "?"]) expect(pressed(key, field)).toBeNull();
    }
  });

  it("leave buttons, checkboxes and sliders their own keys, and no others", () => {
    expect(pressed(" ", element("button"))).toBeNull();
    expect(pressed("j", element("button"))).not.toBeNull();
    expect(pressed(" ", element("input", "checkbox"))).toBeNull();
    expect(pressed("ArrowRight", element("input", "range"))).toBeNull();
    expect(pressed(".", element("input", "range"))).not.toBeNull();
  });

  it("leave the browser its own", () => {
    for (const held of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }]) {
      expect(pressed("f", element("div"), held)).toBeNull();
    }
  });
});
