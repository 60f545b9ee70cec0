// Starts the page, where the browser can unpack it.
import { byId } from "./document.ts";
import { Input } from "./input.ts";
import { Page } from "./page.ts";
import { openSource } from "./source.ts";
import { makeTranslate } from "./words.ts";

if (typeof DecompressionStream === "undefined") byId("page").textContent = makeTranslate("en")("unpacked");
else {
  void openSource().then((source) => {
    const page = new Page(source);
    new Input(page).listen();
    return page.start();
  });
}
