import { describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "./config.ts";

const read = (env: Record<string, string>, isRoot = true) =>
  readConfig((name) => env[name], { isRoot });

describe("readConfig", () => {
  test("has a default for everything", () => {
    expect(read({})).toEqual({
      listen: { hostname: "127.0.0.1", port: 5240 },
      publicUrl: "http://127.0.0.1:5240",
      dataFolder: "/var/lib/rackwright/region",
      databaseUrl: undefined,
      proxies: [],
      bootstrapFile: undefined,
    });
  });

  test("keeps the data of an ordinary user in that user's home", () => {
    expect(read({ HOME: "/home/ada" }, false).dataFolder)
      .toBe("/home/ada/.local/share/rackwright/region");
    expect(read({ HOME: "/home/ada", XDG_DATA_HOME: "/data" }, false).dataFolder)
      .toBe("/data/rackwright/region");
  });

  test("takes IPv6 addresses in brackets, and drops slashes at the end of the URL", () => {
    const config = read({
      RACKWRIGHT_LISTEN: "[::1]:80",
      RACKWRIGHT_PUBLIC_URL: "https://region.example.com/",
    });
    expect(config.listen).toEqual({ hostname: "::1", port: 80 });
    expect(config.publicUrl).toBe("https://region.example.com");
  });

  test("takes addresses of proxies, and nothing else there", () => {
    expect(read({ RACKWRIGHT_PROXIES: "127.0.0.1, ::1" }).proxies).toEqual(["127.0.0.1", "::1"]);
    expect(() => read({ RACKWRIGHT_PROXIES: "127.0.0.1,proxy" })).toThrow(/has "proxy"/);
  });

  test("tells every problem at once, without a password", () => {
    const env = {
      RACKWRIGHT_LISTEN: "5240",
      RACKWRIGHT_DATA: "data",
      DATABASE_URL: "mysql://root:secret@db/x",
    };
    expect(() => read(env)).toThrow(ConfigError);
    expect(() => read(env)).toThrow(
      /RACKWRIGHT_LISTEN[^]*RACKWRIGHT_DATA is "data"[^]*DATABASE_URL/,
    );
    expect(() => read(env)).not.toThrow(/secret/);
  });

  test.each(["host:0", "host:65536", ":80", "a b:80", "::1:80"])(
    "refuses the listen address %s",
    (listen) => {
      expect(() => read({ RACKWRIGHT_LISTEN: listen })).toThrow(/RACKWRIGHT_LISTEN/);
    },
  );

  test.each(["ftp://x", "region.example.com", "http://u:p@x", "http://x/?a=1"])(
    "refuses the public URL %s",
    (url) => {
      expect(() => read({ RACKWRIGHT_PUBLIC_URL: url })).toThrow(/RACKWRIGHT_PUBLIC_URL/);
    },
  );
});

test("hosts that the region may call although they are its own are read in any spelling", () => {
  const config = read({
    RACKWRIGHT_WEBHOOK_HOSTS: "Hooks.example.com, 127.0.0.1:9000",
    RACKWRIGHT_OIDC_HOSTS: "Login.Example.com:8443",
  });
  expect(config.webhookHosts).toEqual(["hooks.example.com", "127.0.0.1:9000"]);
  expect(config.oidcHosts).toEqual(["login.example.com:8443"]);
});
