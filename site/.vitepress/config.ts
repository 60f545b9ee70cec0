// VitePress: the pages of docs/ as a site, in the order of pages.ts. Links to files outside docs/ lead to the repository.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GROUPS } from "../pages.ts";

const DOCS = join(import.meta.dirname, "../../docs");
const titleOf = (page: string) => /^# (.+)$/m.exec(readFileSync(join(DOCS, `${page}.md`), "utf8"))![1]!;

export default {
  title: "climatebatch",
  description: "Nine climate risks for every cell of a grid",
  srcDir: "copy",
  outDir: "../dist/site",
  cleanUrls: true,
  ignoreDeadLinks: [/\.\.\//, /samples/, /runbooks\/?(index)?$/],
  // Braces of Kubernetes and Helm in the text are no templates.
  vue: { template: { compilerOptions: { delimiters: ["[[[", "]]]"] } } },
  markdown: { config: (md: { set(options: object): void }) => md.set({ html: false }) },
  themeConfig: {
    search: { provider: "local" },
    sidebar: GROUPS.map(({ text, pages }) => ({
      text,
      items: pages.map((page) => ({ text: titleOf(page), link: `/${page}` })),
    })),
  },
  rewrites: { "tutorial.md": "index.md" },
};
