// What is told of objects that come, change, go and come again under the same name.
import { expect, test } from "vitest";
import { ObjectStore } from "../../../operator/kube/objectStore.ts";
import type { KubeObject } from "../../../operator/kube/wireFormat.ts";

function batch(name: string, uid: string, resourceVersion: string): KubeObject {
  return { metadata: { name, namespace: "climate", uid, resourceVersion, creationTimestamp: "2028-01-01T00:00:00Z" } };
}

function openStore(...objects: readonly KubeObject[]) {
  const told: string[] = [];
  const short = (one?: KubeObject) =>
    one === undefined ? "nothing" : `${one.metadata.uid}@${one.metadata.resourceVersion}`;
  const store = new ObjectStore<KubeObject>((object, old) => void told.push(`${short(old)} -> ${short(object)}`));
  for (const object of objects) store.put(object);
  told.length = 0;
  return { store, told };
}

test("the same state twice is told once", () => {
  const { store, told } = openStore();
  store.put(batch("spi", "a", "1"));
  store.put(batch("spi", "a", "1"));
  store.put(batch("spi", "a", "2"));
  expect(told).toEqual(["nothing -> a@1", "a@1 -> a@2"]);
});

test("another object of the same name means that the first has gone, even if nobody said so", () => {
  const { store, told } = openStore(batch("spi", "a", "1"));
  store.put(batch("spi", "b", "5"));
  expect(told).toEqual(["a@1 -> nothing", "nothing -> b@5"]);
  expect(store.get("spi")?.metadata.uid).toBe("b");
  expect(store.size).toBe(1);
});

test("a deletion that comes after the name was taken again leaves the new object alone", () => {
  const { store, told } = openStore(batch("spi", "a", "1"));
  store.put(batch("spi", "b", "5"));
  store.delete(batch("spi", "a", "4"));
  expect(store.get("spi")?.metadata.uid).toBe("b");
  expect(told).toHaveLength(2);
});

test("a deletion tells the last state, and of an object nobody knew nothing", () => {
  const { store, told } = openStore(batch("spi", "a", "1"));
  store.delete(batch("spi", "a", "3"));
  store.delete(batch("spei", "x", "3"));
  expect(told).toEqual(["a@3 -> nothing"]);
  expect([store.size, store.get("spi")]).toEqual([0, undefined]);
});

test("a list replaces everything: what is absent has gone, and a recreated object is told as gone and as new", () => {
  const { store, told } = openStore(batch("spi", "a", "1"), batch("spei", "b", "2"), batch("fwi", "c", "3"));
  store.replace([batch("spei", "b", "2"), batch("spi", "d", "9"), batch("fwi", "c", "8")]);
  expect(told).toEqual(["a@1 -> nothing", "nothing -> d@9", "c@3 -> c@8"]);
  expect([...store.values()].map(({ metadata }) => metadata.name).sort()).toEqual(["fwi", "spei", "spi"]);
});
