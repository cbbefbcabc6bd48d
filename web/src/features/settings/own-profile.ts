import { useEffect, useState } from "react";
import { UserEvent } from "matrix-js-sdk/lib/matrix";
import { useUnisono } from "@/lib/matrix/context";
import { localPart } from "@/lib/matrix/ids";

export interface OwnProfile {
  name: string;
  picture: string | null;
}

const cache = new Map<string, OwnProfile>();
const listeners = new Set<() => void>();

/** Shows a change at once; the server's answer may come later. */
export function setOwnProfile(userId: string, part: Partial<OwnProfile>) {
  cache.set(userId, { ...(cache.get(userId) ?? { name: localPart(userId), picture: null }), ...part });
  listeners.forEach((listener) => listener());
}

export function useOwnProfile(): OwnProfile {
  const { client, userId } = useUnisono();
  const [, redraw] = useState(0);
  useEffect(() => {
    const listener = () => redraw((old) => old + 1);
    listeners.add(listener);
    const fetchProfile = () =>
      client.getProfileInfo(userId).then(
        ({ displayname, avatar_url }) => setOwnProfile(userId, { name: displayname || localPart(userId), picture: avatar_url || null }),
        () => undefined,
      );
    if (!cache.has(userId)) void fetchProfile();
    const user = client.getUser(userId);
    user?.on(UserEvent.AvatarUrl, fetchProfile);
    user?.on(UserEvent.DisplayName, fetchProfile);
    return () => {
      listeners.delete(listener);
      user?.off(UserEvent.AvatarUrl, fetchProfile);
      user?.off(UserEvent.DisplayName, fetchProfile);
    };
  }, [client, userId]);
  return cache.get(userId) ?? { name: localPart(userId), picture: null };
}
