// The limit that a relay written in this language cannot pass: only taking the bytes apart, with nothing behind it.
import { decodeMulti } from "@msgpack/msgpack";
import {
  fieldsAt,
  forwardChunk,
  gelfObject,
  groups,
  logObject,
  nginxDatagram,
  RECORDS_PER_BATCH,
  RECORDS_PER_BLOCK,
  type Protocol,
} from "./traffic.ts";

/** Records per CPU second of the bare decode loop for a protocol's records. */
export function bareLoop(protocol: Protocol, seconds: number): number {
  const step = protocol === "forward" ? msgpackStep() : protocol === "syslog_udp" ? headStep() : jsonStep(protocol);
  step();
  const before = process.cpuUsage();
  let records = 0;
  let spent = 0;
  while (spent < seconds) {
    records += step();
    const { user, system } = process.cpuUsage(before);
    spent = (user + system) / 1e6;
  }
  return records / spent;
}

/** What the bare loop does, for the report. */
export function bareName(protocol: Protocol): string {
  if (protocol === "syslog_udp") return "one regular expression";
  return protocol === "forward" ? "msgpack decode" : "split + JSON.parse";
}

/** Takes a block of JSON lines apart; answers how many records that were. */
export function jsonStep(protocol: Protocol): () => number {
  const object = protocol === "stdin" || protocol === "grpc" ? logObject : gelfObject;
  const lines = Array.from({ length: RECORDS_PER_BLOCK }, (_, i) => JSON.stringify(object(fieldsAt(i, 1_000))));
  const bytes = Buffer.from(lines.join("\n"));
  return () => {
    let records = 0;
    for (let start = 0; start < bytes.length;) {
      const found = bytes.indexOf(10, start);
      const end = found < 0 ? bytes.length : found;
      if (typeof JSON.parse(bytes.toString("utf8", start, end)) === "object") records += 1;
      start = end + 1;
    }
    return records;
  };
}

const HEAD = /^<(\d{1,3})>([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (\S+) ([^\s:[]+)(?:\[(\d+)\])?: (.*)$/s;

function headStep(): () => number {
  const datagrams = Array.from({ length: RECORDS_PER_BLOCK }, (_, i) => Buffer.from(nginxDatagram(fieldsAt(i, 1_000))));
  return () => {
    let records = 0;
    for (const datagram of datagrams) if (HEAD.test(datagram.toString("utf8"))) records += 1;
    return records;
  };
}

function msgpackStep(): () => number {
  const chunks = groups(RECORDS_PER_BLOCK, RECORDS_PER_BATCH).map((indices) =>
    forwardChunk(
      indices.map((i) => fieldsAt(i, 1_000)),
      "x",
    ),
  );
  return () => {
    let records = 0;
    for (const chunk of chunks) {
      const [[, entries]] = [...decodeMulti(chunk)] as [[string, Uint8Array]];
      for (const entry of decodeMulti(entries)) if (Array.isArray(entry)) records += 1;
    }
    return records;
  };
}
