import { createServer } from "node:net";
import { StartError } from "./errors.js";

/** The port to hand to a process: the one asked for, if nobody has it, or a free one for 0. */
export async function claimPort(wanted: number): Promise<number> {
  return await new Promise((done, fail) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      const [reason, problem] =
        error.code === "EADDRINUSE"
          ? (["PortInUse", "is in use"] as const)
          : (["StartFailed", `cannot be had: ${error.message}`] as const);
      fail(new StartError(reason, `spec.port: ${String(wanted)} ${problem}`, { cause: error }));
    });
    server.listen({ port: wanted, exclusive: true }, () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : wanted;
      server.close(() => {
        done(port);
      });
    });
  });
}
