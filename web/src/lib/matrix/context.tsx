// What every signed-in screen can reach: the client, our own API, and the counter of changes.
import { createContext, useContext } from "react";
import type { MatrixClient } from "matrix-js-sdk/lib/matrix";
import type { Api } from "@/lib/api/client";
import type { EncryptionState } from "./encryption";
import type { ChangeCounter } from "./observe";
import type { SecretKeys } from "./secret-keys";

export interface Unisono {
  client: MatrixClient;
  api: Api;
  changes: ChangeCounter;
  secrets: SecretKeys;
  userId: string;
  encryption: EncryptionState;
  setEncryption: (state: EncryptionState) => void;
  signOut: () => Promise<void>;
}

const Context = createContext<Unisono | null>(null);

export const UnisonoProvider = Context.Provider;

export function useUnisono(): Unisono {
  const value = useContext(Context);
  if (!value) throw new Error("outside of a signed-in screen");
  return value;
}
