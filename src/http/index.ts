/**
 * Web-standard handlers over `node:http`: the one adapter that health, metrics and consoles are served by.
 *
 * @module http
 */
export type { HttpResponseLike, HttpServerLike } from "./http-drain.js";
export { HttpDrain } from "./http-drain.js";
export { type HttpListener, type ListenOptions, listen } from "./listen.js";
export { type FetchHandler, type NodeListenerOptions, nodeListener } from "./node-listener.js";
export type { NodeRequest } from "./node-request.js";
export type { NodeResponse } from "./node-response.js";
