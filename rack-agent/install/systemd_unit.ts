import { ACCOUNT, type Places } from "./places.ts";

/**
 * The service, with no more rights than it uses (systemd.exec(5)).
 *
 * CAP_NET_BIND_SERVICE for ports 67 and 69, CAP_NET_RAW for answers to machines that have no address
 * yet, CAP_NET_ADMIN for receive buffers that hold a whole site's questions. Memory that is written
 * and then run is not denied: that is how a JavaScript engine works. A system call that is filtered
 * fails and does not end the agent: a runtime tries some, and goes on without.
 */
export function systemdUnit({ program, data }: Places): string {
  const capabilities = "CAP_NET_BIND_SERVICE CAP_NET_RAW CAP_NET_ADMIN";
  return `[Unit]
Description=Rackwright rack agent: DHCP, TFTP, HTTP boot, metadata and power for a site
Documentation=man:systemd.exec(5)
Wants=network-online.target
After=network-online.target
ConditionPathExists=${data}/identity.json

[Service]
ExecStartPre=+/bin/chown -R ${ACCOUNT}: ${data}
ExecStart=${program} run --data ${data}
User=${ACCOUNT}
Restart=always
RestartSec=2
TimeoutStopSec=20
LimitNOFILE=65536

AmbientCapabilities=${capabilities}
CapabilityBoundingSet=${capabilities}
NoNewPrivileges=yes
CacheDirectory=rackwright-agent
ReadWritePaths=${data}
ProtectSystem=strict
ProtectHome=yes
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
PrivateDevices=yes
PrivateTmp=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_PACKET
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=multi-user.target
`;
}
