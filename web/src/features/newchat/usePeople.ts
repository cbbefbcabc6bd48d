// People of this server, found by name while it is typed.
import { useEffect, useState } from "react";
import { isBot } from "@/lib/matrix/chat";
import { useUnisono } from "@/lib/matrix/context";
import { localPart } from "@/lib/matrix/ids";

export interface Person {
  id: string;
  name: string;
  picture: string | null;
}

export function usePeople(query: string, active: boolean): { people: Person[]; searching: boolean } {
  const { client, userId } = useUnisono();
  const [people, setPeople] = useState<Person[]>([]);
  const [searching, setSearching] = useState(true);
  useEffect(() => {
    if (!active) return;
    let live = true;
    setSearching(true);
    const timer = setTimeout(() => {
      client
        .searchUserDirectory({ term: query.trim().replace(/^@/, ""), limit: 30 })
        .then(
          ({ results }) => results.map((user) => ({ id: user.user_id, name: user.display_name || localPart(user.user_id), picture: user.avatar_url ?? null })),
          () => [] as Person[],
        )
        .then((found) => {
          if (!live) return;
          setPeople(found.filter(({ id }) => id !== userId && !isBot(client, id)));
          setSearching(false);
        });
    }, 150);
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [client, userId, query, active]);
  return { people, searching };
}
