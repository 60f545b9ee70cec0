// moto's server of S3 on loopback, where `npm run python` has installed it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { PYTHON } from "../report/pythonPackages.ts";
import { eventually } from "./cli.ts";

export async function startMoto() {
  const moto = spawn(PYTHON!, ["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let written = "";
  moto.stderr!.on("data", (text) => {
    written += text;
  });
  const endpoint = await eventually("moto listens", () => /http:\/\/127\.0\.0\.1:\d+/.exec(written)?.[0]);
  const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
  return {
    environment: {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_REGION: "us-east-1",
    },
    /** Of a client in this process. */
    client: { endpoint, forcePathStyle: true, region: "us-east-1", credentials },
    async [Symbol.asyncDispose]() {
      moto.kill();
      await once(moto, "exit");
    },
  };
}
