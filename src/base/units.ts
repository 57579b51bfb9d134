/** So many per window. */
export interface Rate {
  readonly count: number;
  readonly perMs: number;
}

/** Where to listen. Port 0: any free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const TIME_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  sec: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
};
const SIZE: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1 << 10,
  MiB: 1 << 20,
  GiB: 1 << 30,
};

/** "250ms" to 250; undefined when it is no duration. */
export function parseDuration(written: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|sec|m|min|h|d)\s*$/.exec(written);
  const unit = TIME_MS[match?.[2] ?? ""];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

/** "64KiB" to 65536; undefined when it is no size, or none at all. */
export function parseBytes(written: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(B|KB|MB|GB|KiB|MiB|GiB)?\s*$/.exec(written);
  const unit = SIZE[match?.[2] ?? "B"];
  if (match === null || unit === undefined) return undefined;
  const bytes = Math.round(Number(match[1]) * unit);
  return bytes > 0 ? bytes : undefined;
}

/** "1000/5m" to 1000 per 300 000 ms; undefined when it is no rate. */
export function parseRate(written: string): Rate | undefined {
  const match = /^\s*(\d+)\s*\/\s*(\d*)\s*(ms|s|sec|m|min|h|hour|d|day)\s*$/.exec(written);
  const unit = TIME_MS[match?.[3] ?? ""];
  if (match === null || unit === undefined) return undefined;
  const count = Number(match[1]);
  const perMs = Number(match[2] === "" ? 1 : match[2]) * unit;
  return count > 0 && perMs > 0 ? { count, perMs } : undefined;
}

/** "127.0.0.1:12201" or "[::1]:12201"; undefined when it is no address. */
export function parseAddress(written: string): Address | undefined {
  const match = /^\s*(?:\[([0-9a-fA-F:.%]+)\]|([^\s:/[\]]+)):(\d{1,5})\s*$/.exec(written);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

/** The way back of {@link parseAddress}. */
export function formatAddress(address: Address): string {
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** 1536 to "1.5KiB". */
export function formatBytes(bytes: number): string {
  for (const unit of ["GiB", "MiB", "KiB"] as const) {
    const size = SIZE[unit] ?? 1;
    if (bytes >= size) return `${Number((bytes / size).toFixed(1))}${unit}`;
  }
  return `${bytes}B`;
}

/** 90000 to "1.5m". */
export function formatDuration(ms: number): string {
  for (const unit of ["d", "h", "m", "s"] as const) {
    const size = TIME_MS[unit] ?? 1;
    if (ms >= size) return `${Number((ms / size).toFixed(1))}${unit}`;
  }
  return `${ms}ms`;
}
