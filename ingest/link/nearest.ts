// The nearest of many places for each of many, along the great circle.
import { around, distance } from "geokdbush";
import KDBush from "kdbush";
import type { CellSource, LinkedCell } from "../../database/cellSources.ts";

/** Each cell with the nearest source, unless it is farther than `withinKm`. Of sources equally near, the first by cell id. */
export function linkNearest(
  cells: readonly LinkedCell[],
  sources: readonly LinkedCell[],
  withinKm: number,
): CellSource[] {
  if (sources.length === 0) return [];
  const tree = new KDBush(sources.length);
  for (const { longitude, latitude } of sources) tree.add(longitude, latitude);
  tree.finish();
  return cells.flatMap((cell) => {
    // Two of them, so that a tie is seen; the order of the tree is no order of ours.
    const near = around(tree, cell.longitude, cell.latitude, 2, withinKm).map((at) => measure(cell, sources[at]!));
    const nearest = near.toSorted((a, b) => a.distanceKm - b.distanceKm || a.sourceCellId - b.sourceCellId)[0];
    return nearest === undefined ? [] : [nearest];
  });
}

function measure(cell: LinkedCell, source: LinkedCell): CellSource {
  return {
    cellId: cell.cellId,
    sourceCellId: source.cellId,
    distanceKm: distance(cell.longitude, cell.latitude, source.longitude, source.latitude),
  };
}

/** The nearest of `sources`; the first by cell id of those equally near. */
export function nearestOf(cell: LinkedCell, sources: readonly LinkedCell[]): CellSource {
  return sources
    .map((source) => measure(cell, source))
    .reduce((best, one) =>
      one.distanceKm < best.distanceKm || (one.distanceKm === best.distanceKm && one.sourceCellId < best.sourceCellId)
        ? one
        : best,
    );
}
