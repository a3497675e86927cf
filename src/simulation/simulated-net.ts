import type { mpsc } from "../channels/index.js";
import type { WaitOptions } from "../core/wait.js";
import type { Endpoint, Port } from "./endpoint.js";

/** What a request's handler is told about it. */
export interface RequestContext {
  /** The host that asks. */
  readonly from: string;
  /** Aborts when the asker gives up or crashes; made when first read. */
  readonly signal: AbortSignal;
}

/** A datagram that arrived. */
export interface Datagram<M> {
  /** The host that sent it. */
  readonly from: string;
  /** A copy of what was sent. */
  readonly message: M;
}

/** A datagram socket: as UDP, it promises neither arrival, nor order, nor that a message comes once. */
export interface DatagramSocket<M> extends Disposable {
  /** Sends a copy of `message` to the same port of another host, or of this one; never waits, never fails. */
  send(to: string, message: M): void;
  /** What arrives, to be received or selected on; beyond 1,024 waiting, more are lost. */
  readonly messages: mpsc.Receiver<Datagram<M>>;
}

/** A host's side of the simulated network. Messages are copied: functions can not be sent, and changes not seen. */
export interface SimulatedNet {
  /**
   * Answers the requests to an endpoint until disposed.
   *
   * @remarks What the handler throws reaches the asker as a `NetworkError` with the failure `"remote"`.
   * @throws TypeError when the endpoint is served here already.
   */
  serve<Q, A>(endpoint: Endpoint<Q, A>, handler: (request: Q, context: RequestContext) => A | Promise<A>): Disposable;
  /**
   * Sends a request over a connection of its own and waits for the answer.
   *
   * @remarks
   * Silence is what a lost message and a cut network sound like: give a `timeout`. **Cancel safety.** After an abort or
   * timeout the request may have been served or not.
   * @throws NetworkError when nobody serves there, the other host crashed, or its handler threw.
   */
  request<Q, A>(to: string, endpoint: Endpoint<Q, A>, request: Q, options?: WaitOptions): Promise<A>;
  /**
   * Opens a datagram socket.
   *
   * @throws TypeError when the port is open here already.
   */
  socket<M>(port: Port<M>): DatagramSocket<M>;
}
