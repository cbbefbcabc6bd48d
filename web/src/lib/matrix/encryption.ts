// Sets up encryption without asking anything: signing keys, secret storage and key backup on the
// first device; the same unlocked with the typed password on every further one.
import type { MatrixClient } from "matrix-js-sdk/lib/matrix";
import type { SecretKeys } from "./secret-keys";
import { setKeyCheck } from "./secret-keys";

export type EncryptionState =
  | "unknown"
  /** The set-up was cut short, and the password is needed to go on. */
  | "unfinished"
  /** This device is trusted and reads the history. */
  | "ready"
  /** The account has keys that this device cannot open: the password was changed, or it was not typed here. */
  | "locked";

/** Takes the signed-in device as far as it can go by itself. */
export async function setUpEncryption(client: MatrixClient, secrets: SecretKeys): Promise<EncryptionState> {
  setKeyCheck((key, info) => client.secretStorage.checkKey(key, info));
  const crypto = client.getCrypto();
  if (!crypto) return "unknown";
  const hasStorage = (await client.secretStorage.getDefaultKeyId()) !== null;
  const hasIdentity = await crypto.userHasCrossSigningKeys(client.getSafeUserId(), true);

  if (!hasStorage) {
    // Nothing can be opened that was never stored: a first sign-in, or one that was cut short.
    if (!secrets.password()) return "unfinished";
    await createKeys(client, secrets, hasIdentity && !(await crypto.isCrossSigningReady()));
    return "ready";
  }
  return unlock(client, secrets);
}

async function createKeys(client: MatrixClient, secrets: SecretKeys, anew: boolean) {
  const crypto = client.getCrypto()!;
  const password = secrets.password() ?? "";
  await crypto.bootstrapCrossSigning({
    setupNewCrossSigning: anew,
    authUploadDeviceSigningKeys: async (makeRequest) => {
      await withPassword(client, password, (auth) => makeRequest(auth as never));
    },
  });
  await crypto.bootstrapSecretStorage({
    createSecretStorageKey: () => crypto.createRecoveryKeyFromPassphrase(password),
    setupNewSecretStorage: true,
    setupNewKeyBackup: true,
  });
}

/** Gives everything a new start: new keys, an empty backup. Older messages stay unreadable here. */
export async function startOver(client: MatrixClient, secrets: SecretKeys, password: string) {
  const crypto = client.getCrypto()!;
  secrets.forget();
  secrets.offer(password);
  await crypto.bootstrapCrossSigning({
    setupNewCrossSigning: true,
    authUploadDeviceSigningKeys: async (makeRequest) => {
      await withPassword(client, password, (auth) => makeRequest(auth as never));
    },
  });
  await crypto.bootstrapSecretStorage({
    createSecretStorageKey: () => crypto.createRecoveryKeyFromPassphrase(password),
    setupNewSecretStorage: true,
    setupNewKeyBackup: true,
  });
}

/** Opens the secret storage with what was typed, signs this device and fetches the history's keys. */
export async function unlock(client: MatrixClient, secrets: SecretKeys): Promise<EncryptionState> {
  const crypto = client.getCrypto()!;
  if (await isTrusted(client)) {
    await crypto.checkKeyBackupAndEnable();
    return "ready";
  }
  if (!secrets.password()) return "locked";
  try {
    await crypto.bootstrapCrossSigning({});
    if (!(await isTrusted(client))) return "locked";
    await crypto.loadSessionBackupPrivateKeyFromSecretStorage();
    await crypto.checkKeyBackupAndEnable();
    void crypto.restoreKeyBackup().catch(() => undefined);
    return "ready";
  } catch (error) {
    console.warn("the stored keys did not open", error);
    return "locked";
  }
}

async function isTrusted(client: MatrixClient): Promise<boolean> {
  const crypto = client.getCrypto()!;
  const status = await crypto.getDeviceVerificationStatus(client.getSafeUserId(), client.getDeviceId()!);
  // A signature made just now is known here only after the next look at the server's list of keys.
  return (status?.crossSigningVerified ?? false) || crypto.isCrossSigningReady();
}

/** After a change of the password: the storage gets a key of the new one, with the same secrets in it. */
export async function moveToNewPassword(client: MatrixClient, secrets: SecretKeys, password: string) {
  const crypto = client.getCrypto()!;
  await crypto.bootstrapSecretStorage({
    createSecretStorageKey: () => crypto.createRecoveryKeyFromPassphrase(password),
    setupNewSecretStorage: true,
  });
  secrets.offer(password);
}

/** Makes a request that the server may answer with "who are you?", and answers with the password. */
export async function withPassword<T>(client: MatrixClient, password: string, request: (auth: unknown) => Promise<T>): Promise<T> {
  try {
    return await request(null);
  } catch (error) {
    const { httpStatus, data } = error as { httpStatus?: number; data?: { session?: string; flows?: unknown } };
    if (httpStatus !== 401 || !data?.flows) throw error;
    return request({
      type: "m.login.password",
      identifier: { type: "m.id.user", user: client.getSafeUserId() },
      user: client.getSafeUserId(),
      password,
      session: data.session,
    });
  }
}
