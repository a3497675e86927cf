import { mpsc } from "../channels/index.js";
import { checkFunction } from "../core/check.js";
import { LinkedSignal } from "../core/linked-signal.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { copyMessage } from "./copy-message.js";
import type { Endpoint, Port } from "./endpoint.js";
import { NetworkError } from "./errors.js";
import type { HostRuntime } from "./host-runtime.js";
import type { Network } from "./network.js";
import { type Answer, PendingRequest } from "./pending-request.js";
import type { Datagram, DatagramSocket, RequestContext, SimulatedNet } from "./simulated-net.js";

/** Datagrams that may wait in a socket. */
const socketBuffer = 1_024;

type Handler = (request: unknown, context: RequestContext) => unknown;

/** A request on its way to be answered. */
export interface Question {
  readonly from: HostNet;
  readonly id: number;
  readonly name: string;
  readonly request: unknown;
}

interface Pending {
  readonly to: string;
  readonly question: Question;
  readonly request: PendingRequest<unknown>;
}

/** The network of one run of one host. */
export class HostNet implements SimulatedNet {
  readonly host: string;
  readonly #network: Network;
  readonly #runtime: HostRuntime;
  readonly #handlers = new Map<string, Handler>();
  readonly #sockets = new Map<string, mpsc.Sender<Datagram<unknown>>>();
  readonly #pending = new Map<number, Pending>();
  readonly #serving = new Map<Question, LinkedSignal>();
  #requests = 0;

  constructor(network: Network, runtime: HostRuntime) {
    this.host = runtime.host;
    this.#network = network;
    this.#runtime = runtime;
  }

  /** Whether something may come in. */
  get isOpen(): boolean {
    return this.#handlers.size + this.#sockets.size + this.#pending.size > 0;
  }

  serve<Q, A>({ name }: Endpoint<Q, A>, handler: (request: Q, context: RequestContext) => A | Promise<A>): Disposable {
    checkFunction("handler", handler);
    if (this.#handlers.has(name)) throw new TypeError(`Expected "${name}" not to be served on ${this.host} already`);
    const own = handler as Handler;
    this.#handlers.set(name, own);
    return {
      [Symbol.dispose]: () => {
        if (this.#handlers.get(name) === own) this.#handlers.delete(name);
      },
    };
  }

  request<Q, A>(to: string, { name }: Endpoint<Q, A>, request: Q, options?: WaitOptions): Promise<A> {
    this.#requests += 1;
    const question: Question = { from: this, id: this.#requests, name, request: copyMessage(request) };
    const send = (): void => {
      this.#pending.set(question.id, { to, question, request: pending });
      this.#network.ask(to, question);
    };
    const cancel = (): void => {
      this.#pending.delete(question.id);
      this.#cancel(to, question);
    };
    const pending = new PendingRequest<A>(send, cancel);
    return wait(this.#runtime, `request ${name} to ${to}`, pending, options);
  }

  socket<M>({ name }: Port<M>): DatagramSocket<M> {
    if (this.#sockets.has(name)) throw new TypeError(`Expected port "${name}" not to be open on ${this.host} already`);
    const [tx, messages] = mpsc.channel<Datagram<M>>(socketBuffer, { runtime: this.#runtime });
    this.#sockets.set(name, tx);
    return {
      messages,
      send: (to, message) => {
        const datagram: Datagram<unknown> = { from: this.host, message: copyMessage(message) };
        if (!this.#runtime.isAlive) return;
        const arrive = (): void => {
          this.#network.netOf(to)?.arrived(name, datagram);
        };
        this.#network.send({ from: this.host, to, label: `datagram ${name}`, isDatagram: true, arrive });
      },
      [Symbol.dispose]: () => {
        this.#sockets.delete(name);
        tx.close();
      },
    };
  }

  /** A request has arrived. */
  asked(question: Question): void {
    const { name, from } = question;
    const link = new LinkedSignal();
    this.#serving.set(question, link);
    this.#runtime.enqueue(`serve ${name} to ${from.host}`, () => {
      void this.#handle(question, link);
    });
  }

  /** Its asker has given a request up. */
  cancelled(question: Question): void {
    const link = this.#serving.get(question);
    if (link === undefined) return;
    this.#runtime.enqueue(`cancelled ${question.name} by ${question.from.host}`, () => {
      link.abort(new NetworkError("reset", `${question.from.host} has given up on "${question.name}"`));
    });
  }

  /** An answer has arrived. */
  answered(question: Question, answer: Answer<unknown>): void {
    const pending = this.#pending.get(question.id);
    this.#pending.delete(question.id);
    if (pending === undefined) return;
    this.#runtime.enqueue(`answer ${question.name} from ${pending.to}`, () => {
      pending.request.answered(answer);
    });
  }

  /** A datagram has arrived. */
  arrived(portName: string, { from, message }: Datagram<unknown>): void {
    this.#runtime.enqueue(`datagram ${portName} from ${from}`, () => {
      this.#sockets.get(portName)?.trySend({ from, message: copyMessage(message) });
    });
  }

  /** The host is gone: its kernel resets the connections. */
  crash(): void {
    for (const question of this.#serving.keys()) this.#reset(question);
    for (const { to, question } of this.#pending.values()) this.#cancel(to, question);
  }

  async #handle(question: Question, link: LinkedSignal): Promise<void> {
    const { name, request, from } = question;
    const handler = this.#handlers.get(name);
    if (handler === undefined) {
      this.#serving.delete(question);
      this.#network.refuse(this.host, question);
      return;
    }
    const context: RequestContext = {
      from: from.host,
      get signal() {
        return link.signal;
      },
    };
    let answer: Answer<unknown>;
    try {
      answer = { kind: "answer", value: copyMessage(await handler(request, context)) };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const message = `"${name}" on ${this.host} failed: ${why}`;
      answer = { kind: "failure", error: new NetworkError("remote", message, { cause: error }) };
    }
    // A crash has answered for us, and a run that is over says nothing any more.
    if (!this.#runtime.isAlive || !this.#serving.delete(question)) return;
    this.#network.answer(this.host, question, answer);
  }

  #reset(question: Question): void {
    const error = new NetworkError("reset", `${this.host} crashed while "${question.name}" was under way`);
    this.#network.answer(this.host, question, { kind: "failure", error });
  }

  #cancel(to: string, question: Question): void {
    const arrive = (): void => {
      this.#network.netOf(to)?.cancelled(question);
    };
    this.#network.send({ from: this.host, to, label: `cancel ${question.name}`, isDatagram: false, arrive });
  }
}
