import { expect, test } from "vitest";
import {
  checkDone,
  readState,
  webhookQuery,
  webhookRequest,
  type WebhookTarget,
} from "./webhook.ts";

const target: WebhookTarget = {
  address: "10.0.0.9",
  onUrl: "http://10.0.0.9/on",
  offUrl: "http://10.0.0.9/off",
};

test("an action is a POST that names it, with a bearer token or a user's password", () => {
  expect(webhookRequest(target, "on")).toEqual({
    method: "POST",
    url: "http://10.0.0.9/on",
    body: '{"action":"on"}',
  });
  expect(webhookRequest({ ...target, secret: "t0ken" }, "off")).toMatchObject({
    url: "http://10.0.0.9/off",
    authorization: "Bearer t0ken",
  });
  expect(webhookRequest({ ...target, username: "u", secret: "p" }, "off").authorization)
    .toBe("Basic dTpw");
});

test("without a query URL nothing is asked", () => {
  expect(webhookQuery(target)).toBeUndefined();
  expect(webhookQuery({ ...target, queryUrl: "http://h/q" })).toEqual({
    method: "GET",
    url: "http://h/q",
  });
});

test.each([
  ['{"power":"on"}', "on"],
  ['{"status": "running"}', "on"],
  ["Off\n", "off"],
  ['"stopped"', "off"],
  ['{"power":"unknown"}', "unknown"],
])("%s means %s", (text, state) => {
  expect(readState(target, { status: 200, text })).toBe(state);
});

test.each(["", "null", "{}", "[]", '{"power":"constructor"}', "maybe", "\u0000"])(
  "%j is refused, with what would have been accepted",
  (text) => {
    expect(() => readState(target, { status: 200, text })).toThrow(
      expect.objectContaining({ code: "bmc.answer_unreadable" }),
    );
  },
);

test.each([[401, "bmc.wrong_password"], [503, "bmc.busy"], [500, "bmc.command_failed"]])(
  "HTTP status %d is %s",
  (status, code) => {
    expect(() => checkDone(target, { status, text: "" })).toThrow(
      expect.objectContaining({ code }),
    );
  },
);
