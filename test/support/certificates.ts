import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Why there are no certificates to test with, if there are none. */
export const opensslMissing: string | undefined =
  spawnSync("openssl", ["version"]).status === 0 ? undefined : "openssl is not installed";

/** Files with PEM, in one folder. */
export interface Certificates {
  readonly ca: string;
  /** Of a server on 127.0.0.1. */
  readonly cert: string;
  readonly key: string;
  /** Of a client. */
  readonly clientCert: string;
  readonly clientKey: string;
  /** Of an authority that signed none of them. */
  readonly otherCa: string;
}

/** Makes an authority, and what it signs. */
export function makeCertificates(folder: string): Certificates {
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  for (const name of ["ca", "other"]) {
    openssl(
      "req",
      "-x509",
      ...newKey,
      "-days",
      "2",
      "-subj",
      `/CN=${name}`,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.pem`,
    );
  }
  for (const [name, usage] of [
    ["server", "serverAuth,clientAuth"],
    ["client", "clientAuth"],
  ] as const) {
    writeFileSync(file(`${name}.ext`), `subjectAltName=IP:127.0.0.1\nextendedKeyUsage=${usage}\n`);
    openssl("req", ...newKey, "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.csr`);
    const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", `${name}.ext`];
    openssl("x509", "-req", "-in", `${name}.csr`, "-out", `${name}.pem`, ...signed);
  }
  return {
    ca: file("ca.pem"),
    cert: file("server.pem"),
    key: file("server.key"),
    clientCert: file("client.pem"),
    clientKey: file("client.key"),
    otherCa: file("other.pem"),
  };
}
