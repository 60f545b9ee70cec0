// The document that the page lives in: elements by id, its colours, the focus, and files to keep.
import type { Theme } from "./mapView.ts";

export const byId = <T extends HTMLElement = HTMLElement>(id: string) => document.getElementById(id) as T;

export function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
}

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    sea: read("sea"),
    land: read("land"),
    line: read("coast"),
    hatch: read("hatch"),
    notApplicable: read("not-applicable"),
    mark: read("ink"),
  };
}

/** Renders, and returns the focus to the element of the same id. */
export function keepFocus(render: () => void): void {
  const { activeElement } = document;
  const id = activeElement?.id;
  render();
  if (id && document.activeElement?.id !== id) byId(id)?.focus({ preventScroll: true });
}

export function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
