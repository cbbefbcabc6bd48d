import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { SetUpForm } from "./SetUpForm";
import { proposeUsername } from "./sign-in";
import { SignInForm } from "./SignInForm";

const answer = (status: number, body: unknown) => vi.fn().mockResolvedValue(new Response(JSON.stringify(body), { status }));

afterEach(() => vi.unstubAllGlobals());

describe("signing in", () => {
  async function tryIt(reply: typeof fetch) {
    vi.stubGlobal("fetch", reply);
    const entered = vi.fn();
    render(<SignInForm onEnter={entered} />);
    await userEvent.type(screen.getByLabelText("Username"), "anna");
    await userEvent.type(screen.getByLabelText("Password"), "secret-123");
    await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
    return entered;
  }

  it("hands over the session, and the password for the encryption", async () => {
    const entered = await tryIt(answer(200, { user_id: "@anna:x", access_token: "t", device_id: "D" }));
    expect(entered).toHaveBeenCalledWith({ userId: "@anna:x", accessToken: "t", deviceId: "D", password: "secret-123" });
  });

  it("says at the password that it is wrong", async () => {
    await tryIt(answer(403, { errcode: "M_FORBIDDEN" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Username or password is wrong.");
    expect(screen.getByLabelText("Password")).toHaveAccessibleDescription(/wrong/);
  });

  it("says how long to wait after too many tries", async () => {
    await tryIt(answer(429, { errcode: "M_LIMIT_EXCEEDED", retry_after_ms: 41_200 }));
    expect(await screen.findByRole("alert")).toHaveTextContent("42 seconds");
  });

  it("says so when the server is out of reach", async () => {
    await tryIt(vi.fn().mockRejectedValue(new TypeError("failed to fetch")));
    expect(await screen.findByRole("alert")).toHaveTextContent("cannot be reached");
  });
});

describe("setting up", () => {
  it("asks for a better password before it asks the server", async () => {
    const server = vi.fn();
    vi.stubGlobal("fetch", server);
    render(<SetUpForm token="t" onEnter={vi.fn()} />);
    await userEvent.type(screen.getByLabelText("Your name"), "Anna Müller");
    expect(screen.getByLabelText("Username")).toHaveValue("anna.mueller");
    await userEvent.type(screen.getByLabelText("Password"), "short");
    await userEvent.click(screen.getByRole("button", { name: "Start Unisono" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("8 characters");
    expect(server).not.toHaveBeenCalled();
  });

  it("proposes a login that servers take", () => {
    expect(proposeUsername("Łukasz Größe-Ñandú")).toMatch(/^[a-z0-9._-]+$/);
  });
});
