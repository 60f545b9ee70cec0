// Objects as they are on the wire: plain JSON both ways, instants are strings.
// client-node's models have Date, and its lists and watches disagree about it.
import { V1MicroTime, type V1ObjectMeta } from "@kubernetes/client-node";

/** A client-node model as JSON spells it: no Date, and without the underscore before reserved words. */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Element)[]
    ? Wire<Element>[]
    : T extends object
      ? { [Key in keyof T as Key extends `_${infer Name}` ? Name : Key]: Wire<T[Key]> }
      : T;

/** The API server fills these in, so every object read from it has them. */
export type StoredMetadata = Wire<V1ObjectMeta> & {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
};

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: StoredMetadata;
}

/** A client-node model as read from the API server. */
export type Stored<T> = Omit<Wire<T>, "metadata"> & KubeObject;

export interface ObjectList<T> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly T[];
}

export interface WatchEvent<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  /** Of ERROR a Status, of BOOKMARK an object with nothing but a resourceVersion. */
  readonly object: T;
}

export interface ListOptions {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
}

export interface WatchOptions {
  readonly labelSelector?: string | undefined;
  readonly resourceVersion: string;
  readonly timeoutSeconds: number;
  /** The stream fails after this long without a byte; bookmarks count. */
  readonly inactivityMs: number;
}

/** The calls of a resource that a reflector uses. */
export interface ListWatch<T> {
  list(options: ListOptions, signal?: AbortSignal): Promise<ObjectList<T>>;
  watch(options: WatchOptions, signal: AbortSignal): Promise<AsyncIterable<WatchEvent<T>>>;
}

/** With six digits, as Lease and Event require: https://github.com/kubernetes-client/javascript/issues/828 */
export function microTime(instant: Date): string {
  return new V1MicroTime(instant).toISOString();
}
