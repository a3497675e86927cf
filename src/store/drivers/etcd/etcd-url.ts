import { readFile } from "node:fs/promises";
import { StoreUnavailableError } from "../../errors.js";
import type { TlsOptions } from "./grpc-session.js";

/** What an etcd URL says. */
export interface EtcdUrl {
  readonly endpoints: readonly string[];
  readonly isSecure: boolean;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly prefix: string;
  /** Files with PEM. */
  readonly files: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

const form = "etcd[s]://[user:password@]host[:port],…[/?prefix=&ca=&cert=&key=]";
/** Not the platform's parser: that takes one host. */
const pattern = /^(etcds?):\/\/(?:([^:@/?]*)(?::([^@/?]*))?@)?([^@/?#]+)\/?(?:\?([^#]*))?$/;
const known = new Set(["prefix", "ca", "cert", "key"]);

/** @throws TypeError where it is no etcd URL. */
export function parseEtcdUrl(url: string): EtcdUrl {
  const [, scheme, user, password, hosts, query] = pattern.exec(url) ?? [];
  const endpoints = hosts?.split(",").map(withPort) ?? [];
  if (endpoints.length === 0 || endpoints.includes(undefined)) throw wrong();
  const params = new URLSearchParams(query);
  const unknown = [...params.keys()].find((name) => !known.has(name));
  if (unknown !== undefined) {
    // Behind a question mark that a password holds unencoded, what looks like a parameter is the rest of it.
    if (query?.includes("@") === true) throw wrong();
    throw new TypeError(`Expected \`url\` to be ${form}, got the parameter ${JSON.stringify(unknown)}`);
  }
  const { prefix = "", ...files } = Object.fromEntries(params) as { prefix?: string; ca?: string };
  return {
    endpoints: endpoints as readonly string[],
    isSecure: scheme === "etcds",
    user: user === undefined || user === "" ? undefined : decode(user),
    password: password === undefined ? undefined : decode(password),
    prefix,
    files,
  };
}

/** Reads the files that a URL names. */
export async function readTls({ ca, cert, key }: EtcdUrl["files"]): Promise<TlsOptions> {
  const read = async (file: string | undefined): Promise<Uint8Array | undefined> => {
    if (file === undefined) return undefined;
    return readFile(file).catch((cause: unknown) => {
      throw new StoreUnavailableError(`${file} can't be read`, { cause });
    });
  };
  return { ca: await read(ca), cert: await read(cert), key: await read(key) };
}

function withPort(host: string): string | undefined {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/.exec(host);
  const [, name = "", port = "2379"] = match ?? [];
  return match === null || Number(port) < 1 || Number(port) > 65_535 ? undefined : `${name}:${port}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong();
  }
}

/** Without what came: it may hold a password. */
function wrong(): TypeError {
  return new TypeError(`Expected \`url\` to be ${form}, got something else`);
}
