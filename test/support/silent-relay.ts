import { type Socket, connect, createServer } from "node:net";

/** Hands bytes on to a port of this machine, until connections are silenced: they stay open, and nothing comes any more. */
export interface SilentRelay extends AsyncDisposable {
  readonly port: number;
  /** Silences the connections there are; later ones work. */
  silence(): void;
}

/** Starts one. */
export async function silentRelay(target: number): Promise<SilentRelay> {
  const pairs = new Set<readonly [client: Socket, server: Socket]>();
  const relay = createServer((client) => {
    const server = connect(target, "127.0.0.1");
    const pair = [client, server] as const;
    pairs.add(pair);
    client.pipe(server).pipe(client);
    for (const socket of pair) socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  return {
    port: (relay.address() as { port: number }).port,
    silence: () => {
      for (const [client, server] of pairs) {
        client.unpipe();
        server.unpipe();
        for (const socket of [client, server]) socket.on("data", () => undefined);
      }
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => relay.close(resolve));
      for (const socket of [...pairs].flat()) socket.destroy();
      await closed;
    },
  };
}
