import { getLanConfiguration } from "../../wire/ipmi/commands/get_lan_configuration.ts";
import { setLanConfiguration } from "../../wire/ipmi/commands/set_lan_configuration.ts";
import { THIS_CHANNEL } from "../../wire/ipmi/commands/ipmi_command.ts";
import {
  ADDRESS_SOURCES,
  type AddressSource,
  decodeAddressSource,
  decodeLanAddress,
  decodeLanMac,
  decodeVlan,
  LAN_PARAMETER,
} from "../../wire/ipmi/lan_parameters.ts";
import { type IpmiRunner, isBmcFault } from "./ipmi_runner.ts";

/** How the BMC is on the network. */
export interface BmcLan {
  readonly address: string;
  readonly source: AddressSource;
  readonly subnetMask: string;
  readonly gateway: string; // 0.0.0.0: none
  readonly mac: string;
  readonly vlan?: number; // absent: untagged, or the BMC does not say
}

/** Reads the settings of the channel that this session came in by. */
export async function readLan(bmc: IpmiRunner): Promise<BmcLan> {
  const read = async (parameter: number) =>
    (await bmc.run(getLanConfiguration, { channel: THIS_CHANNEL, parameter })).data;
  const address = decodeLanAddress(await read(LAN_PARAMETER.address));
  const source = decodeAddressSource(await read(LAN_PARAMETER.addressSource));
  const mac = decodeLanMac(await read(LAN_PARAMETER.mac));
  const subnetMask = decodeLanAddress(await read(LAN_PARAMETER.subnetMask));
  const gateway = decodeLanAddress(await read(LAN_PARAMETER.gateway));
  const vlan = await read(LAN_PARAMETER.vlan).then(decodeVlan).catch(unlessRefused);
  return { address, source, mac, subnetMask, gateway, ...(vlan === undefined ? {} : { vlan }) };
}

const SET_IN_PROGRESS = 1;
const SET_COMPLETE = 0;

/** Gives the BMC a fixed address. The session ends with it: the BMC answers at the new one. */
export async function setStaticAddress(
  bmc: IpmiRunner,
  wanted: { address: string; subnetMask: string; gateway: string },
): Promise<void> {
  const set = (parameter: number, data: readonly number[]) =>
    bmc.run(setLanConfiguration, {
      channel: THIS_CHANNEL,
      parameter,
      data: Uint8Array.from(data),
    });
  const octets = (dotted: string) => dotted.split(".").map(Number);
  await set(LAN_PARAMETER.setInProgress, [SET_IN_PROGRESS]).catch(unlessRefused);
  await set(LAN_PARAMETER.addressSource, [ADDRESS_SOURCES.static]);
  await set(LAN_PARAMETER.subnetMask, octets(wanted.subnetMask));
  await set(LAN_PARAMETER.gateway, octets(wanted.gateway));
  await set(LAN_PARAMETER.address, octets(wanted.address));
  await set(LAN_PARAMETER.setInProgress, [SET_COMPLETE]).catch(unlessRefused);
}

/** Not every BMC has every parameter. */
function unlessRefused(error: unknown): undefined {
  if (!isBmcFault(error, "bmc.command_failed")) throw error;
}
