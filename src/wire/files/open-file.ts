import { close, constants, fstat, open, read, type BigIntStats } from "node:fs";
import { promisify } from "node:util";

const [openFile, readFrom, closeFile] = [promisify(open), promisify(read), promisify(close)];

/** What names a file whatever its path: device and inode. */
export function idOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/** When a file came into being, Unix milliseconds; 0 where its file system does not say. */
export function bornMs({ birthtimeMs }: BigIntStats): number {
  return Math.max(0, Number(birthtimeMs));
}

/** A file that is open for reading. Nothing here blocks, not even for a pipe that somebody put in a file's place. */
export class OpenFile {
  readonly #fd: number;
  #isClosed = false;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  static async open(path: string): Promise<OpenFile> {
    return new OpenFile(await openFile(path, constants.O_RDONLY | constants.O_NONBLOCK));
  }

  stat(): Promise<BigIntStats> {
    return new Promise((resolve, reject) => {
      fstat(this.#fd, { bigint: true }, (error, stats) => (error === null ? resolve(stats) : reject(error)));
    });
  }

  /**
   * Reads into a buffer's beginning, at least `enough` bytes and at most as many as there is room for; the number of bytes,
   * fewer only at the end of the file.
   */
  async read(buffer: Buffer, offset: number, enough = buffer.length): Promise<number> {
    let done = 0;
    do {
      const { bytesRead } = await readFrom(this.#fd, buffer, done, buffer.length - done, offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    } while (done < enough);
    return done;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await closeFile(this.#fd);
  }
}
