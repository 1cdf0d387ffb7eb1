import { describe, expect, test } from "vitest";
import { DEFAULT_SETTINGS, SETTING_NAMES, SETTINGS, settingsFrom } from "./settings_table.ts";

describe("every setting", () => {
  test.each(SETTING_NAMES)("%s takes its own default, and says what it does", (name) => {
    const { parse, default: initial, description, accepted } = SETTINGS[name];
    expect(parse(initial)).toEqual(initial);
    expect(description).toMatch(/^[A-Z].*\.$/);
    expect(accepted).toMatch(/^[a-z]/);
  });

  test.each(SETTING_NAMES)("%s refuses what is of another kind", (name) => {
    for (const value of [{}, undefined, [null], ["x"], Number.NaN, 1.5, -1, "\u0000", " x "]) {
      expect([value, SETTINGS[name].parse(value)]).toEqual([value, undefined]);
    }
  });

  test.each(SETTING_NAMES)("%s keeps its limits", (name) => {
    const { kind, minimum, maximum, parse } = SETTINGS[name];
    if (kind !== "number" || minimum === undefined || maximum === undefined) return;
    expect([parse(minimum), parse(maximum)]).toEqual([minimum, maximum]);
    expect([parse(minimum - 1), parse(maximum + 1)]).toEqual([undefined, undefined]);
  });
});

describe("settingsFrom()", () => {
  test("puts what is stored over the defaults, and passes over what is not taken", () => {
    const stored = new Map<string, unknown>([
      ["sessionHours", 3],
      ["deployMinutes", "soon"],
      ["auditDaysKept", null],
      ["eventDaysKept", null],
      ["long gone", 1],
    ]);
    expect(settingsFrom(stored)).toEqual({
      ...DEFAULT_SETTINGS,
      sessionHours: 3,
      eventDaysKept: null,
    });
  });

  test("spells addresses as everywhere else, each once", () => {
    const { parse } = SETTINGS.dnsServers;
    expect(parse(["10.0.0.1", "2001:DB8::0:1"])).toEqual(["10.0.0.1", "2001:db8::1"]);
    expect(parse(["2001:db8::1", "2001:DB8:0::1"])).toBeUndefined();
    expect(parse(Array.from({ length: 9 }, (_, i) => `10.0.0.${i}`))).toBeUndefined();
  });
});
