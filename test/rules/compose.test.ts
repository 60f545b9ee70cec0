// compose.yaml says what the programs say: their commands, their settings, their port, their image.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadYaml } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { COMMANDS } from "../../cli/commands.ts";
import { ADDRESS_VARIABLES } from "../../database/address.ts";
import { readServeConfig, SERVE_VARIABLES } from "../../serve/config.ts";

interface Service {
  readonly command?: readonly string[];
  readonly build?: { readonly dockerfile: string };
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
}

const text = readFileSync(join(import.meta.dirname, "../../compose.yaml"), "utf8");
const { services } = loadYaml<{ services: Record<string, Service> }>(text);
const ours = Object.entries(services).filter(([name]) => name !== "database");

test.each(ours)("%s runs a command that there is, of the job's image, with settings that are read", (_, service) => {
  expect(Object.keys(COMMANDS)).toContain(service.command![0]);
  expect(service.build!.dockerfile).toBe("Dockerfile.job");
  const known: readonly string[] = [...ADDRESS_VARIABLES, ...SERVE_VARIABLES];
  expect(Object.keys(service.environment).filter((name) => !known.includes(name))).toEqual([]);
});

test("every setting that it takes from .env is one of ours, and the ports are the default ones", () => {
  const taken = [...text.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name!);
  const known: readonly string[] = [...ADDRESS_VARIABLES, ...SERVE_VARIABLES];
  expect(taken.length).toBeGreaterThan(3);
  expect(taken.filter((name) => !known.includes(name))).toEqual([]);
  const { probePort, explorePort } = readServeConfig({}, {}).config;
  expect(services.climatebatch!.ports).toEqual([
    `127.0.0.1:8080:\${PROBE_PORT:-${probePort}}`,
    `127.0.0.1:8090:\${EXPLORE_PORT:-${explorePort}}`,
  ]);
});
