import { inject } from "vitest";
import { connect, type DatabaseAddress, type Db } from "./client.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where `createTestDatabase` asks for databases; set by the run's global setup. */
    testDatabasesUrl: string;
  }
}

export interface TestDatabase {
  readonly db: Db;
  readonly address: DatabaseAddress;
  /** Closes the pool and drops the database. */
  drop(): Promise<void>;
}

/** A migrated, empty database for one test file, on the run's shared server. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const url = inject("testDatabasesUrl");
  if (!url) {
    throw new Error("the vitest config lacks globalSetup: test/integration/region/global_setup.ts");
  }
  const answer = await fetch(url, { method: "POST" });
  if (!answer.ok) throw new Error(`no test database: ${await answer.text()}`);
  // Our own server, a few lines away, answers with an address.
  const address = await answer.json() as DatabaseAddress & { database: string };
  const connection = connect(address);
  return {
    db: connection.db,
    address,
    drop: async () => {
      await connection.close();
      await (await fetch(`${url}?name=${address.database}`, { method: "DELETE" })).body?.cancel();
    },
  };
}
