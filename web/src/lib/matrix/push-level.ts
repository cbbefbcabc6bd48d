// How loud a chat is, as push rules say it: everything, only when one is meant, or nothing.
import { ConditionKind, type MatrixClient, PushRuleActionName, PushRuleKind } from "matrix-js-sdk/lib/matrix";

export type NotificationLevel = "all" | "mentions" | "off";

export function notificationLevel(client: MatrixClient, roomId: string): NotificationLevel {
  const rules = client.pushRules?.global;
  const silences = (actions: unknown[]) => actions.length === 0 || actions.includes(PushRuleActionName.DontNotify);
  const override = rules?.override?.find((rule) => rule.rule_id === roomId);
  if (override?.enabled && silences(override.actions)) return "off";
  const room = rules?.room?.find((rule) => rule.rule_id === roomId);
  if (room?.enabled && silences(room.actions)) return "mentions";
  return "all";
}

export async function setNotificationLevel(client: MatrixClient, roomId: string, level: NotificationLevel) {
  const rules = client.pushRules?.global;
  const drop = async (kind: PushRuleKind, present: boolean | undefined) => {
    if (present) await client.deletePushRule("global", kind, roomId);
  };
  await drop(PushRuleKind.Override, rules?.override?.some((rule) => rule.rule_id === roomId));
  await drop(PushRuleKind.RoomSpecific, rules?.room?.some((rule) => rule.rule_id === roomId));
  if (level === "off") {
    await client.addPushRule("global", PushRuleKind.Override, roomId, {
      conditions: [{ kind: ConditionKind.EventMatch, key: "room_id", pattern: roomId }],
      actions: [],
    });
  } else if (level === "mentions") {
    await client.addPushRule("global", PushRuleKind.RoomSpecific, roomId, { actions: [] });
  }
}
