import { readSystem } from "./computer_system.ts";
import { type Json, linkIn, numberIn, objectIn, objectsIn, textIn } from "./json.ts";
import type { Conversation } from "./message.ts";
import { read, type Talk } from "./talk.ts";

/** What the sensors of a machine say; lists are empty where the BMC has none. */
export interface Readings {
  readonly watts?: number;
  readonly temperatures: readonly { readonly name: string; readonly celsius: number }[];
  readonly fans: readonly {
    readonly name: string;
    readonly reading: number;
    readonly unit: "RPM" | "%";
  }[];
}

const CHASSIS_MAX = 4;
const SENSORS_MAX = 256;

/** Power, temperatures and fans, by the new resources (2020.4 and later) or those before them. */
export function* readReadings(talk: Talk): Conversation<Readings> {
  const { chassis } = yield* readSystem(talk);
  let found: Readings = { temperatures: [], fans: [] };
  for (const path of chassis.slice(0, CHASSIS_MAX)) {
    const body = yield* read(talk, path, "describe its chassis");
    found = merge(found, yield* readChassis(talk, body));
  }
  return found;
}

function* readChassis(talk: Talk, chassis: Json): Conversation<Readings> {
  const purpose = "read its sensors";
  const thermal = linkIn(chassis, "Thermal");
  const power = linkIn(chassis, "Power");
  const metrics = linkIn(chassis, "EnvironmentMetrics");
  return merge(
    thermal ? thermalReadings(yield* read(talk, thermal, purpose)) : NONE,
    power
      ? powerReadings(yield* read(talk, power, purpose))
      : metrics
      ? environmentReadings(yield* read(talk, metrics, purpose))
      : NONE,
  );
}

const NONE: Readings = { temperatures: [], fans: [] };

/** DSP0268 "Thermal". */
export function thermalReadings(body: Json): Readings {
  return {
    temperatures: objectsIn(body, "Temperatures").flatMap((each) => {
      const celsius = numberIn(each, "ReadingCelsius");
      return celsius === undefined ? [] : [{ name: nameOf(each), celsius }];
    }).slice(0, SENSORS_MAX),
    fans: objectsIn(body, "Fans").flatMap((each) => {
      const reading = numberIn(each, "Reading") ?? numberIn(each, "ReadingRPM");
      if (reading === undefined) return [];
      const unit = textIn(each, "ReadingUnits") === "Percent" ? "%" as const : "RPM" as const;
      return [{ name: nameOf(each), reading, unit }];
    }).slice(0, SENSORS_MAX),
  };
}

/** DSP0268 "Power". */
export function powerReadings(body: Json): Readings {
  const [control] = objectsIn(body, "PowerControl");
  return { ...NONE, watts: numberIn(control, "PowerConsumedWatts") };
}

/** DSP0268 "EnvironmentMetrics". */
export function environmentReadings(body: Json): Readings {
  const celsius = numberIn(objectIn(body, "TemperatureCelsius"), "Reading");
  return {
    watts: numberIn(objectIn(body, "PowerWatts"), "Reading"),
    temperatures: celsius === undefined ? [] : [{ name: "Chassis", celsius }],
    fans: objectsIn(body, "FanSpeedsPercent").flatMap((each) => {
      const reading = numberIn(each, "Reading");
      const name = textIn(each, "DeviceName")?.slice(0, 64) ?? "fan";
      return reading === undefined ? [] : [{ name, reading, unit: "%" as const }];
    }).slice(0, SENSORS_MAX),
  };
}

function nameOf(sensor: Json): string {
  const name = textIn(sensor, "Name") ?? textIn(sensor, "FanName") ?? textIn(sensor, "MemberId");
  return name?.slice(0, 64) ?? "sensor";
}

function merge(a: Readings, b: Readings): Readings {
  const watts = b.watts === undefined ? a.watts : (a.watts ?? 0) + b.watts;
  return {
    ...(watts === undefined ? {} : { watts }),
    temperatures: [...a.temperatures, ...b.temperatures].slice(0, SENSORS_MAX),
    fans: [...a.fans, ...b.fans].slice(0, SENSORS_MAX),
  };
}
