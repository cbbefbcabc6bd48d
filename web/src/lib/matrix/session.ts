// Who is signed in on this device. One session; kept in localStorage until sign-out.

export interface Session {
  userId: string;
  deviceId: string;
  accessToken: string;
}

const key = "unisono.session";

export function loadSession(): Session | null {
  try {
    const stored = JSON.parse(localStorage.getItem(key) ?? "null") as Session | null;
    return stored?.accessToken && stored.userId && stored.deviceId ? stored : null;
  } catch {
    return null;
  }
}

export function saveSession(session: Session) {
  localStorage.setItem(key, JSON.stringify(session));
}

/** Forgets the session and everything this device stored for it. */
export async function forgetSession() {
  const language = localStorage.getItem("unisono.language");
  const theme = localStorage.getItem("unisono.theme");
  localStorage.clear();
  sessionStorage.clear();
  if (language) localStorage.setItem("unisono.language", language);
  if (theme) localStorage.setItem("unisono.theme", theme);
  const databases = (await indexedDB.databases?.()) ?? [];
  await Promise.all(databases.map(({ name }) => name && drop(name)));
}

function drop(name: string): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = request.onerror = request.onblocked = () => resolve();
  });
}
