import { createSocket } from "node:dgram";
import { createServer } from "node:net";

/** Below those that systems give to connections: a client that connects anywhere might be given one of those meanwhile. */
const [lowest, highest] = [10_000, 32_000];

/** Ports of 127.0.0.1 that nobody listens on, all different, which no other process is given while this one lives. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if ((await isReserved(port)) && (await isFree(port))) ports.push(port);
  }
  return ports;
}

/** Whether the port is this process's from now on: it holds the port of the same number that nobody uses, UDP's. */
function isReserved(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, address: "127.0.0.1", exclusive: true }, () => {
      socket.unref();
      resolve(true);
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => {
      resolve(false);
    });
    server.listen(port, "127.0.0.1", () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
