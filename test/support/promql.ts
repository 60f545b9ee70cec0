// Metrics that a PromQL expression names, by Prometheus's own grammar; throws where that cannot read it.
import { parser } from "@prometheus-io/lezer-promql";

export function metricsIn(expression: string): string[] {
  const names: string[] = [];
  parser.parse(expression).iterate({
    enter({ type, from, to, node }) {
      const text = expression.slice(from, to);
      if (type.isError) throw new Error(`no PromQL at ${from} ("${text}") in: ${expression}`);
      if (type.name === "Identifier" && node.parent?.name === "VectorSelector") names.push(text);
    },
  });
  return names;
}
