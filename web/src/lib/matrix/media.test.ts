import { beforeAll, describe, expect, it } from "vitest";
import { initAsync } from "@matrix-org/matrix-sdk-crypto-wasm";
import { decryptFile, encryptFile, safeType } from "./media";

beforeAll(() => initAsync());

describe("a file in an encrypted chat", () => {
  const clear = new TextEncoder().encode("only for us");

  it("comes out as it went in, and is unreadable in between", () => {
    const { data, describe: file } = encryptFile(clear);
    expect(new TextDecoder().decode(data)).not.toContain("only for us");
    const described = file("mxc://x/y");
    expect(described).toMatchObject({ url: "mxc://x/y", v: "v2", key: { alg: "A256CTR" } });
    expect(new TextDecoder().decode(decryptFile(data, described))).toBe("only for us");
  });

  it("is refused when somebody changed it on the way", () => {
    const { data, describe: file } = encryptFile(clear);
    const changed = new Uint8Array(data);
    changed[0]! ^= 1;
    expect(() => decryptFile(changed, file("mxc://x/y"))).toThrow();
  });
});

describe("the type of a file", () => {
  it("is believed only where a browser runs nothing of it", () => {
    expect(safeType("image/png")).toBe("image/png");
    expect(safeType("image/svg+xml")).toBe("application/octet-stream");
    expect(safeType("text/html")).toBe("application/octet-stream");
    expect(safeType(undefined)).toBe("application/octet-stream");
  });
});
