import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Both ends of pipes that have no name any more, as file descriptors. */
export interface Pipe {
  readonly read: number;
  readonly write: number;
}

/**
 * Real pipes, as a shell makes them. What Node itself gives a child are sockets, and those cannot be opened again as
 * `/dev/stdout`, which is where nginx and many others in containers write. Undefined where no pipe can be made: there is
 * no `mkfifo`, or no directory that can be written to.
 */
export function makePipes(count: number): readonly Pipe[] | undefined {
  let directory: string | undefined;
  const open: number[] = [];
  try {
    directory = mkdtempSync(join(tmpdir(), "crumbtrail-"));
    const paths = Array.from({ length: count }, (_, i) => join(directory as string, String(i)));
    execFileSync("mkfifo", ["-m", "600", ...paths], { stdio: "ignore", timeout: 2_000 });
    return paths.map((path) => {
      // In this order, since a pipe without a reader cannot be opened for writing without waiting.
      const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      open.push(read);
      const write = openSync(path, constants.O_WRONLY);
      open.push(write);
      return { read, write };
    });
  } catch {
    for (const fd of open) closeSync(fd);
    return undefined;
  } finally {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  }
}
