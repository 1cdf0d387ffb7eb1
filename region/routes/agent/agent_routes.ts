import { Hono } from "hono";
import type { RegionContext } from "@/region/context.ts";
import { toProblem } from "@/region/routes/problem.ts";
import { blobRoutes } from "./blobs.ts";
import { credentialRoutes } from "./credential.ts";
import { enrolmentRoutes } from "./enrolment.ts";
import { factRoutes } from "./facts.ts";
import { stateRoutes } from "./state.ts";

/** Everything that agents ask of the region; to be mounted at `/agent/v1`. */
export function agentRoutes(ctx: RegionContext): Hono {
  const problem = toProblem(ctx);
  return new Hono()
    .onError((error, c) => {
      const response = problem(error, c);
      // RFC 9449 §7.1
      if (response.status === 401) response.headers.set("www-authenticate", 'DPoP algs="EdDSA"');
      return response;
    })
    .route("/", enrolmentRoutes(ctx))
    .route("/", credentialRoutes(ctx))
    .route("/", stateRoutes(ctx))
    .route("/", factRoutes(ctx))
    .route("/", blobRoutes(ctx));
}
