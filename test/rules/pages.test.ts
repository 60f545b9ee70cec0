// Pages: their links lead somewhere.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { listPages, ROOT } from "../support/pages.ts";

test.each(listPages())("every link of %s leads to a file and a heading", (page) => {
  const text = readFileSync(join(ROOT, page), "utf8");
  const links = [...text.replaceAll(/^```.*?^```$/gms, "").matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  const dead = links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path, anchor] = link.split("#");
    const file = path === "" ? join(ROOT, page) : join(ROOT, dirname(page), path!);
    if (!existsSync(file)) return true;
    return anchor !== undefined && !listAnchors(readFileSync(file, "utf8")).includes(anchor);
  });
  expect(dead).toEqual([]);
});

/** As GitHub makes them of headings. */
function listAnchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(/\s/g, "-"),
  );
}
