import { expect, test } from "vitest";
import { nameOperations } from "./api_document.ts";

test("nameOperations() makes each name from the method and the path", () => {
  const paths = {
    "/api/v1/machines": { get: {}, post: {} },
    "/api/v1/machines/{systemId}/power-cycle": { post: {}, parameters: [] },
    "/healthz": { get: {} },
  };
  expect(nameOperations({ paths }).paths).toEqual({
    "/api/v1/machines": {
      get: { operationId: "getMachines" },
      post: { operationId: "postMachines" },
    },
    "/api/v1/machines/{systemId}/power-cycle": {
      post: { operationId: "postMachinesBySystemIdPowerCycle" },
      parameters: [],
    },
    "/healthz": { get: { operationId: "getHealthz" } },
  });
});
