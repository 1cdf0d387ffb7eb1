import type { MachineChassis } from "./machine_chassis.ts";
import { type FlavourName, FLAVOURS, type RedfishFlavour } from "./redfish_flavours.ts";
import { faultAnswer, type RedfishFault } from "./redfish_faults.ts";
import { collection, failure, json, link, readJson } from "./redfish_replies.ts";
import { chassisResources } from "./redfish_sensors.ts";

export interface RedfishBmcOptions {
  readonly username: string;
  readonly password: string;
  readonly flavour: FlavourName;
  readonly uuid?: string;
  /** Refuses sessions, as small services do. */
  readonly hasSessions?: boolean;
}

const ROOT = "/redfish/v1";
const EVENT_STREAM = `${ROOT}/EventService/SSE`;

/** One BMC with a Redfish service (DSP0266, DSP0268), as far as switching a machine needs it. */
export class RedfishBmc {
  /** What it does wrong from now on; undefined: nothing. */
  fault: RedfishFault | undefined;
  /** `GET /redfish/v1/Systems`…, the oldest first; bounded. */
  readonly requests: string[] = [];
  readonly #options: RedfishBmcOptions;
  readonly #chassis: MachineChassis;
  readonly #flavour: RedfishFlavour;
  readonly #tokens = new Map<string, string>();
  readonly #listeners = new Set<ReadableStreamDefaultController<Uint8Array>>();
  #override = { enabled: "Disabled", target: "None" };
  #mode: string | null;
  #version = 1;

  constructor(options: RedfishBmcOptions, chassis: MachineChassis) {
    this.#options = options;
    this.#chassis = chassis;
    this.#flavour = FLAVOURS[options.flavour];
    this.#mode = this.#flavour.bootMode;
  }

  /** Sessions that nobody has ended. */
  get sessionCount(): number {
    return this.#tokens.size;
  }

  /** As after a reset of the BMC: whoever is logged in has to do it again. */
  forgetSessions(): void {
    this.#tokens.clear();
  }

  async answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (this.requests.length < 10_000) this.requests.push(`${request.method} ${url.pathname}`);
    if (this.fault) {
      const answer = await faultAnswer(this.fault, url, request.signal);
      if (answer) return answer;
    }
    const path = url.pathname.replace(/\/+$/, "");
    if (this.#flavour.wantsSlash && !url.pathname.endsWith("/") && request.method === "GET") {
      return new Response(null, { status: 308, headers: { location: `${url.pathname}/` } });
    }
    if (request.method === "GET" && path === ROOT) return json(this.#root());
    if (request.method === "GET" && path === "/redfish") return json({ v1: `${ROOT}/` });
    if (request.method === "POST" && path === `${ROOT}/SessionService/Sessions`) {
      return await this.#openSession(request);
    }
    if (!this.#isLoggedIn(request)) return failure(401, "NoValidSession", "log in first");
    switch (request.method) {
      case "GET":
        return path === EVENT_STREAM ? this.#streamEvents() : await this.#get(path);
      case "POST":
        return await this.#post(path, request);
      case "PATCH":
        return await this.#patch(path, request);
      case "DELETE":
        return this.#endSession(path);
      default:
        return failure(405, "OperationNotAllowed", "no such method");
    }
  }

  #root() {
    const { root } = this.#flavour;
    const links = (root["Links"] ?? {}) as object; // the table's own
    return {
      "@odata.id": `${ROOT}/`,
      "@odata.type": "#ServiceRoot.v1_15_0.ServiceRoot",
      Id: "RootService",
      Name: "Root Service",
      RedfishVersion: "1.15.0",
      UUID: this.#options.uuid ?? "00000000-0000-4000-8000-000000000000",
      Systems: link("Systems"),
      Chassis: link("Chassis"),
      Managers: link("Managers"),
      SessionService: link("SessionService"),
      EventService: link("EventService"),
      ...root,
      Links: { Sessions: link("SessionService/Sessions"), ...links },
    };
  }

  async #openSession(request: Request): Promise<Response> {
    if (this.#options.hasSessions === false) {
      return failure(404, "ResourceMissingAtURI", "no sessions");
    }
    const { UserName, Password } = await readJson(request);
    const { username, password } = this.#options;
    if (UserName !== username || Password !== password) {
      return failure(401, "NoValidSession", "the user name or password is wrong");
    }
    if (this.#tokens.size >= this.#flavour.sessionsMax) {
      return failure(503, "SessionLimitExceeded", "too many sessions");
    }
    const id = crypto.randomUUID().slice(0, 8);
    const token = crypto.randomUUID();
    this.#tokens.set(token, id);
    const path = `${ROOT}/SessionService/Sessions/${id}`;
    const body = { "@odata.id": path, Id: id, Name: "Session", UserName };
    return json(body, 201, { "x-auth-token": token, location: path });
  }

  #endSession(path: string): Response {
    for (const [token, id] of this.#tokens) {
      if (!path.endsWith(`/Sessions/${id}`)) continue;
      this.#tokens.delete(token);
      return new Response(null, { status: 204 });
    }
    return failure(404, "ResourceMissingAtURI", "no such session");
  }

  #isLoggedIn({ headers }: Request): boolean {
    const { username, password } = this.#options;
    const token = headers.get("x-auth-token");
    if (token !== null) return this.#tokens.has(token);
    return headers.get("authorization") === `Basic ${btoa(`${username}:${password}`)}`;
  }

  async #get(path: string): Promise<Response> {
    const { system, otherSystems, manager, chassis, sensors } = this.#flavour;
    if (path === `${ROOT}/Systems`) return json(collection(path, [system.id, ...otherSystems]));
    if (path === `${ROOT}/Chassis`) return json(collection(path, [chassis]));
    if (path === `${ROOT}/Managers`) return json(collection(path, [manager]));
    if (path === this.#systemPath) {
      return json(await this.#system(), 200, { etag: this.#etag });
    }
    if (path === `${this.#systemPath}/ResetActionInfo`) return json(this.#actionInfo());
    if (path === `${ROOT}/Managers/${manager}`) return json(this.#manager());
    if (path === `${ROOT}/SessionService`) return json(sessionService());
    if (path === `${ROOT}/EventService`) return json(this.#eventService());
    if (path === `${ROOT}/SessionService/Sessions`) {
      return json(collection(path, [...this.#tokens.values()]));
    }
    const isOn = await this.#chassis.power() === "on";
    const found = chassisResources({ chassis, system: system.id, manager, sensors, isOn }).get(
      path,
    );
    return found ? json(found) : failure(404, "ResourceMissingAtURI", `there is no ${path}`);
  }

  get #systemPath(): string {
    return `${ROOT}/Systems/${this.#flavour.system.id}`;
  }

  get #etag(): string {
    return `W/"${this.#version}"`;
  }

  async #system() {
    const { system, resetTypes, resetTypesIn, bootTargets, chassis, manager } = this.#flavour;
    const isOn = await this.#chassis.power() === "on";
    const path = this.#systemPath;
    return {
      "@odata.id": path,
      "@odata.type": "#ComputerSystem.v1_10_0.ComputerSystem",
      "@odata.etag": this.#etag,
      Id: system.id,
      Name: "System",
      SystemType: "Physical",
      Manufacturer: system.manufacturer,
      Model: system.model,
      UUID: this.#options.uuid ?? "00000000-0000-4000-8000-000000000001",
      PowerState: isOn ? "On" : "Off",
      Status: { State: isOn ? "Enabled" : "StandbyOffline", Health: "OK" },
      Boot: {
        BootSourceOverrideEnabled: this.#override.enabled,
        BootSourceOverrideTarget: this.#override.target,
        "BootSourceOverrideTarget@Redfish.AllowableValues": bootTargets,
        ...(this.#mode === null ? {} : { BootSourceOverrideMode: this.#mode }),
      },
      Links: {
        Chassis: [link(`Chassis/${chassis}`)],
        ManagedBy: [link(`Managers/${manager}`)],
      },
      Actions: {
        "#ComputerSystem.Reset": {
          target: `${path}/Actions/ComputerSystem.Reset`,
          ...(resetTypesIn === "inline"
            ? { "ResetType@Redfish.AllowableValues": resetTypes }
            : { "@Redfish.ActionInfo": `${path}/ResetActionInfo` }),
        },
      },
    };
  }

  #actionInfo() {
    return {
      "@odata.id": `${this.#systemPath}/ResetActionInfo`,
      "@odata.type": "#ActionInfo.v1_1_2.ActionInfo",
      Id: "ResetActionInfo",
      Name: "Reset Action Info",
      Parameters: [{
        Name: "ResetType",
        Required: true,
        DataType: "String",
        AllowableValues: this.#flavour.resetTypes,
      }],
    };
  }

  #manager() {
    const { manager, system } = this.#flavour;
    return {
      "@odata.id": `${ROOT}/Managers/${manager}`,
      "@odata.type": "#Manager.v1_5_0.Manager",
      Id: manager,
      Name: "Manager",
      ManagerType: "BMC",
      UUID: this.#options.uuid ?? "00000000-0000-4000-8000-000000000002",
      FirmwareVersion: "1.0",
      Status: { State: "Enabled", Health: "OK" },
      Links: { ManagerForServers: [link(`Systems/${system.id}`)] },
    };
  }

  #eventService() {
    return {
      "@odata.id": `${ROOT}/EventService`,
      "@odata.type": "#EventService.v1_7_0.EventService",
      Id: "EventService",
      Name: "Event Service",
      ServiceEnabled: true,
      ...(this.#flavour.hasEventStream ? { ServerSentEventUri: EVENT_STREAM } : {}),
    };
  }

  async #post(path: string, request: Request): Promise<Response> {
    if (path !== `${this.#systemPath}/Actions/ComputerSystem.Reset`) {
      return failure(404, "ResourceMissingAtURI", `there is no ${path}`);
    }
    const { ResetType: type } = await readJson(request);
    if (typeof type !== "string" || !this.#flavour.resetTypes.includes(type)) {
      return failure(
        400,
        "ActionParameterValueNotInList",
        `ResetType ${String(type)} is not offered`,
      );
    }
    return await this.#reset(type);
  }

  async #reset(type: string): Promise<Response> {
    const power = await this.#chassis.power();
    const wasOn = power === "on";
    switch (type) {
      case "On":
      case "ForceOn":
        // As iDRAC: doing what is done is a conflict.
        if (wasOn) return failure(409, "ResourceInUse", "the server is already powered on");
        await this.#chassis.setPower("on");
        break;
      case "ForceOff":
        await this.#chassis.setPower("off");
        break;
      case "GracefulShutdown":
        await this.#chassis.shutDown();
        break;
      case "PushPowerButton":
        await (wasOn ? this.#chassis.shutDown() : this.#chassis.setPower("on"));
        break;
      default:
        if (!wasOn) return failure(409, "ResourceInUse", "the server is off");
        await this.#chassis.restart();
    }
    const isStart = type !== "ForceOff" && type !== "GracefulShutdown" &&
      !(type === "PushPowerButton" && wasOn);
    if (isStart && this.#override.enabled === "Once") {
      this.#override = { enabled: "Disabled", target: "None" };
    }
    this.#version++;
    this.tell("ResourceEvent.1.0.ResourceChanged");
    return new Response(null, { status: 204 });
  }

  async #patch(path: string, request: Request): Promise<Response> {
    if (path !== this.#systemPath) return failure(405, "OperationNotAllowed", "read only");
    const { wantsIfMatch, modeInPatch, bootTargets } = this.#flavour;
    const ifMatch = request.headers.get("if-match");
    if (wantsIfMatch && ifMatch === null) {
      return failure(428, "PreconditionRequired", "send If-Match");
    }
    if (ifMatch !== null && ifMatch !== "*" && ifMatch !== this.#etag) {
      return failure(412, "PreconditionFailed", "the ETag did not match");
    }
    const { Boot: boot } = await readJson(request);
    const { BootSourceOverrideMode: mode, BootSourceOverrideTarget: target } =
      (boot ?? {}) as Record<string, string | undefined>;
    const enabled = (boot as Record<string, string> | undefined)?.BootSourceOverrideEnabled;
    if (mode !== undefined && (modeInPatch === "refused" || this.#mode === null)) {
      return failure(
        400,
        "PropertyNotWritable",
        "The property BootSourceOverrideMode is read only",
      );
    }
    if (mode === undefined && modeInPatch === "required") {
      const text = "The property BootSourceOverrideMode is a required property";
      return failure(400, "PropertyMissing", text);
    }
    if (target !== undefined && !bootTargets.includes(target)) {
      return failure(400, "PropertyValueNotInList", `The value ${target} is not in the list`);
    }
    const wanted = target ?? this.#override.target;
    this.#override = { enabled: enabled ?? this.#override.enabled, target: wanted };
    if (mode !== undefined) this.#mode = mode;
    await this.#chassis.setBoot(
      this.#override.enabled === "Disabled" ? "none" : DEVICES[wanted] ?? "none",
    );
    this.#version++;
    return json(await this.#system(), 200, { etag: this.#etag });
  }

  /** Sends an event to everybody who listens. */
  tell(messageId: string): void {
    const event = { "@odata.type": "#Event.v1_4_0.Event", Events: [{ MessageId: messageId }] };
    const bytes = new TextEncoder().encode(
      `id: ${this.#version}\ndata: ${JSON.stringify(event)}\n\n`,
    );
    for (const listener of this.#listeners) listener.enqueue(bytes);
  }

  #streamEvents(): Response {
    if (!this.#flavour.hasEventStream) return failure(404, "ResourceMissingAtURI", "no events");
    let own: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = controller;
        this.#listeners.add(controller);
        controller.enqueue(new TextEncoder().encode(": welcome\n\n"));
      },
      cancel: () => {
        if (own) this.#listeners.delete(own);
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }
}

const DEVICES: Readonly<Record<string, "network" | "disk">> = {
  Pxe: "network",
  UefiHttp: "network",
  Hdd: "disk",
};

function sessionService() {
  return {
    "@odata.id": `${ROOT}/SessionService`,
    "@odata.type": "#SessionService.v1_1_6.SessionService",
    Id: "SessionService",
    Name: "Session Service",
    ServiceEnabled: true,
    SessionTimeout: 1800,
    Sessions: link("SessionService/Sessions"),
  };
}
