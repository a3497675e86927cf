import { checkObject } from "../../../core/check.js";
import { type Duration, type Runtime, currentRuntime, toMs } from "../../../core/index.js";
import { NotAppliedError } from "../../errors.js";
import { checkRange } from "../../key-check.js";
import type { StateStore } from "../../state-store.js";
import { BackedStore } from "../shared/backed-store.js";
import type { RetentionOptions } from "../shared/retention.js";
import { EtcdBackend, type EtcdParts, notEtcd } from "./etcd-backend.js";
import { EtcdClient } from "./etcd-client.js";
import { EtcdConnection } from "./etcd-connection.js";
import { methods } from "./etcd-methods.js";
import { EtcdWatches } from "./etcd-watches.js";
import { parseEtcdUrl, readTls } from "./etcd-url.js";
import type { TlsOptions } from "./grpc-session.js";
import { KeyMapping } from "./key-mapping.js";
import { TokenKeeper } from "./token-keeper.js";

/** How {@link etcdStore} is opened. */
export interface EtcdStoreOptions {
  /**
   * `etcd://host:2379`, or `etcds://user:password@host1,host2?ca=&cert=&key=&prefix=`.
   *
   * @remarks
   * `etcds` is TLS; `ca`, `cert` and `key` name PEM files. Of several hosts, all members of one cluster, one is used at
   * a time. `prefix` is put before every key.
   */
  readonly url: string;
  /** In place of the URL's. */
  readonly user?: string;
  /** In place of the URL's. */
  readonly password?: string;
  /** PEM in place of the files that the URL names. */
  readonly tls?: TlsOptions;
  /** How long a call may take, that which opens the store as well. @defaultValue `"5s"` */
  readonly timeout?: Duration;
  /** Whether this store may discard history, which is the whole cluster's. @defaultValue `false` */
  readonly compactEtcd?: boolean;
  /** With `compactEtcd`, how much history is kept. */
  readonly retention?: RetentionOptions;
  /** Whose clock deadlines and pauses follow. @defaultValue `currentRuntime()` */
  readonly runtime?: Runtime;
}

/**
 * Opens a store on an etcd 3 cluster: every guarantee of {@link StateStore} that its version keeps.
 *
 * @remarks
 * It needs no package: it speaks gRPC over Node's own HTTP/2. Written for etcd 3.5.28, 3.6.9 and later; older
 * ones have errors of their own, which `capabilities` shows (`progress`, `safeLeaseRevoke`, `pauseSafe`), and
 * `health()` is `warn`. Servers that only imitate etcd, such as kine, are refused, because they keep no leases.
 *
 * A mutation is sent once: cut off after that, it fails with `AmbiguousResultError`; one that the server surely did not
 * look at is sent again. Reads are repeated until `timeout`, on another member where one does not answer. Watches
 * reconnect for ever and resume after the last revision that was delivered completely. A cluster whose identity or
 * revision shows that it was restored ends watches and leases with `CompactedError`.
 *
 * etcd grants leases of whole seconds, and 2 s at least: see `ttlMs` of the lease.
 * @throws TypeError for a malformed `url` or option.
 * @throws StoreUnavailableError when no member answers in time, or a file of the URL can't be read.
 * @throws StoreAuthError when user or password are wrong; UnsupportedError when it is no etcd.
 *
 * @example
 * ```ts no-run
 * import { put } from "keelson/store";
 * import { etcdStore } from "keelson/store/etcd";
 *
 * const store = await etcdStore({ url: "etcd://10.0.0.1,10.0.0.2,10.0.0.3/?prefix=/my-app" });
 * await put(store, "/plan", "v1"); // stored as /my-app/plan
 * await store.close();
 * ```
 */
export async function etcdStore(options: EtcdStoreOptions): Promise<StateStore> {
  checkObject("options", options);
  const { timeout = "5s", compactEtcd = false, retention = {}, runtime = currentRuntime() } = options;
  const url = parseEtcdUrl(options.url);
  checkRange({ prefix: url.prefix }, "url");
  const { user = url.user, password = url.password ?? "" } = options;
  const tls = url.isSecure ? { ...(await readTls(url.files)), ...options.tls } : undefined;
  const connection = new EtcdConnection(runtime, { endpoints: url.endpoints, tls });
  const timeoutMs = toMs(timeout, "timeout");
  const authenticate = async (): Promise<string | undefined> => {
    try {
      const credentials = { name: user, password };
      return (await client.repeat(methods.authenticate, credentials, { isAnonymous: true })).token;
    } catch (error) {
      if (isAuthOff(error)) return undefined;
      throw error;
    }
  };
  const tokens = new TokenKeeper(user === undefined ? undefined : authenticate);
  const client = new EtcdClient(runtime, connection, tokens, timeoutMs);
  const keys = new KeyMapping(url.prefix);
  const kept = compactEtcd ? retention : undefined;
  const parts: EtcdParts = { runtime, connection, tokens, client, keys, timeoutMs, retention: kept };
  try {
    const backend = await runtime.real(() => greet(parts));
    return new BackedStore(backend, runtime, (lagged) => new EtcdWatches(backend, lagged));
  } catch (error) {
    client.close();
    connection.close();
    throw error;
  }
}

/** Learns who is there, and whether this user may read. */
async function greet(parts: EtcdParts): Promise<EtcdBackend> {
  const { client, tokens, keys } = parts;
  if (tokens.canRenew) await tokens.renew();
  const status = await client.repeat(methods.status, {});
  const { header } = await client.repeat(methods.range, { key: keys.unused });
  if (header === undefined || header.clusterId === "") throw notEtcd();
  return new EtcdBackend(parts, { version: status.version, header });
}

function isAuthOff(error: unknown): boolean {
  return error instanceof NotAppliedError && error.message.includes("authentication is not enabled");
}
