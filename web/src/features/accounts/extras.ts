// What an account of one kind shows besides what all show, such as the live chat's snippet: by channel.
import type { ComponentType } from "react";
import type { Account } from "@/lib/api/types";
import { Handouts } from "./Handouts";

export const extras: Record<string, ComponentType<{ account: Account }>> = { livechat: Handouts };
