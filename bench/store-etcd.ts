import { type StateStore, op } from "keelson/store";
import { etcdStore } from "keelson/store/etcd";
import { type EtcdCluster, etcdVersion, startEtcd } from "../test/support/servers.js";
import type { Row } from "./harness.js";
import { type Put, latencyRows, putsPerSecond } from "./store-measures.js";

const value = new Uint8Array(100).fill(7);
const keys = 100;

/** The rows of the etcd store, on a server of its own, which ends with this process. */
export function etcdRows(): readonly Row[] {
  if (etcdVersion() === undefined) {
    console.log("etcd is not installed, nor named by ETCD_BIN: its rows are left out");
    return [];
  }
  let started: Promise<EtcdCluster> | undefined;
  const etcd = (): Promise<EtcdCluster> => (started ??= startEtcd());
  const open = async (): Promise<StateStore> => etcdStore({ url: (await etcd()).url });
  const endpoint = async (): Promise<string> => (await etcd()).endpoints[0] ?? "";
  const ours = async (): Promise<Put> => {
    const store = await open();
    return (index) => store.txn({ then: [op.put(`/bench/${index % keys}`, value)] });
  };
  const grpc = async (): Promise<Put> => rawGrpc(await endpoint());
  const etcd3 = async (): Promise<Put> => npmEtcd3(await endpoint());
  const row = (id: string, inFlight: number, against: string, theirs: () => Promise<Put>): Row => {
    const count = inFlight === 1 ? 400 : 4_000;
    const measure = putsPerSecond(ours, inFlight, count);
    return { id, unit: "txn/s", measure, against: { id: against, measure: putsPerSecond(theirs, inFlight, count) } };
  };
  return [
    row("etcd-txn/raw-grpc", 1, "grpc-js, unary", grpc),
    row("etcd-txn-64/raw-grpc", 64, "grpc-js, unary", grpc),
    row("etcd-txn-64/etcd3-npm", 64, "etcd3", etcd3),
    ...latencyRows("etcd", open, value),
  ];
}

/** The least that grpc-js takes: the same calls, encoded once, answers not looked at. */
async function rawGrpc(endpoint: string): Promise<Put> {
  const { Client, Metadata, credentials } = await import("@grpc/grpc-js");
  const client = new Client(endpoint, credentials.createInsecure(), { "grpc.enable_retries": 0 });
  const metadata = new Metadata();
  const requests = Array.from({ length: keys }, (_, index) => putRequest(`/bench/${index}`));
  return (index) =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        "/etcdserverpb.KV/Put",
        (request: Buffer) => request,
        (answer) => answer,
        requests[index % keys] ?? Buffer.alloc(0),
        metadata,
        {},
        (error, answer) => {
          if (error === null) resolve(answer);
          else reject(error);
        },
      );
    });
}

/** What a transaction of one put is sent as, written by hand: all lengths are below 128. */
function putRequest(key: string): Buffer {
  const field = (tag: number, content: Uint8Array): Buffer =>
    Buffer.concat([Buffer.of(tag), Buffer.of(content.length), content]);
  return Buffer.concat([field(0x0a, Buffer.from(key)), field(0x12, value)]);
}

async function npmEtcd3(endpoint: string): Promise<Put> {
  const { Etcd3 } = await import("etcd3");
  const client = new Etcd3({ hosts: [`http://${endpoint}`] });
  const bytes = Buffer.from(value);
  return (index) =>
    client
      .put(`/bench/${index % keys}`)
      .value(bytes)
      .exec();
}
