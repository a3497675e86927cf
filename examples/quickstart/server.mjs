// A small HTTP server, as the quickstart runs it: ready after a moment, and gone in good order on SIGTERM.
import { createServer } from "node:http";

const { PORT, VERSION = "1", KEELSON_INSTANCE, KEELSON_NODE } = process.env;
const server = createServer((request, response) => {
  response.setHeader("connection", "close");
  response.end(request.url === "/ready" ? "ok\n" : `version ${VERSION} from ${KEELSON_INSTANCE} on ${KEELSON_NODE}\n`);
});
server.listen(Number(PORT), "127.0.0.1", () => console.log(`listening on ${PORT}`));
process.on("SIGTERM", () => {
  console.log("draining");
  server.close(() => process.exit(0));
});
