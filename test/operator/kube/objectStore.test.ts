// What is reported of objects that are created, changed, deleted and created again under the same name.
import { expect, test } from "vitest";
import { ObjectStore } from "../../../operator/kube/objectStore.ts";
import type { KubeObject } from "../../../operator/kube/wireFormat.ts";

function batch(name: string, uid: string, resourceVersion: string): KubeObject {
  return { metadata: { name, namespace: "climate", uid, resourceVersion, creationTimestamp: "2028-01-01T00:00:00Z" } };
}

function openStore(...objects: readonly KubeObject[]) {
  const reported: string[] = [];
  const short = (one?: KubeObject) =>
    one === undefined ? "nothing" : `${one.metadata.uid}@${one.metadata.resourceVersion}`;
  const store = new ObjectStore<KubeObject>((object, old) => void reported.push(`${short(old)} -> ${short(object)}`));
  for (const object of objects) store.put(object);
  reported.length = 0;
  return { store, reported };
}

test("the same state twice is reported once", () => {
  const { store, reported } = openStore();
  store.put(batch("spi", "a", "1"));
  store.put(batch("spi", "a", "1"));
  store.put(batch("spi", "a", "2"));
  expect(reported).toEqual(["nothing -> a@1", "a@1 -> a@2"]);
});

test("another object of the same name means that the first is gone, even without a deletion", () => {
  const { store, reported } = openStore(batch("spi", "a", "1"));
  store.put(batch("spi", "b", "5"));
  expect(reported).toEqual(["a@1 -> nothing", "nothing -> b@5"]);
  expect(store.get("spi")?.metadata.uid).toBe("b");
  expect(store.size).toBe(1);
});

test("a deletion that comes after the name was taken again leaves the new object alone", () => {
  const { store, reported } = openStore(batch("spi", "a", "1"));
  store.put(batch("spi", "b", "5"));
  store.delete(batch("spi", "a", "4"));
  expect(store.get("spi")?.metadata.uid).toBe("b");
  expect(reported).toHaveLength(2);
});

test("a deletion reports the last state, and nothing for an unknown object", () => {
  const { store, reported } = openStore(batch("spi", "a", "1"));
  store.delete(batch("spi", "a", "3"));
  store.delete(batch("spei", "x", "3"));
  expect(reported).toEqual(["a@3 -> nothing"]);
  expect([store.size, store.get("spi")]).toEqual([0, undefined]);
});

test("a list replaces everything: what is absent has gone, and a recreated object is reported as gone and as new", () => {
  const { store, reported } = openStore(batch("spi", "a", "1"), batch("spei", "b", "2"), batch("fwi", "c", "3"));
  store.replace([batch("spei", "b", "2"), batch("spi", "d", "9"), batch("fwi", "c", "8")]);
  expect(reported).toEqual(["a@1 -> nothing", "nothing -> d@9", "c@3 -> c@8"]);
  expect([...store.values()].map(({ metadata }) => metadata.name).sort()).toEqual(["fwi", "spei", "spi"]);
});
