import { type IncomingMessage, type ServerResponse, Agent, createServer, request as httpRequest } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/**
 * A load balancer as plain as they get: in turn to those that are ready, over kept connections, never a second time.
 * A request that a backend drops is a request lost.
 */
export class RoundRobin {
  /** Of those that are ready. */
  #ports: number[] = [];
  /** Requests without an answer, by port. */
  readonly #pending = new Map<number, number>();
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    setTimeout(() => {
      this.#forward(request.url ?? "/", response);
    }, this.#distanceMs);
  });
  readonly lost: string[] = [];
  readonly #distanceMs: number;
  #turn = 0;
  #closed = false;

  /** `distanceMs` is how long a request is on its way to it: so many clients ask so often, and evenly. */
  constructor(distanceMs: number) {
    this.#distanceMs = distanceMs;
  }

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /**
   * Sends to it once it is ready, and until it says that it no longer is; `retired` is called when nothing is sent any
   * more and all that was has been answered.
   */
  async add(port: number, retired: () => void): Promise<void> {
    while (!(await this.#probe(port))) await pause(5);
    this.#ports.push(port);
    void this.#watch(port).then(() => {
      if (!this.#closed) retired();
    });
  }

  close(): void {
    this.#closed = true;
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
  }

  async #watch(port: number): Promise<void> {
    while (!this.#closed && (await this.#probe(port))) await pause(10);
    this.#ports = this.#ports.filter((other) => other !== port);
    while ((this.#pending.get(port) ?? 0) > 0 && !this.#closed) await pause(5);
  }

  #forward(path: string, response: ServerResponse): void {
    const port = this.#next();
    if (port === undefined) {
      response.writeHead(502).end("nobody is ready");
      return;
    }
    const forward = this.#request(port, path);
    forward.on("close", this.#underWay(port));
    forward.on("response", (answer: IncomingMessage) => {
      response.writeHead(answer.statusCode ?? 502);
      answer.pipe(response);
    });
    forward.on("error", (error) => {
      this.lost.push(error.message);
      response.writeHead(502).end(error.message);
    });
    forward.end();
  }

  #underWay(port: number): () => void {
    const add = (count: number): void => void this.#pending.set(port, (this.#pending.get(port) ?? 0) + count);
    add(1);
    return () => {
      add(-1);
    };
  }

  #next(): number | undefined {
    this.#turn += 1;
    return this.#ports[this.#turn % Math.max(1, this.#ports.length)];
  }

  #probe(port: number): Promise<boolean> {
    return new Promise((resolve) => {
      const probe = this.#request(port, "/readyz");
      probe.on("response", (answer: IncomingMessage) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      });
      probe.on("error", () => {
        resolve(false);
      });
      probe.end();
    });
  }

  #request(port: number, path: string) {
    return httpRequest({ host: "127.0.0.1", port, path, agent: this.#agent });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
