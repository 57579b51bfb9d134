import type { InputHost } from "../component/host.ts";
import { frameCount, type Frames } from "../record/batch.ts";
import type { Provenance } from "../record/provenance.ts";
import type { Connection } from "./stream-server.ts";

/**
 * Hands what a connection sends to the intake, for protocols without acknowledgements: a promise where the connection must
 * not be read on before it resolves.
 */
export function streamIntake(
  host: InputHost,
  codec: string,
  { peer, took }: Pick<Connection, "peer" | "took">,
): (cut: Frames | undefined) => void | Promise<void> {
  return (cut) => {
    if (cut === undefined) return undefined;
    took(frameCount(cut));
    const from: Provenance = {
      input: host.name,
      peer,
      receivedMs: host.clock.nowMs(),
      tag: "",
      labels: host.labels,
      metadata: undefined,
    };
    const receipt = host.intake({ codec, from, frames: cut, position: undefined });
    return receipt instanceof Promise ? receipt.then(() => {}) : undefined;
  };
}
