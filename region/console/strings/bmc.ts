export const bmcText = {
  title: "Power",
  kind: "How it is switched",
  kinds: {
    ipmi: "IPMI",
    redfish: "Redfish",
    wake_on_lan: "Wake-on-LAN: on only",
    webhook: "Webhook: a program of yours does it",
    manual: "By hand",
  },
  fields: {
    address: "BMC address",
    username: "BMC user",
    password: "BMC password",
    mac: "MAC that is woken",
    onUrl: "Address for on",
    offUrl: "Address for off",
    queryUrl: "Address that tells the power",
  },
  passwordHint: "Empty: the one before stays, as long as nothing else here is changed",
  passwordAgain: "Type the password again: it cannot be read back",
  system: "System behind it",
  certificate: "Pinned certificate",
};
