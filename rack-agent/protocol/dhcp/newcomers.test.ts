import { expect, test } from "vitest";
import { Newcomers } from "./newcomers.ts";

const limits = { port: { burst: 2, perMinute: 1 }, link: { burst: 3, perMinute: 60 } };
const here = { link: "eth0", port: "eth0 port 1" };

test("a port is full after its burst, and has room again with time", () => {
  const newcomers = new Newcomers(limits);
  newcomers.count(here, 0);
  expect(newcomers.fullPlace(here, 0)).toBeUndefined();
  newcomers.count(here, 0);
  expect(newcomers.fullPlace(here, 0)).toBe("eth0 port 1");
  expect(newcomers.fullPlace({ link: "eth0", port: "eth0 port 2" }, 0)).toBeUndefined();
  expect(newcomers.fullPlace(here, 59_999)).toBe("eth0 port 1");
  expect(newcomers.fullPlace(here, 60_000)).toBeUndefined();
});

test("a link is full whatever its ports say", () => {
  const newcomers = new Newcomers(limits);
  for (let port = 0; port < 3; port++) newcomers.count({ link: "eth0", port: `port ${port}` }, 0);
  expect(newcomers.fullPlace({ link: "eth0", port: "port 9" }, 0)).toBe("eth0");
  expect(newcomers.fullPlace({ link: "eth1" }, 0)).toBeUndefined();
  expect(newcomers.fullPlace({ link: "eth0" }, 1_000)).toBeUndefined();
});

test("a clock that jumps back changes nothing", () => {
  const newcomers = new Newcomers(limits);
  for (let i = 0; i < 3; i++) newcomers.count({ link: "eth0" }, 1_000_000);
  expect(newcomers.fullPlace({ link: "eth0" }, 0)).toBe("eth0");
});

test("memory is bounded: the place used longest ago is forgotten", () => {
  const newcomers = new Newcomers({ ...limits, port: { burst: 1, perMinute: 0 } });
  newcomers.count({ link: "l", port: "first" }, 0);
  for (let i = 0; i < 20_000; i++) newcomers.count({ link: "l", port: `port ${i}` }, 0);
  expect(newcomers.fullPlace({ link: "other", port: "first" }, 0)).toBeUndefined();
  expect(newcomers.fullPlace({ link: "other", port: "port 19999" }, 0)).toBe("port 19999");
});
