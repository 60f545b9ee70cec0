// The OpenAPI document of the read API, made of its operations.
import { z } from "zod";
import { OPERATIONS } from "./operations.ts";

export function openApi(version: string): object {
  const paths = Object.entries(OPERATIONS).map(([path, operation]) => [path, { get: describeOperation(operation) }]);
  return {
    openapi: "3.1.0",
    info: {
      title: "climatebatch",
      version,
      description: "Published climate risks, and the batches that compute them. Read-only.",
    },
    paths: Object.fromEntries(paths),
    components: {
      schemas: {
        Problem: {
          type: "object",
          required: ["reason", "message"],
          properties: { reason: { type: "string" }, message: { type: "string" } },
        },
      },
    },
  };
}

function describeOperation({ answer, isOfPublication, next, parameters, summary }: (typeof OPERATIONS)[string]) {
  const { properties = {}, required = [] } = z.toJSONSchema(parameters, { io: "input", unrepresentable: "any" });
  const problem = (description: string) => ({
    description,
    content: { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } },
  });
  const text = { schema: { type: "string" } };
  return {
    summary,
    parameters: Object.entries(properties).map(([name, schema]) => ({
      ...{ name, in: "query", required: required.includes(name) },
      schema: queryType(parameters, name, schema),
    })),
    responses: {
      200: {
        description: summary,
        headers: {
          ...(isOfPublication && { ETag: { ...text, description: "the batches that are published" } }),
          ...(next !== undefined && { Link: { ...text, description: 'the next page, as rel="next"' } }),
        },
        content: {
          "application/json": { schema: z.toJSONSchema(answer, { io: "input", unrepresentable: "any" }) },
          "text/csv": { schema: { type: "string" } },
        },
      },
      ...(isOfPublication && { 304: { description: "Unchanged since the ETag of If-None-Match" } }),
      400: problem("A parameter is wrong"),
      404: problem("Nothing is published, or the results have no such risk, scenario, period or batch"),
      503: problem("The database does not answer, or there are too many requests: try again"),
    },
  };
}

/** Numbers arrive as text; the document says what the text is read as. */
function queryType(parameters: z.ZodObject, name: string, input: unknown): unknown {
  const { properties = {} } = z.toJSONSchema(parameters, { io: "output", unrepresentable: "any" });
  const output = properties[name] as { type?: string } | undefined;
  return output?.type === "number" || output?.type === "integer" ? output : input;
}
