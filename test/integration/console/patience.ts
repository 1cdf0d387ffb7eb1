import { vi } from "vitest";

/** A browser on a host that does much else is slow; nothing here is about how long it takes. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
