"""Drives the Redfish service at argv[1] with sushy, OpenStack's client, and prints what it saw."""
import json, os, sys
import sushy, urllib3

urllib3.disable_warnings()
client = sushy.Sushy(sys.argv[1], username=os.environ["BMC_USER"], password=os.environ["BMC_PASSWORD"],
                     verify=False)
paths = client.get_system_collection().members_identities
system = client.get_system(paths[0])
seen = {"systems": len(paths), "id": system.identity, "before": str(system.power_state)}
seen["resets"] = sorted(str(each.value) for each in system.get_allowed_reset_system_values())
mode = sushy.BOOT_SOURCE_MODE_UEFI if sys.argv[2] == "mode" else None
system.set_system_boot_options(sushy.BOOT_SOURCE_TARGET_PXE, enabled=sushy.BOOT_SOURCE_ENABLED_ONCE,
                               mode=mode)
system.refresh()
seen["wish"] = [str(system.boot.target.value), str(system.boot.enabled.value)]
system.reset_system(sushy.RESET_ON)
system.refresh()
seen["on"] = [str(system.power_state.value), str(system.boot.enabled.value)]
system.reset_system(sushy.RESET_FORCE_OFF)
system.refresh()
seen["off"] = str(system.power_state.value)
seen["manager"] = client.get_manager(client.get_manager_collection().members_identities[0]).identity
seen["chassis"] = [str(each.power_state.value) for each in client.get_chassis_collection().get_members()]
print(json.dumps(seen))
