// Two people talk end-to-end encrypted; a third device comes later and reads what was said before.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { enc, eventually, register, request } from "../matrix.mjs";
import { authenticate, startDevice, until, untilText } from "./device.mjs";

describe("encrypted from device to device", () => {
    const clients = [];
    let anna, ben, room, recoveryKey;
    const device = async (...args) => {
        const client = await startDevice(...args);
        clients.push(client);
        return client;
    };

    before(async () => {
        const [one, two] = await Promise.all([register(), register()]);
        anna = await device(one.localpart);
        ben = await device(two.localpart);
    });
    after(() => clients.forEach((client) => client.stopClient()));

    test("Anna sets up cross-signing, secret storage and key backup", async () => {
        const crypto = anna.getCrypto();
        const key = await crypto.createRecoveryKeyFromPassphrase();
        recoveryKey = key.privateKey;
        await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: authenticate(anna) });
        await crypto.bootstrapSecretStorage({
            createSecretStorageKey: async () => key, setupNewSecretStorage: true, setupNewKeyBackup: true,
        });
        assert.equal(await crypto.isCrossSigningReady(), true);
        assert.equal(await crypto.isSecretStorageReady(), true);
        assert.ok(await crypto.getActiveSessionBackupVersion());
        const status = await crypto.getDeviceVerificationStatus(anna.getUserId(), anna.getDeviceId());
        assert.equal(status.isVerified(), true);
    });

    test("they meet in an encrypted room", async () => {
        ({ room_id: room } = await anna.createRoom({
            preset: "trusted_private_chat", is_direct: true, invite: [ben.getUserId()],
            initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
        }));
        await until(ben, () => ben.getRoom(room)?.getMyMembership() === "invite", "Ben's invitation");
        await ben.joinRoom(room);
        await until(anna, () => anna.getRoom(room)?.getMember(ben.getUserId())?.membership === "join", "Ben's arrival");
    });

    test("messages go both ways", async () => {
        await anna.sendTextMessage(room, "Hello Ben");
        const hello = await untilText(ben, room, "Hello Ben");
        assert.equal(hello.isEncrypted(), true);
        assert.equal(hello.isDecryptionFailure(), false);
        await ben.sendTextMessage(room, "Hello Anna 🌻");
        await untilText(anna, room, "Hello Anna 🌻");
    });

    test("the server holds no readable word of it", async () => {
        const path = `/rooms/${enc(room)}/messages`;
        const { json } = await request("GET", path, { token: anna.getAccessToken(), query: { dir: "b", limit: 50 } });
        const messages = json.chunk.filter((event) => event.sender === ben.getUserId() && event.state_key === undefined);
        assert.ok(messages.length && messages.every((event) => event.type === "m.room.encrypted"));
        assert.doesNotMatch(JSON.stringify(json), /Hello/);
    });

    test("an attachment's description, an edit and a reaction arrive", async () => {
        const { event_id: id } = await ben.sendTextMessage(room, "teh plan");
        await untilText(anna, room, "teh plan");
        await ben.sendMessage(room, {
            msgtype: "m.text", body: "* the plan", "m.new_content": { msgtype: "m.text", body: "the plan" },
            "m.relates_to": { rel_type: "m.replace", event_id: id },
        });
        const edited = () => anna.getRoom(room).findEventById(id)?.replacingEvent()?.getContent()["m.new_content"]?.body === "the plan";
        await until(anna, edited, "the edit");
        await anna.sendEvent(room, "m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: id, key: "👍" } });
        const reacted = () => ben.getRoom(room).relations.getChildEventsForEvent(id, "m.annotation", "m.reaction")?.getRelations().length;
        await until(ben, reacted, "the reaction");
    });

    test("a read mark arrives", async () => {
        const last = anna.getRoom(room).getLiveTimeline().getEvents().findLast((event) => event.getSender() === ben.getUserId());
        await anna.sendReadReceipt(last);
        await until(ben, () => ben.getRoom(room).hasUserReadEvent(anna.getUserId(), last.getId()), "the read mark");
    });

    test("the keys are in the backup", async () => {
        await eventually(async () => {
            const { json } = await request("GET", "/room_keys/version", { token: anna.getAccessToken() });
            assert.ok(json.count >= 2, `${json.count} sessions are in the backup`);
        }, 20);
    });

    test("a third device joins later, is trusted, and reads the history from the backup", async () => {
        const phone = await device(anna.getUserId().slice(1).split(":")[0], { recoveryKey });
        const crypto = phone.getCrypto();
        assert.equal(await crypto.userHasCrossSigningKeys(phone.getUserId(), true), true);
        await crypto.bootstrapCrossSigning({});
        const status = await crypto.getDeviceVerificationStatus(phone.getUserId(), phone.getDeviceId());
        assert.equal(status.isVerified(), true, "signed by the identity from the secret storage");
        await crypto.loadSessionBackupPrivateKeyFromSecretStorage();
        const { imported, total } = await crypto.restoreKeyBackup();
        assert.ok(imported >= 2 && imported === total, `${imported} of ${total}`);
        await phone.scrollback(phone.getRoom(room), 50);
        await untilText(phone, room, "Hello Ben");
        await untilText(phone, room, "Hello Anna 🌻");
    });

    test("what is said from now on reaches all three devices", async () => {
        await ben.sendTextMessage(room, "to all of you");
        await Promise.all(clients.map((client) => untilText(client, room, "to all of you")));
        const phone = clients[2];
        await phone.sendTextMessage(room, "from the phone");
        await Promise.all(clients.map((client) => untilText(client, room, "from the phone")));
    });

    test("after Ben has left, he is not given the keys", async () => {
        await ben.leave(room);
        await until(anna, () => anna.getRoom(room).getMember(ben.getUserId())?.membership === "leave", "Ben's leaving");
        await anna.sendTextMessage(room, "only for us");
        await untilText(clients[2], room, "only for us");
        assert.equal(ben.getRoom(room)?.getLiveTimeline().getEvents().some((event) => event.getContent().body === "only for us"), false);
    });
});
