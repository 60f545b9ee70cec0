// The reflector's memory: objects by uid and by name. It never holds two objects of one name: the older is reported as deleted.
import type { KubeObject } from "./wireFormat.ts";

/** `object` undefined: deleted. `old` undefined: added. */
export type OnChange<T> = (object: T | undefined, old: T | undefined) => void;

export interface StoreView<T> {
  readonly size: number;
  get(name: string): T | undefined;
  values(): IterableIterator<T>;
}

export class ObjectStore<T extends KubeObject> implements StoreView<T> {
  readonly #byUid = new Map<string, T>();
  readonly #uidByName = new Map<string, string>();
  readonly #onChange: OnChange<T>;

  constructor(onChange: OnChange<T>) {
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#byUid.size;
  }

  get(name: string): T | undefined {
    const uid = this.#uidByName.get(name);
    return uid === undefined ? undefined : this.#byUid.get(uid);
  }

  getByUid(uid: string): T | undefined {
    return this.#byUid.get(uid);
  }

  values(): IterableIterator<T> {
    return this.#byUid.values();
  }

  /** Does nothing when this version is known. */
  put(object: T): void {
    const { uid, name, resourceVersion } = object.metadata;
    const old = this.#byUid.get(uid);
    if (old?.metadata.resourceVersion === resourceVersion) return;
    const namesake = this.get(name);
    if (namesake !== undefined && namesake.metadata.uid !== uid) this.delete(namesake);
    this.#byUid.set(uid, object);
    this.#uidByName.set(name, uid);
    this.#onChange(object, old);
  }

  /** `last` is the newest state known, which may be newer than the one stored. */
  delete(last: T): void {
    const { uid, name } = last.metadata;
    if (!this.#byUid.delete(uid)) return;
    if (this.#uidByName.get(name) === uid) this.#uidByName.delete(name);
    this.#onChange(undefined, last);
  }

  /** Everything that exists: what is absent was deleted. Deletions first, so that a recreated object reads as deleted and added. */
  replace(objects: readonly T[]): void {
    const present = new Set(objects.map(({ metadata }) => metadata.uid));
    for (const old of [...this.#byUid.values()]) if (!present.has(old.metadata.uid)) this.delete(old);
    for (const object of objects) this.put(object);
  }
}
