import * as z from "zod";
import { formatAddress, formatBytes, formatDuration } from "../base/units.ts";
import type { Component } from "../base/lifecycle.ts";
import { datagramAccess } from "../component/access.ts";
import { byteSize, duration, listen } from "../component/fields.ts";
import type { InputHost } from "../component/host.ts";
import type { Listening } from "../component/listening.ts";
import type { Lossy } from "../component/lossy.ts";
import { defineInput } from "../component/spec.ts";
import { Access } from "../wire/access/access.ts";
import { DatagramServer } from "../wire/datagram-server.ts";
import { CHUNK_RESULTS, GelfChunks, isChunk, type ChunkReport } from "../wire/gelf-chunks.ts";
import { inflate } from "../wire/inflate.ts";

const fields = z.object({
  listen: listen("127.0.0.1:12201").describe("Address to bind."),
  ...datagramAccess,
  max_decompressed_bytes: byteSize("8MiB").describe(
    "Largest message after reassembly and decompression; a larger one is `too_large`.",
  ),
  max_pending_chunk_sets: z
    .int()
    .min(1)
    .default(1_000)
    .describe("Unfinished chunked messages held; beyond it the oldest is dropped."),
  max_pending_chunk_bytes: byteSize("32MiB").describe("Bytes of unfinished chunked messages; beyond it the oldest is dropped."),
  chunk_timeout: duration("5s").describe("How long the chunks of one message may take, from the first of them."),
  receive_buffer: byteSize("4MiB").describe("Receive buffer asked of the kernel; Linux caps it at net.core.rmem_max."),
  max_pending_bytes: byteSize("16MiB").describe(
    "Bytes that may wait for the queue; beyond it messages are dropped as `queue_full`.",
  ),
});

export const gelfUdp = defineInput({
  type: "gelf_udp",
  summary: "Receives GELF over UDP: plain, gzip or zlib, whole or in chunks.",
  stability: "stable",
  config: fields,
  examples: [{ listen: "127.0.0.1:0" }, { listen: "0.0.0.0:12201", receive_buffer: "16MiB" }],
  claims: (config) => [`udp:${formatAddress(config.listen)}`],
  create: (config, host) => gelfUdpServer(config, host),
});

function gelfUdpServer(config: z.output<typeof fields>, host: InputHost): Component & Listening & Lossy {
  const chunks = new GelfChunks(
    { timeoutMs: config.chunk_timeout, maxSets: config.max_pending_chunk_sets, maxBytes: config.max_pending_chunk_bytes },
    chunkReport(host, config.chunk_timeout),
  );
  // There is no room for all that has not come in whole, and this input has most of it.
  const holding = host.memory.holding(() => {
    chunks.shrink(chunks.bytes / 2);
    holding.resize(chunks.bytes);
  });
  let sweeping: NodeJS.Timeout | undefined;

  /** One timer, for the oldest set, while there is one. */
  const sweepLater = (): void => {
    const expiresMs = chunks.expiresMs;
    if (sweeping !== undefined || expiresMs === undefined) return;
    sweeping = setTimeout(
      () => {
        sweeping = undefined;
        chunks.sweep(host.clock.tickMs());
        holding.resize(chunks.bytes);
        sweepLater();
      },
      Math.max(1, Math.ceil(expiresMs - host.clock.tickMs())),
    );
  };

  const server = new DatagramServer({
    address: config.listen,
    receiveBuffer: config.receive_buffer,
    maxPendingBytes: config.max_pending_bytes,
    host,
    access: new Access(config, host),
    protocol: {
      codec: "gelf",
      assemble(datagram, peer, port) {
        if (!isChunk(datagram)) return datagram;
        const message = chunks.add(datagram, peer, port, host.clock.tickMs());
        holding.resize(chunks.bytes);
        if (sweeping === undefined) sweepLater();
        return message;
      },
      open: (message, peer) => openMessage(message, peer, config.max_decompressed_bytes, host),
    },
  });

  return {
    addresses: server.addresses,
    async start() {
      // Series that exist from the beginning make rates over them right.
      for (const result of CHUNK_RESULTS) host.count("gelf_chunks", result, 0);
      await server.start();
    },
    async stop(deadline) {
      await server.stop(deadline);
      clearTimeout(sweeping);
      chunks.clear();
      holding.release();
    },
    kernelDrops: () => server.kernelDrops(),
  };
}

function openMessage(message: Buffer, peer: string, maxBytes: number, host: InputHost): Buffer | undefined {
  const opened = inflate(message, maxBytes);
  if (opened instanceof Uint8Array) return trimmed(opened);
  if (opened === "too_large") {
    host.refuse("too_large");
    const text = `a message of ${message.length} bytes unpacks to more than ${formatBytes(maxBytes)} (max_decompressed_bytes) or to a thousand times its size`;
    host.complain({ cause: "too_large", peer, message: text });
    return undefined;
  }
  host.refuse("malformed");
  host.complain({ cause: "not_decompressed", peer, message: `a message of ${message.length} bytes: ${opened.malformed}` });
  return undefined;
}

/** Without the NULs, newlines and blanks that some senders append; undefined when nothing is left. */
function trimmed(message: Buffer): Buffer | undefined {
  let end = message.length;
  while (end > 0 && isFiller(message[end - 1])) end -= 1;
  if (end === 0) return undefined;
  return end === message.length ? message : message.subarray(0, end);
}

function isFiller(byte: number | undefined): boolean {
  return byte === 0x00 || byte === 0x0a || byte === 0x0d || byte === 0x20 || byte === 0x09;
}

function chunkReport(host: InputHost, timeoutMs: number): ChunkReport {
  return {
    count: (result, chunks) => host.count("gelf_chunks", result, chunks),
    lost({ peer, id, got, expected, reason }) {
      host.refuse("malformed");
      const why =
        reason === "expired"
          ? `within ${formatDuration(timeoutMs)} (chunk_timeout)`
          : "before there was no room for more unfinished messages (max_pending_chunk_sets, max_pending_chunk_bytes, max_memory)";
      const message = `chunked message ${id}: only ${got} of ${expected} chunks came ${why}; all of it was dropped`;
      host.complain({ cause: reason === "expired" ? "chunk_timeout" : "chunk_evicted", peer, message });
    },
    invalid: (peer, why) => host.complain({ cause: "invalid_chunk", peer, message: why }),
  };
}
