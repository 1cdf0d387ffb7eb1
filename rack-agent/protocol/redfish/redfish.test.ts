import fc from "fast-check";
import { expect, test } from "vitest";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { countEvents, NO_EVENTS } from "./event_stream.ts";
import { readExtendedInfo } from "./extended_info.ts";
import type { Conversation, RedfishAnswer, RedfishRequest } from "./message.ts";
import { setNextBoot } from "./next_boot.ts";
import { environmentReadings, powerReadings, readReadings, thermalReadings } from "./readings.ts";
import { RECORDED, type RecordedAnswers } from "./recorded_answers.ts";
import { queryPower, switchPower } from "./switch_power.ts";
import type { Talk } from "./talk.ts";

const talk = (): Talk => ({
  login: { address: "192.0.2.7", username: "admin", password: "planted-Secret-7" },
});

type Reply = (request: RedfishRequest) => RedfishAnswer;

/** Holds a conversation; returns what came of it and every request but for the login. */
function hold<T>(
  conversation: Conversation<T>,
  reply: Reply,
): { value: T; asked: RedfishRequest[] } {
  const asked: RedfishRequest[] = [];
  let step = conversation.next();
  while (!step.done) {
    if (!step.value.path.includes("Sessions")) asked.push(step.value);
    step = conversation.next(reply(step.value));
  }
  return { value: step.value, asked };
}

function answer(body: unknown, status = 200, headers: Record<string, string> = {}): RedfishAnswer {
  return { status, headers, text: JSON.stringify(body) };
}

/** A BMC that answers as it was recorded; changes are taken with 204. */
function recorded(of: RecordedAnswers, change: Reply = () => answer(null, 204)): Reply {
  return (request) => {
    const { method, path } = request;
    if (path.includes("SessionService")) return answer({}, 201, { "x-auth-token": "t" });
    if (method !== "GET") return change(request);
    if (path === "/redfish/v1/") return answer(of.root);
    if (/\/Systems\/?$/.test(path)) {
      return answer({ Members: of.systems.map((each) => ({ "@odata.id": each })) });
    }
    if (path.endsWith("ActionInfo")) return answer(of.actionInfo);
    return of.systems.includes(path) ? answer(of.system) : answer({}, 404);
  };
}

test.each(RECORDED.map((each) => [each.vendor, each] as const))(
  "a recorded %s is known by its root and switched by what it offers",
  (vendor, recording) => {
    const own = talk();
    const power = recording.system.PowerState === "On" ? "on" : "off";
    expect(hold(queryPower(own), recorded(recording)).value).toBe(power);
    expect(own.root?.vendor).toBe(vendor);
    const how = power === "on" ? "off" : "on";
    const [change] = hold(switchPower(own, how), recorded(recording)).asked.slice(-1);
    expect(change).toMatchObject({
      method: "POST",
      body: { ResetType: how === "on" ? "On" : "ForceOff" },
      path: expect.stringMatching(
        /^\/redfish\/v1\/Systems\/[^/]+\/Actions\/ComputerSystem\.Reset\/?$/,
      ),
      auth: { kind: "session", token: "t" },
    });
    expect(hold(switchPower(own, power), recorded(recording)).asked.at(-1)?.method).toBe("GET");
  },
);

/** What each make gets: a mode, an ETag, or the target alone. */
test.each(
  [
    ["hpe", {}, undefined],
    ["dell", {}, undefined],
    ["lenovo", {}, '"3dd2d0f2bd54a2b1a0a"'],
    ["supermicro", { BootSourceOverrideMode: "UEFI" }, undefined],
    ["openbmc", { BootSourceOverrideMode: "UEFI" }, undefined],
  ] as const,
)("the next boot of a recorded %s is put as it wants it", (vendor, more, ifMatch) => {
  const recording = RECORDED.find((each) => each.vendor === vendor);
  if (!recording) throw new Error(`${vendor} was not recorded`);
  const wish = { device: "network", uefi: true } as const;
  const { asked } = hold(setNextBoot(talk(), wish), recorded(recording));
  expect(asked.at(-1)).toMatchObject({ method: "PATCH", path: recording.systems[0] });
  expect(asked.at(-1)?.body).toEqual({
    Boot: { BootSourceOverrideEnabled: "Once", BootSourceOverrideTarget: "Pxe", ...more },
  });
  expect(asked.at(-1)?.ifMatch).toBe(ifMatch);
});

const other: RecordedAnswers = {
  vendor: "other",
  source: "made up",
  root: { RedfishVersion: "1.0.0", Systems: { "@odata.id": "/redfish/v1/Systems" } },
  systems: ["/redfish/v1/Systems/x"],
  system: {
    "@odata.id": "/redfish/v1/Systems/x",
    "@odata.etag": 'W/"7"',
    PowerState: "Off",
    Boot: { BootSourceOverrideMode: "UEFI" },
  },
};

function refuses(message: string, status = 400): RedfishAnswer {
  return answer({ error: { "@Message.ExtendedInfo": [{ Message: message }] } }, status);
}

test("a BMC nobody knows is obeyed: without the mode, and with its ETag", () => {
  const change: Reply = ({ body, ifMatch }) =>
    ifMatch === undefined
      ? answer({}, 428)
      : JSON.stringify(body).includes("Mode")
      ? refuses("The property BootSourceOverrideMode is a read only property")
      : answer(null, 204);
  const wish = { device: "network", uefi: true } as const;
  const { asked } = hold(setNextBoot(talk(), wish), recorded(other, change));
  expect(asked.at(-1)).toMatchObject({ ifMatch: 'W/"7"' });
  expect(asked.filter(({ method }) => method === "PATCH")).toHaveLength(3);
});

test("a BMC that refuses every shape is not asked for ever", () => {
  const change = () => refuses("BootSourceOverrideMode is wrong");
  const wish = { device: "network", uefi: true } as const;
  expect(() => hold(setNextBoot(talk(), wish), recorded(other, change))).toThrow(
    /refuses to start the next boot from network \(Pxe\), with HTTP status 400/,
  );
});

test("what is not offered is named with what is", () => {
  const poor = {
    ...other,
    system: {
      ...other.system,
      Actions: { "#ComputerSystem.Reset": { "ResetType@Redfish.AllowableValues": ["Nmi"] } },
      Boot: { "BootSourceOverrideTarget@Redfish.AllowableValues": ["Hdd"] },
    },
  };
  expect(() => hold(switchPower(talk(), "on"), recorded(poor))).toThrow(
    "cannot switch on: it offers Nmi, and this takes On or ForceOn or PushPowerButton",
  );
  expect(() => hold(setNextBoot(talk(), { device: "network", uefi: false }), recorded(poor)))
    .toThrow("it offers Hdd; put network first in the machine's own boot order");
});

test.each([
  [401, "bmc.wrong_password"],
  [403, "bmc.no_privilege"],
  [409, "bmc.not_now"],
  [500, "bmc.command_failed"],
  [503, "bmc.busy"],
])("HTTP status %d to an order is %s, in words and without the password", (status, code) => {
  const change = () => refuses("user admin with planted-Secret-7\u001b[31m may not", status);
  const error = catchError(() => hold(switchPower(talk(), "on"), recorded(other, change)));
  expect(error).toMatchObject({ code });
  expect(`${error}`).not.toContain("planted");
  expect(`${error}`).not.toContain("\u001b");
});

test("a state that the BMC does not know is no state", () => {
  const unsure = { ...other, system: { ...other.system, PowerState: null } };
  expect(catchError(() => hold(queryPower(talk()), recorded(unsure)))).toMatchObject({
    code: "bmc.busy",
  });
});

test("a machine on its way is not there yet", () => {
  const state = (PowerState: string) =>
    hold(queryPower(talk()), recorded({ ...other, system: { ...other.system, PowerState } })).value;
  expect(state("PoweringOn")).toBe("off");
  expect(state("PoweringOff")).toBe("on");
});

test("links that leave the BMC are not followed", () => {
  for (const target of ["//198.51.100.7/x", "https://198.51.100.7/x", "/\\198.51.100.7", "/a b"]) {
    const root = { ...other.root, Systems: { "@odata.id": target } };
    const error = catchError(() => hold(queryPower(talk()), recorded({ ...other, root })));
    expect(error).toMatchObject({ code: "bmc.answer_unreadable" });
  }
});

test("conversations end with a value or a DomainError, whatever is answered", () => {
  const status = fc.constantFrom(200, 201, 202, 204, 301, 400, 401, 404, 409, 412, 428, 500, 503);
  const text = fc.oneof(
    fc.json(),
    fc.string(),
    fc.constantFrom(
      ...RECORDED.flatMap(({ root, system }) => [root, system]).map((body) => JSON.stringify(body)),
    ),
    fc.constant(
      '{"Members":[{"@odata.id":"/redfish/v1/Systems/1"}],"Members@odata.nextLink":"/x"}',
    ),
  );
  const headers = fc.constantFrom({}, { location: "/x" }, { "x-auth-token": "t", etag: "*" });
  const answers = fc.array(fc.record({ status, text, headers }), { minLength: 1, maxLength: 40 });
  fc.assert(fc.property(answers, (list) => {
    const conversations: Conversation<unknown>[] = [
      queryPower(talk()),
      switchPower(talk(), "cycle"),
      setNextBoot(talk(), { device: "network", uefi: true }),
      readReadings(talk()),
    ];
    for (const conversation of conversations) {
      let next = 0;
      const error = catchError(() =>
        hold(conversation, () => {
          if (next > 500) throw new Error("it goes on for ever");
          return list[next++ % list.length] ?? answer({});
        })
      );
      if (error !== undefined) expect(error).toBeInstanceOf(DomainError);
    }
  }));
});

test("readings are taken from old and new resources, and absent sensors left out", () => {
  expect(powerReadings({ PowerControl: [{ PowerConsumedWatts: 212 }] }).watts).toBe(212);
  expect(thermalReadings({
    Temperatures: [{ Name: "Inlet", ReadingCelsius: 22 }, { Name: "CPU 2", ReadingCelsius: null }],
    Fans: [{ FanName: "Fan 1", Reading: 40, ReadingUnits: "Percent" }, {
      Name: "F2",
      ReadingRPM: 9,
    }],
  })).toEqual({
    temperatures: [{ name: "Inlet", celsius: 22 }],
    fans: [{ name: "Fan 1", reading: 40, unit: "%" }, { name: "F2", reading: 9, unit: "RPM" }],
  });
  expect(
    environmentReadings({ PowerWatts: { Reading: 90.5 }, TemperatureCelsius: { Reading: 31 } }),
  )
    .toEqual({ watts: 90.5, temperatures: [{ name: "Chassis", celsius: 31 }], fans: [] });
});

test("an event counts once, wherever the stream was cut", () => {
  const stream = ": hi\n\nid: 1\ndata: {}\n\ndata: a\r\ndata: b\r\n\r\nevent: x\n\n";
  for (let cut = 0; cut <= stream.length; cut++) {
    const first = countEvents(NO_EVENTS, stream.slice(0, cut));
    const second = countEvents(first, stream.slice(cut));
    expect(first.events + second.events, `cut at ${cut}`).toBe(2);
  }
});

test("extended info is read from every place that firmware puts it, and cut to a line", () => {
  expect(readExtendedInfo('{"error":{"code":"Base.1.0.GeneralError","message":"a\\nb"}}'))
    .toEqual([{ id: "GeneralError", message: "a b" }]);
  expect(readExtendedInfo('{"@Message.ExtendedInfo":[{"MessageId":"x","Message":"m"}]}'))
    .toEqual([{ id: "x", message: "m" }]);
  for (const text of ["", "[]", "null", '{"error":7}']) expect(readExtendedInfo(text)).toEqual([]);
});

function catchError(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}
