// Answers the crypto's question for the key of the secret storage. The key is derived from the
// password typed at sign-in (docs/adr/0004-silent-encryption.md); the password lives in memory only.
import type { CryptoCallbacks } from "matrix-js-sdk/lib/crypto-api";
import { decodeRecoveryKey } from "matrix-js-sdk/lib/crypto-api/recovery-key";
import { deriveRecoveryKeyFromPassphrase } from "matrix-js-sdk/lib/crypto-api/key-passphrase";
import type { SecretStorageKeyDescription } from "matrix-js-sdk/lib/secret-storage";

export interface SecretKeys {
  callbacks: CryptoCallbacks;
  /** Tries this text from now on, as a password and as a recovery key. */
  offer(text: string): void;
  /** The password typed at sign-in, for the server's question who is asking. */
  password(): string | null;
  /** The work that needed the password is done; keys already derived stay. */
  dropPassword(): void;
  forget(): void;
}

type Key = Uint8Array<ArrayBuffer>;
type Check = (key: Key, info: SecretStorageKeyDescription) => Promise<boolean>;

let check: Check = async () => true;

/** How a key is compared with its description; set once the client exists. */
export function setKeyCheck(next: Check) {
  check = next;
}

export function createSecretKeys(): SecretKeys {
  const known = new Map<string, Key>();
  let offered: string | null = null;

  async function derive(text: string, info: SecretStorageKeyDescription): Promise<Key[]> {
    const candidates: Key[] = [];
    const passphrase = (info as { passphrase?: { salt: string; iterations: number; bits?: number } }).passphrase;
    if (passphrase) {
      candidates.push(await deriveRecoveryKeyFromPassphrase(text, passphrase.salt, passphrase.iterations, passphrase.bits));
    }
    try {
      candidates.push(decodeRecoveryKey(text) as Key);
    } catch {
      // Not a recovery key: it was a password.
    }
    return candidates;
  }

  return {
    callbacks: {
      getSecretStorageKey: async ({ keys }) => {
        for (const [id, info] of Object.entries(keys)) {
          const cached = known.get(id);
          if (cached) return [id, cached];
          if (!offered) continue;
          for (const candidate of await derive(offered, info)) {
            if (!(await check(candidate, info))) continue;
            known.set(id, candidate);
            return [id, candidate];
          }
        }
        return null;
      },
      cacheSecretStorageKey: (id, _info, key) => {
        known.set(id, key as Key);
      },
    },
    offer: (text) => {
      offered = text;
    },
    password: () => offered,
    dropPassword: () => {
      offered = null;
    },
    forget: () => {
      offered = null;
      known.clear();
    },
  };
}
