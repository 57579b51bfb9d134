import { once } from "node:events";
import { createServer } from "node:net";

/** Below what the kernel gives to connections, so that nothing takes a port while its server is down. */
const FIRST = 20_000;
const LAST = 32_000;

/** A TCP port that nobody listens on, and that will be there for another start. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    const server = createServer();
    try {
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
      return port;
    } catch {
      // Somebody has it.
    } finally {
      server.close();
    }
  }
  throw new Error(`no free port between ${FIRST} and ${LAST}`);
}
