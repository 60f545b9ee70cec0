// Values as people get them wrong, made for every value of the chart from its schema: null, another type, a name that Kubernetes
// refuses, text that is YAML or a template. Each is the default, is refused with its path, or arrives as it was given.
import { loadYaml } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import {
  describeWithHelm,
  EVERYTHING,
  find,
  type Leaf,
  listLeaves,
  type Rendered,
  render,
  renderText,
  type SchemaType,
  VALUE_SETS,
  type Values,
  withValue,
} from "../support/chart.ts";

const QUICK = VALUE_SETS.quick!;
const LEAVES = listLeaves();
const typesOf = ({ schema }: Leaf): readonly SchemaType[] => [schema.type].flat();
const nameOf = ({ path }: Leaf) => path.join(".");

/** The values with each leaf set to what `make` gives for it. */
function spoil(values: Values, leaves: readonly Leaf[], make: (leaf: Leaf) => unknown): Values {
  return leaves.reduce((spoilt, leaf) => withValue(spoilt, leaf.path, make(leaf)) as Values, values);
}

/** Of every type, one value. */
const SPECIMENS: Readonly<Record<Exclude<SchemaType, "null">, unknown>> = {
  string: "word",
  integer: 7,
  boolean: true,
  array: [],
  object: {},
};
const WRONG_TYPES = Object.entries(SPECIMENS) as [SchemaType, unknown][];

/** Neither a name, a label, a number, a time nor an expression; whole in YAML only when quoted. */
const ODD_TEXTS = ['a: "b', "{{ .Values }}", "- #x", "a\nb: c", "'", "한글 é", " x ", "%d"];
/** Values that may be any text. */
const FREE_TEXTS = ["installation", "operator.notifyChannel"];
/** The schema of one list's items or one map's values says what they may be. */
const isChecked = ({ schema: { type, enum: allowed, pattern } }: Leaf) =>
  type === "string" && (allowed !== undefined || pattern !== undefined);

describeWithHelm("odd values", () => {
  const refusal = async (values: Values): Promise<string> => {
    const outcome = await renderText(values).then(
      () => "rendered",
      (error: Error) => error.message,
    );
    expect(outcome).not.toBe("rendered");
    return outcome;
  };
  /** Paths of values that the message does not name. */
  const unnamed = (message: string, leaves: readonly Leaf[]) =>
    leaves.filter(({ path }) => !message.includes(`at '/${path.join("/")}'`)).map(nameOf);

  test("null is the default, for every value by itself, for sections and for all at once", async () => {
    const expected = await renderText(QUICK);
    const optional = LEAVES.filter((leaf) => nameOf(leaf) !== "database.operator.existingSecret");
    const all = spoil({}, optional, () => null);
    expect(
      await renderText(withValue(all, ["database", "operator", "existingSecret"], "climate-database") as Values),
    ).toBe(expected);
    const sections = [...new Set(optional.map(({ path }) => path[0]!))].filter((one) => one !== "database");
    expect(await renderText({ ...QUICK, ...Object.fromEntries(sections.map((one) => [one, null])) })).toBe(expected);
    // As an upgrade with --reuse-values leaves it: values of the old chart, and no default of the new one.
    const database = {
      operator: { existingSecret: "climate-database", urlKey: null },
      job: null,
      migrations: null,
      tls: null,
    };
    expect(await renderText({ database })).toBe(expected);
  });

  test("null for the one value that has no default is refused with what is needed", async () => {
    for (const database of [null, { operator: null }, { operator: { existingSecret: null } }]) {
      expect(await refusal({ database })).toContain("database.operator.existingSecret is needed");
    }
  });

  test("null inside a value removes a field, and never reaches an object", async () => {
    const objects = await render({
      ...QUICK,
      operator: {
        resources: { limits: { cpu: null, "ephemeral-storage": null } },
        affinity: { nodeAffinity: null },
        extraEnv: [{ name: "NODE_OPTIONS", value: "--trace-warnings", valueFrom: null }],
      },
      job: { resources: { limits: null }, template: { nodeSelector: null, tolerations: [{ key: "a", value: null }] } },
      schedules: { hazard: { batch: { grid: null, parallelism: 3 } } },
    });
    const [container] = find(objects, "Deployment", "cb-climatebatch-operator").spec.template.spec.containers;
    expect(container.resources.limits).toEqual({ memory: "512Mi" });
    const variable = (name: string) => container.env.find((one: { name: string }) => one.name === name)?.value;
    expect(Object.keys(JSON.parse(variable("JOB_RESOURCES")))).toEqual(["requests"]);
    expect(JSON.parse(variable("JOB_TEMPLATE"))).toEqual({ tolerations: [{ key: "a" }] });
    const batch = loadYaml<Rendered>(find(objects, "ConfigMap", "cb-climatebatch-hazard").data["batch.yaml"]);
    expect(batch.spec).toMatchObject({ parallelism: 3 });
    expect(batch.spec).not.toHaveProperty("grid");
    expect(JSON.stringify(objects.filter(({ kind }) => kind !== "CustomResourceDefinition"))).not.toContain("null");
  });

  test.each(WRONG_TYPES)(
    "a value of type %s is refused, with its path, where another is expected",
    async (type, value) => {
      const others = LEAVES.filter((leaf) => !typesOf(leaf).includes(type));
      expect(others.length).toBeGreaterThan(30);
      expect(unnamed(await refusal(spoil(QUICK, others, () => value)), others)).toEqual([]);
    },
  );

  test.each(ODD_TEXTS)(
    "%j is refused where a name, a time or an expression is expected, and kept where any text may be",
    async (odd) => {
      const checked = LEAVES.filter(isChecked);
      expect(checked.length).toBeGreaterThan(20);
      expect(unnamed(await refusal(spoil(QUICK, checked, () => odd)), checked)).toEqual([]);

      const free = LEAVES.filter((leaf) => typesOf(leaf).includes("string") && !isChecked(leaf));
      expect(free.map(nameOf)).toEqual(FREE_TEXTS);
      const annotated = LEAVES.filter(({ path }) => /annotations$/i.test(path.at(-1)!));
      const given = spoil(EVERYTHING, free, () => odd);
      const objects = await render(spoil(given, annotated, () => ({ note: odd })));
      const noted = objects.filter(({ metadata }) => metadata.annotations?.note !== undefined);
      expect(noted.map(({ metadata }) => metadata.annotations!.note)).toEqual(objects.map(() => odd));
      const [{ env }] = find(objects, "Deployment", "cb-climatebatch-operator").spec.template.spec.containers;
      for (const name of ["CLIMATEBATCH_INSTALLATION", "NOTIFY_CHANNEL"])
        expect(env).toContainEqual({ name, value: odd });
    },
  );

  test.each([
    ["a label's key", { commonLabels: { "a b": "x" } }],
    ["a label's value", { operator: { podLabels: { a: "x y" } } }],
    ["a label's length", { schedules: { podLabels: { a: "x".repeat(64) } } }],
    ["a label that is a word of YAML for true", { tests: { podLabels: { a: true } } }],
    ["an annotation's key", { commonAnnotations: { "/a": "x" } }],
    ["the name of a Secret in a list", { image: { pullSecrets: ["A Secret"] } }],
    ["a Secret that is null in a list", { image: { pullSecrets: [null] } }],
    ["an allowed name", { job: { allow: { secrets: ["a*"] } } }],
    ["a quantity", { operator: { resources: { limits: { cpu: "two" } } } }],
    ["a section of resources", { job: { resources: { limit: { cpu: "2" } } } }],
    ["a port", { networkPolicy: { egress: { dnsPorts: [0] } } }],
    ["no ports", { networkPolicy: { egress: { apiServerPorts: [] } } }],
    ["a prefix in capitals", { fullnameOverride: "Risks" }],
    ["a prefix that ends with a hyphen", { nameOverride: "risks-" }],
    ["a user of root", { job: { runAsUser: 0 } }],
    ["an address with quotes", { monitoring: { rules: { runbookUrl: '"x' } } }],
  ])("refused is %s that Kubernetes would refuse", async (_, values) => {
    await expect(renderText({ ...QUICK, ...values })).rejects.toThrow(/at '\//);
  });

  test("every container states its limits of CPU and memory, so that a quota may demand them", async () => {
    const objects = await render(EVERYTHING);
    const pods = [
      find(objects, "Deployment", "cb-climatebatch-operator").spec.template.spec,
      find(objects, "CronJob", "cb-climatebatch-hazard").spec.jobTemplate.spec.template.spec,
      find(objects, "Pod", "cb-climatebatch-test").spec,
    ];
    const containers = pods.flatMap((pod) => [...pod.containers, ...(pod.initContainers ?? [])]);
    expect(containers).toHaveLength(5);
    for (const { resources } of containers) expect(Object.keys(resources.limits).sort()).toEqual(["cpu", "memory"]);
    const [{ env }] = pods[0].containers;
    const { value } = env.find(({ name }: { name: string }) => name === "JOB_RESOURCES");
    expect(Object.keys(JSON.parse(value).limits).sort()).toEqual(["cpu", "memory"]);
  });

  test("labels of others never replace those that selectors look for, and a large user stays a whole number", async () => {
    const objects = await render(VALUE_SETS["a user of OpenShift's range, labels of others"]!);
    const { selector, template } = find(objects, "Deployment", "cb-climatebatch-operator").spec;
    expect(template.metadata.labels).toMatchObject({ ...selector.matchLabels, "app.kubernetes.io/part-of": "risks" });
    expect(template.spec.securityContext).toMatchObject({ runAsUser: 1_000_650_000, fsGroup: 1_000_650_000 });
    const policy = find(objects, "NetworkPolicy", "cb-climatebatch-test").spec;
    expect(find(objects, "Pod", "cb-climatebatch-test").metadata.labels).toMatchObject(policy.podSelector.matchLabels);
    expect(policy.egress[0].ports).toEqual([
      { protocol: "UDP", port: 5353 },
      { protocol: "TCP", port: 5353 },
    ]);
  });
});
