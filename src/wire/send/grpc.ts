import { messageOf, RelayError } from "../../base/errors.ts";
import { formatAddress, type Address } from "../../base/units.ts";
import { unavailable, type SentRecord } from "./attempt.ts";

/**
 * Sends one record to the gRPC input of a relay and waits until it is acknowledged. Rejects with a RelayError when nobody
 * answers within `timeoutMs`, or the answer is anything but that one record was taken.
 */
export async function sendGrpc(target: Address, record: SentRecord, timeoutMs: number): Promise<void> {
  const [{ Client, credentials, Metadata }, { loadLogRelay }] = await Promise.all([
    import("@grpc/grpc-js"),
    import("../grpc-proto.ts"),
  ]);
  const method = (await loadLogRelay()).service["Send"];
  if (method === undefined) throw new RelayError("RELAY_BUG", "the proto file defines no method Send");
  const seconds = Math.floor(record.timeMs / 1_000);
  const time = { seconds, nanos: Math.round((record.timeMs - seconds * 1_000) * 1e6) };
  const { message, severity, host } = record;
  const batch = { records: [{ time, severity, message, host }] };
  // The relay is addressed as written, whatever proxy the environment names.
  const client = new Client(formatAddress(target), credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });
  try {
    const ack = await new Promise<object | undefined>((resolve, reject) => {
      const deadline = Date.now() + timeoutMs;
      client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        batch,
        new Metadata(),
        { deadline },
        (error, answer) => (error === null ? resolve(answer) : reject(error)),
      );
    });
    if (ack === undefined || !("accepted" in ack) || ack.accepted !== 1) {
      throw new Error(`the relay answered ${JSON.stringify(ack)}, which is not that one record was accepted`);
    }
  } catch (thrown) {
    // What grpc-js says ends in an empty "Resolution note:".
    throw unavailable(target, new Error(messageOf(thrown).replace(/\s*Resolution note:\s*$/, ""), { cause: thrown }));
  } finally {
    client.close();
  }
}
