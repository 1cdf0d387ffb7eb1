import type { Vendor } from "./quirks.ts";

/**
 * What BMCs of each make answer, shortened to the fields that switching a machine depends on, and
 * where each was seen. Values are as sent: spelling, order, slashes at the end of a path.
 */
export interface RecordedAnswers {
  readonly vendor: Vendor;
  /** Where the whole answers are. */
  readonly source: string;
  readonly root: Readonly<Record<string, unknown>>;
  readonly systems: readonly string[];
  readonly system: Readonly<Record<string, unknown>>;
  /** Answered at the path that the system's action names. */
  readonly actionInfo?: Readonly<Record<string, unknown>>;
}

export const RECORDED: readonly RecordedAnswers[] = [
  {
    vendor: "hpe",
    source: "iLO 5, DL360 Gen10: github.com/spyroot/redfish_ctl, tests/hpe_dl360_corpus; " +
      "github.com/HewlettPackard/ilo-rest-api-docs, source/includes/_ilo5_resourcedefns.md",
    root: {
      "@odata.id": "/redfish/v1/",
      "@odata.type": "#ServiceRoot.v1_5_1.ServiceRoot",
      Links: { Sessions: { "@odata.id": "/redfish/v1/SessionService/Sessions/" } },
      Oem: { Hpe: { Manager: [{ ManagerType: "iLO 5" }] } },
      Product: "ProLiant DL360 Gen10",
      RedfishVersion: "1.6.0",
      Systems: { "@odata.id": "/redfish/v1/Systems/" },
      Vendor: "HPE",
    },
    systems: ["/redfish/v1/Systems/1/"],
    system: {
      "@odata.etag": 'W/"0E79655D"',
      "@odata.id": "/redfish/v1/Systems/1/",
      Actions: {
        "#ComputerSystem.Reset": {
          "ResetType@Redfish.AllowableValues": [
            "On",
            "ForceOff",
            "GracefulShutdown",
            "ForceRestart",
            "Nmi",
            "PushPowerButton",
            "GracefulRestart",
          ],
          target: "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset/",
        },
      },
      Boot: {
        BootSourceOverrideEnabled: "Disabled",
        BootSourceOverrideMode: "UEFI",
        BootSourceOverrideTarget: "None",
        "BootSourceOverrideTarget@Redfish.AllowableValues": [
          ...["None", "Cd", "Hdd", "Usb", "SDCard", "Utilities", "Diags", "BiosSetup", "Pxe"],
          ...["UefiShell", "UefiHttp", "UefiTarget"],
        ],
      },
      PowerState: "On",
    },
  },
  {
    vendor: "hpe",
    source: 'iLO 4, "P72 02/10/2014": a recording found by its Boot.BootSourceOverrideSupported, ' +
      "which is iLO 4's own; it has no GracefulShutdown and no AllowableValues for the boot target",
    root: {
      "@odata.type": "#ServiceRoot.1.0.0.ServiceRoot",
      Oem: { Hp: {} },
      RedfishVersion: "1.0.0",
      Systems: { "@odata.id": "/redfish/v1/Systems/" },
    },
    systems: ["/redfish/v1/Systems/1/"],
    system: {
      "@odata.id": "/redfish/v1/Systems/1/",
      Actions: {
        "#ComputerSystem.Reset": {
          "ResetType@Redfish.AllowableValues": [
            ...["On", "ForceOff", "ForceRestart", "Nmi", "PushPowerButton"],
          ],
          target: "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset/",
        },
      },
      Boot: {
        BootSourceOverrideEnabled: "Disabled",
        BootSourceOverrideSupported: [
          ...["None", "Floppy", "Cd", "Hdd", "Usb", "Utilities", "BiosSetup", "Pxe"],
        ],
        BootSourceOverrideTarget: "None",
      },
      PowerState: "Off",
    },
  },
  {
    vendor: "supermicro",
    source: "X11, SYS-2029GP-TR with BIOS 3.1a: a recording found by its Model; no Vendor in a " +
      "root that old, so Oem tells",
    root: {
      "@odata.type": "#ServiceRoot.v1_3_0.ServiceRoot",
      Oem: { Supermicro: { DumpService: {} } },
      RedfishVersion: "1.3.1",
      Systems: { "@odata.id": "/redfish/v1/Systems" },
    },
    systems: ["/redfish/v1/Systems/1"],
    system: {
      "@odata.id": "/redfish/v1/Systems/1",
      Actions: {
        "#ComputerSystem.Reset": {
          target: "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset",
          "ResetType@Redfish.AllowableValues": [
            ...["On", "ForceOff", "GracefulShutdown", "GracefulRestart", "ForceRestart", "Nmi"],
            "ForceOn",
          ],
        },
      },
      Boot: {
        BootSourceOverrideEnabled: "Disabled",
        BootSourceOverrideMode: "Legacy",
        BootSourceOverrideTarget: "None",
        "BootSourceOverrideTarget@Redfish.AllowableValues": [
          ...["None", "Pxe", "Floppy", "Cd", "Usb", "Hdd", "BiosSetup"],
        ],
      },
      PowerState: "On",
    },
  },
  {
    vendor: "openbmc",
    source: "bmcweb: github.com/openbmc/docs, REDFISH-cheatsheet.md; the openbmc mailing list of " +
      "2020-08-04 on ResetActionInfo",
    root: {
      "@odata.type": "#ServiceRoot.v1_15_0.ServiceRoot",
      Links: { ManagerProvidingService: { "@odata.id": "/redfish/v1/Managers/bmc" } },
      RedfishVersion: "1.17.0",
      Systems: { "@odata.id": "/redfish/v1/Systems" },
    },
    systems: ["/redfish/v1/Systems/system", "/redfish/v1/Systems/hypervisor"],
    system: {
      "@odata.id": "/redfish/v1/Systems/system",
      Actions: {
        "#ComputerSystem.Reset": {
          "@Redfish.ActionInfo": "/redfish/v1/Systems/system/ResetActionInfo",
          target: "/redfish/v1/Systems/system/Actions/ComputerSystem.Reset",
        },
      },
      Boot: {
        AutomaticRetryConfig: "RetryAttempts",
        BootSourceOverrideEnabled: "Disabled",
        BootSourceOverrideMode: "UEFI",
        "BootSourceOverrideMode@Redfish.AllowableValues": ["Legacy", "UEFI"],
        BootSourceOverrideTarget: "None",
        "BootSourceOverrideTarget@Redfish.AllowableValues": [
          ...["None", "Pxe", "Hdd", "Cd", "Diags", "BiosSetup", "Usb"],
        ],
      },
      PowerState: "Off",
    },
    actionInfo: {
      Parameters: [{
        AllowableValues: [
          ...["On", "ForceOff", "ForceOn", "ForceRestart", "GracefulRestart", "GracefulShutdown"],
          ...["PowerCycle", "Nmi"],
        ],
        DataType: "String",
        Name: "ResetType",
        Required: true,
      }],
    },
  },
  {
    vendor: "dell",
    source: "iDRAC 9: github.com/dell/iDRAC-Redfish-Scripting; ids as in a public recording of a " +
      "PowerEdge R720; written from these",
    root: {
      "@odata.type": "#ServiceRoot.v1_8_0.ServiceRoot",
      Links: { Sessions: { "@odata.id": "/redfish/v1/SessionService/Sessions" } },
      Oem: { Dell: { ManagerMACAddress: "d0:8e:79:bb:3e:ea" } },
      Product: "Integrated Dell Remote Access Controller",
      RedfishVersion: "1.11.0",
      Systems: { "@odata.id": "/redfish/v1/Systems" },
      Vendor: "Dell",
    },
    systems: ["/redfish/v1/Systems/System.Embedded.1"],
    system: {
      "@odata.id": "/redfish/v1/Systems/System.Embedded.1",
      Actions: {
        "#ComputerSystem.Reset": {
          target: "/redfish/v1/Systems/System.Embedded.1/Actions/ComputerSystem.Reset",
          "ResetType@Redfish.AllowableValues": [
            ...["On", "ForceOff", "ForceRestart", "GracefulRestart", "GracefulShutdown"],
            ...["PushPowerButton", "Nmi", "PowerCycle"],
          ],
        },
      },
      Boot: {
        BootSourceOverrideEnabled: "Disabled",
        BootSourceOverrideMode: "UEFI",
        BootSourceOverrideTarget: "None",
        "BootSourceOverrideTarget@Redfish.AllowableValues": [
          ...["None", "Pxe", "Floppy", "Cd", "Hdd", "BiosSetup", "Utilities", "UefiTarget"],
          ...["SDCard", "UefiHttp"],
        ],
      },
      PowerState: "Off",
    },
  },
  {
    vendor: "lenovo",
    source:
      'XCC: pubs.lenovo.com/xcc-restapi and xcc3-restapi, "GET – Server properties"; written from this',
    root: {
      "@odata.type": "#ServiceRoot.v1_5_0.ServiceRoot",
      Oem: { Lenovo: {} },
      RedfishVersion: "1.8.0",
      Systems: { "@odata.id": "/redfish/v1/Systems" },
      Vendor: "Lenovo",
    },
    systems: ["/redfish/v1/Systems/1"],
    system: {
      "@odata.etag": '"3dd2d0f2bd54a2b1a0a"',
      "@odata.id": "/redfish/v1/Systems/1",
      Actions: {
        "#ComputerSystem.Reset": {
          target: "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset",
          "ResetType@Redfish.AllowableValues": [
            ...["On", "Nmi", "GracefulShutdown", "GracefulRestart", "ForceOn", "ForceOff"],
            "ForceRestart",
          ],
        },
      },
      Boot: {
        BootSourceOverrideEnabled: "Disabled",
        BootSourceOverrideMode: "UEFI",
        BootSourceOverrideTarget: "None",
        "BootSourceOverrideTarget@Redfish.AllowableValues": [
          ...["None", "Pxe", "Cd", "Usb", "Hdd", "BiosSetup", "Diags", "UefiTarget"],
        ],
      },
      PowerState: "Off",
    },
  },
];
