// The printed report: pages of maps, one a risk.
import { describeMap, lastCode, type PageContext, renderLegend } from "./controls.ts";
import { readTheme } from "./document.ts";
import type { MapView, Theme } from "./mapView.ts";
import { readPicture } from "./pictures.ts";
import type { Source } from "./reportData.ts";

/** A page a risk: its maps of all periods in the scenario and measure that are shown. */
export async function renderPrintPages(source: Source, map: MapView, context: PageContext): Promise<string> {
  const { header, state: shownState, translate } = context;
  const pages: string[] = [];
  const light: Theme = { ...readTheme(), sea: "#ffffff", notApplicable: "#d5d9dd" };
  for (const [risk] of header.risks.entries()) {
    const state = { ...shownState, risk };
    const figures: string[] = [];
    for (const [period, { firstYear, lastYear }] of header.periods.entries()) {
      const picture = await readPicture(source, { ...state, period });
      if (picture === null) continue;
      const width = 300;
      const canvas = Object.assign(document.createElement("canvas"), {
        width,
        height: Math.round(width / map.aspect),
      });
      map.drawSmall(canvas, picture, light);
      figures.push(
        `<figure><img src="${canvas.toDataURL()}" alt=""><figcaption>${firstYear}–${lastYear}</figcaption></figure>`,
      );
    }
    const shown = await readPicture(source, state);
    const ofRisk = { ...context, state };
    if (shown !== null) {
      pages.push(
        `<section><h2>${describeMap(ofRisk)}</h2>${header.synthetic ? `<p>${translate("synthetic")}</p>` : ""}<div class="figures">${figures.join("")}</div>${renderLegend(ofRisk, shown, [2, lastCode(shown)], false).replaceAll(/ id="[^"]*"/g, "")}</section>`,
      );
    }
  }
  return pages.join("");
}
