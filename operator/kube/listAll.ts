// All objects of a resource, page by page, each reduced before the next page is requested.
import { isGone } from "./apiError.ts";
import type { KubeObject, ListOptions, ListWatch, ObjectList } from "./wireFormat.ts";

export interface Listing<T> {
  readonly objects: readonly T[];
  /** Where a watch continues. */
  readonly resourceVersion: string;
}

export interface ListAllOptions<T> extends Pick<ListOptions, "labelSelector" | "fieldSelector"> {
  readonly pageSize: number;
  readonly transform: (object: T) => T;
}

/**
 * The most recent state: no resourceVersion is given. client-go's reflector begins with resourceVersion=0, "whatever the
 * watch cache has", which may be older than what this very process has seen from another API server, and which ignores the
 * limit. Since 1.31 the watch cache answers the consistent list, too, after asking etcd only how far it is
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list), so the stale one saves nothing.
 */
export async function listAll<T extends KubeObject>(
  source: Pick<ListWatch<T>, "list">,
  { pageSize, transform, ...selectors }: ListAllOptions<T>,
  signal: AbortSignal,
): Promise<Listing<T>> {
  const objects: T[] = [];
  let limit: number | undefined = pageSize;
  let next: string | undefined;
  for (;;) {
    let page: ObjectList<T>;
    try {
      page = await source.list({ ...selectors, limit, continue: next }, signal);
    } catch (error) {
      if (next === undefined || !isGone(error)) throw error;
      // The pages outlived etcd's history (5 minutes): once more and all at once, as client-go's pager does.
      objects.length = 0;
      limit = next = undefined;
      continue;
    }
    const kind = page.kind.replace(/List$/, "");
    // Watch events have a kind, members of a list of built-in objects do not: here all do.
    for (const object of page.items) objects.push(transform({ apiVersion: page.apiVersion, kind, ...object }));
    next = page.metadata.continue || undefined;
    if (next === undefined) return { objects, resourceVersion: page.metadata.resourceVersion };
  }
}

/** The default transform: field ownership is half of a small object, and unused here. */
export function dropManagedFields<T extends KubeObject>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
