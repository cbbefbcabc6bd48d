// Keys can come later than their messages: the device that has them puts them into the backup some
// seconds after. So a message that could not be decrypted is tried again, a few times.
import { type MatrixClient, type MatrixEvent, MatrixEventEvent } from "matrix-js-sdk/lib/matrix";

const waits = [7_000, 12_000, 30_000, 120_000, 600_000];
const atMost = 300;

export function tryLateKeys(client: MatrixClient) {
  const tried = new Map<string, number>();

  const again = (event: MatrixEvent) => {
    const id = event.getId();
    const crypto = client.getCrypto();
    if (!id || !crypto || !event.isDecryptionFailure()) return;
    // Asking for decryption makes the library look into the backup for this message's key.
    void event.attemptDecryption(crypto as never, { isRetry: true }).catch(() => undefined);
  };

  client.on(MatrixEventEvent.Decrypted, (event) => {
    const id = event.getId();
    if (!id) return;
    if (!event.isDecryptionFailure()) {
      tried.delete(id);
      return;
    }
    const round = tried.get(id) ?? 0;
    const wait = waits[round];
    if (wait === undefined || (!tried.has(id) && tried.size >= atMost)) return;
    tried.set(id, round + 1);
    setTimeout(() => again(event), wait);
  });
}
