import { useCallback } from "react";
import { useChannels } from "@/features/accounts/useAccounts";
import { pick, t } from "@/lib/i18n";

/** What a network is called; nobody's network is this server itself. */
export function useNetworkName(): (channel: string | null) => string {
  const { channels } = useChannels();
  return useCallback(
    (channel) => {
      if (channel === null) return t("network.native");
      return pick(channels?.find(({ id }) => id === channel)?.name) || channel;
    },
    [channels],
  );
}
