import { expect, test } from "vitest";
import type { DhcpOptions } from "@/rack-agent/wire/dhcp/options.ts";
import { decodePacket } from "@/rack-agent/wire/dhcp/packet.ts";
import * as captures from "@/test/captures/dhcp_requests.ts";
import { hex } from "@/test/hex.ts";
import { discover, handle, NONE, replyTo, selecting, SERVER, stateOf } from "./answer_fixture.ts";

const IPXE_NO_PROXY = hex("b0 01 01");
const boots: [capture: keyof typeof captures, boot: object][] = [
  ["IPXE_BIOS_DISCOVER", {
    bootFile: "http://192.0.2.1:8080/boot/52:54:00:77:01:01/ipxe",
    options: { ipxeOptions: IPXE_NO_PROXY, tftpServerName: SERVER },
  }],
  ["IPXE_UEFI_DISCOVER", {
    bootFile: "http://192.0.2.1:8080/boot/52:54:00:77:01:02/ipxe",
    options: { ipxeOptions: IPXE_NO_PROXY },
  }],
  ["OVMF_PXE_DISCOVER", {
    bootFile: "snponly.efi",
    serverAddress: SERVER,
    serverName: SERVER,
    options: { bootFileName: "snponly.efi", tftpServerName: SERVER },
  }],
  ["OVMF_HTTP_DISCOVER", {
    bootFile: "http://192.0.2.1:8080/snponly.efi",
    options: { vendorClass: "HTTPClient" },
  }],
  ["AAVMF_PXE_DISCOVER", {
    bootFile: "snponly-arm64.efi",
    serverAddress: SERVER,
    options: { bootFileName: "snponly-arm64.efi", tftpServerName: SERVER },
  }],
  ["AAVMF_HTTP_DISCOVER", {
    bootFile: "http://192.0.2.1:8080/snponly-arm64.efi",
    options: { vendorClass: "HTTPClient" },
  }],
];
for (const [capture, boot] of boots) {
  test(`${capture} is told what to boot`, () => {
    expect(replyTo(stateOf(), decodePacket(captures[capture]))).toMatchObject(boot);
  });
}

test("a plain PXE client is not told option 60: it would go looking for a boot server", () => {
  const reply = replyTo(stateOf(), decodePacket(captures.OVMF_PXE_DISCOVER));
  expect(reply.options.vendorClass).toBeUndefined();
});

for (const capture of ["UDHCPC_DISCOVER", "DHCLIENT_DISCOVER"] as const) {
  test(`${capture} is told nothing of booting`, () => {
    expect(replyTo(stateOf(), decodePacket(captures[capture]))).toMatchObject({
      serverAddress: NONE,
      serverName: "",
      bootFile: "",
      options: expect.not.objectContaining({ bootFileName: expect.anything() }),
    });
  });
}

test("the architecture is taken from option 93, the vendor class, or BIOS for want of both", () => {
  const bootFile = (options: DhcpOptions) => replyTo(stateOf(), discover({}, options)).bootFile;
  expect(bootFile({ vendorClass: "PXEClient", clientArchitectures: [11] }))
    .toBe("snponly-arm64.efi");
  expect(bootFile({ vendorClass: "PXEClient:Arch:00007:UNDI:003016" })).toBe("snponly.efi");
  expect(bootFile({ vendorClass: "PXEClient" })).toBe("undionly.kpxe");
  expect(bootFile({ vendorClass: "PXEClient", clientArchitectures: [6] })).toBe("");
});

test("a boot file too long for its field is sent in option 67 alone", () => {
  const state = stateOf();
  const url = "http://192.0.2.1/" + "x".repeat(120);
  const long = { ...state, boot: { ...state.boot, scriptUrl: () => url } };
  expect(replyTo(long, discover({}, { userClasses: ["iPXE"] }))).toMatchObject({
    bootFile: "",
    options: { bootFileName: url },
  });
});

test("an ACK reports what the client was told to boot; an OFFER is no boot yet", () => {
  const state = stateOf();
  const request = decodePacket(captures.OVMF_PXE_DISCOVER);
  expect(handle(state, request)).not.toHaveProperty("boot");
  const { yourAddress } = replyTo(state, request);
  const options = { ...request.options, ...selecting(yourAddress).options };
  expect(handle(state, { ...request, options })).toMatchObject({
    boot: { firstProgram: "snponly.efi", client: { kind: "pxe", architecture: 7 } },
  });
});
