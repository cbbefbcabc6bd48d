// A device as a real client makes it: matrix-js-sdk with its Rust cryptography, everything in memory.
import assert from "node:assert/strict";
import * as sdk from "matrix-js-sdk";
import { logger as sdkLogger } from "matrix-js-sdk/lib/logger.js";
import { BASE, PASSWORD } from "../matrix.mjs";

// It talks a lot; failures speak for themselves. DEBUG=1 lets it.
const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, getChild: () => quiet };
const logger = process.env.DEBUG ? sdkLogger : quiet;
if (!process.env.DEBUG) for (const name of ["trace", "debug", "info", "warn", "error", "log"]) console[name] = () => {};

/** Logs in and starts syncing. `recoveryKey` opens the secret storage that another device made. */
export async function startDevice(username, { recoveryKey } = {}) {
    const { user_id: userId, access_token: accessToken, device_id: deviceId } = await sdk
        .createClient({ baseUrl: BASE, logger })
        .loginRequest({ type: "m.login.password", identifier: { type: "m.id.user", user: username }, password: PASSWORD });
    let privateKey = recoveryKey;
    const client = sdk.createClient({
        baseUrl: BASE, userId, deviceId, accessToken, logger,
        cryptoCallbacks: {
            getSecretStorageKey: async ({ keys }) => (privateKey ? [Object.keys(keys)[0], privateKey] : null),
            cacheSecretStorageKey: (_id, _info, key) => void (privateKey = key),
        },
    });
    await client.initRustCrypto({ useIndexedDB: false });
    await client.startClient({ initialSyncLimit: 20, lazyLoadMembers: true });
    await until(client, () => ["SYNCING", "PREPARED"].includes(client.getSyncState()), `the first sync of ${userId}`);
    return client;
}

/** What the library sends when the server asks for the password again. */
export function authenticate(client) {
    return async (makeRequest) => {
        try {
            return await makeRequest(null);
        } catch (error) {
            if (!error.data?.session) throw error;
            return makeRequest({
                type: "m.login.password",
                identifier: { type: "m.id.user", user: client.getUserId() },
                password: PASSWORD,
                session: error.data.session,
            });
        }
    };
}

/** Waits until `find(client)` gives something; looks again whenever the client has news. */
export async function until(client, find, what, seconds = 30) {
    const signals = ["sync", "event", "Event.decrypted", "Room.timeline", "RoomMember.membership", "RoomState.events", "Room.receipt"];
    return new Promise((resolve, reject) => {
        const look = () => {
            const found = find(client);
            if (found) finish(() => resolve(found));
        };
        const finish = (end) => {
            clearTimeout(timer);
            for (const signal of signals) client.off(signal, look);
            end();
        };
        const timer = setTimeout(() => finish(() => reject(new assert.AssertionError({ message: `not in ${seconds} s: ${what}` }))), seconds * 1000);
        for (const signal of signals) client.on(signal, look);
        look();
    });
}

/** Waits for a decrypted message with this text. */
export function untilText(client, roomId, text) {
    const find = () =>
        client.getRoom(roomId)?.getLiveTimeline().getEvents().find((event) => event.getContent().body === text);
    return until(client, find, `"${text}" for ${client.getUserId()} on ${client.getDeviceId()}`);
}
