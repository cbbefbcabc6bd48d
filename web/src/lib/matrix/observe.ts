// React's view of the sync store: components re-render when something that they look at changed.
import { useCallback, useRef, useSyncExternalStore } from "react";
import {
  ClientEvent,
  type MatrixClient,
  MatrixEventEvent,
  RoomEvent,
  RoomMemberEvent,
  RoomStateEvent,
} from "matrix-js-sdk/lib/matrix";

type Listener = () => void;

/** Counts changes per chat and over all; one notification per frame, however much came in. */
export class ChangeCounter {
  private readonly perRoom = new Map<string, number>();
  private readonly listeners = new Set<Listener>();
  private all = 0;
  private base = 0;
  private scheduled = false;

  constructor(client: MatrixClient) {
    const touch = (roomId: string | null | undefined) => this.touch(roomId ?? null);
    client.on(RoomEvent.Timeline, (_event, room) => touch(room?.roomId));
    client.on(RoomEvent.TimelineReset, (room) => touch(room?.roomId));
    client.on(RoomEvent.Redaction, (_event, room) => touch(room.roomId));
    client.on(RoomEvent.LocalEchoUpdated, (_event, room) => touch(room.roomId));
    client.on(RoomEvent.Receipt, (_event, room) => touch(room.roomId));
    client.on(RoomEvent.Tags, (_event, room) => touch(room.roomId));
    client.on(RoomEvent.AccountData, (_event, room) => touch(room.roomId));
    client.on(RoomEvent.MyMembership, (room) => touch(room.roomId));
    client.on(RoomEvent.Name, (room) => touch(room.roomId));
    client.on(RoomStateEvent.Events, (event) => touch(event.getRoomId()));
    client.on(RoomMemberEvent.Typing, (_event, member) => touch(member.roomId));
    client.on(MatrixEventEvent.Decrypted, (event) => touch(event.getRoomId()));
    client.on(MatrixEventEvent.Replaced, (event) => touch(event.getRoomId()));
    client.on(ClientEvent.Room, (room) => touch(room.roomId));
    client.on(ClientEvent.AccountData, () => this.touchAll());
    client.on(ClientEvent.Sync, () => touch(null));
  }

  readonly subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  version(roomId?: string): number {
    return roomId ? this.base + (this.perRoom.get(roomId) ?? 0) : this.all;
  }

  /** Something of this chat that the client does not tell of (a draft, a mark) has changed. */
  touch(roomId: string | null) {
    if (roomId) this.perRoom.set(roomId, (this.perRoom.get(roomId) ?? 0) + 1);
    this.all += 1;
    this.notify();
  }

  /** Something that any chat may show has changed. */
  touchAll() {
    this.base += 1;
    this.all += 1;
    this.notify();
  }

  private notify() {
    if (this.scheduled) return;
    this.scheduled = true;
    const run = () => {
      if (!this.scheduled) return;
      this.scheduled = false;
      this.listeners.forEach((listener) => listener());
    };
    // A hidden page gets no frames, but its title and sounds still need the news.
    if (document.visibilityState === "visible") requestAnimationFrame(run);
    setTimeout(run, 120);
  }
}

/** Re-renders on changes of one chat, or of any when no chat is named; gives the version. */
export function useVersion(counter: ChangeCounter, roomId?: string): number {
  return useSyncExternalStore(counter.subscribe, () => counter.version(roomId));
}

/** The same for several chats that are shown as one. */
export function useVersions(counter: ChangeCounter, roomIds: readonly string[]): string {
  return useSyncExternalStore(counter.subscribe, () => roomIds.map((id) => counter.version(id)).join());
}

/** A value computed from the store, computed again only when the version has changed. */
export function useDerived<T>(counter: ChangeCounter, roomId: string | undefined, compute: () => T, deps: readonly unknown[]): T {
  const version = useVersion(counter, roomId);
  const cache = useRef<{ version: number; deps: readonly unknown[]; value: T } | null>(null);
  const same = useCallback(
    (now: readonly unknown[]) => cache.current?.deps.every((dep, index) => Object.is(dep, now[index])) ?? false,
    [],
  );
  if (!cache.current || cache.current.version !== version || !same(deps)) {
    cache.current = { version, deps, value: compute() };
  }
  return cache.current.value;
}
