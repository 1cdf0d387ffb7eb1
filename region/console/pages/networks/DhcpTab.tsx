import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { mayAct, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { networksText, subnetText } from "../../strings/networks.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { CheckField, faultOf, SelectField, TextField } from "../../ui/Field.tsx";
import { formatDuration } from "../../ui/format.ts";
import { Card, Facts } from "../../ui/Page.tsx";
import { ProblemNote } from "../../ui/ProblemNote.tsx";
import { toast } from "../../ui/toasts.ts";
import { useAction } from "../../ui/use_action.ts";
import { useSettled } from "../../ui/use_settled.ts";
import { addressesFault, addressFault, splitList } from "./address_faults.ts";
import { refreshNetworks } from "./NetworkDialog.tsx";
import type { Subnet } from "./NetworksPage.tsx";
import { OptionsCard } from "./OptionsCard.tsx";

/** What DHCP says in a subnet, and options beside it. */
export function DhcpTab({ subnet }: { subnet: Subnet }) {
  const isAdmin = useStore(session, (it) => mayAct("admin", it));
  return (
    <div class="stack wide">
      {isAdmin
        ? <SettingsForm key={subnet.version} subnet={subnet} />
        : (
          <Card title={subnetText.settings}>
            <SettingsFacts subnet={subnet} />
          </Card>
        )}
      <OptionsCard scope={{ subnetId: subnet.id }} />
    </div>
  );
}

function SettingsFacts({ subnet }: { subnet: Subnet }) {
  const list = (values: readonly string[]) => values.join(", ") || words.none;
  return (
    <Facts
      items={[
        [subnetText.mode, subnetText.modes[subnet.dhcpMode]],
        [networksText.gateway, subnet.gateway ?? words.none],
        [subnetText.leaseSeconds, String(subnet.leaseSeconds)],
        [subnetText.dnsServers, list(subnet.dnsServers)],
        [subnetText.ntpServers, list(subnet.ntpServers)],
        [subnetText.domain, subnet.domain ?? words.none],
        [subnetText.searchDomains, list(subnet.searchDomains)],
        [subnetText.routes, list(subnet.classlessRoutes.map(formatRoute))],
      ]}
    />
  );
}

type Mode = Subnet["dhcpMode"];

function SettingsForm({ subnet }: { subnet: Subnet }) {
  const [name, setName] = useState(subnet.name);
  const [mode, setMode] = useState<Mode>(subnet.dhcpMode);
  const [gateway, setGateway] = useState(subnet.gateway ?? "");
  const [lease, setLease] = useState(String(subnet.leaseSeconds));
  const [dns, setDns] = useState(subnet.dnsServers.join(", "));
  const [ntp, setNtp] = useState(subnet.ntpServers.join(", "));
  const [domain, setDomain] = useState(subnet.domain ?? "");
  const [search, setSearch] = useState(subnet.searchDomains.join(", "));
  const [routes, setRoutes] = useState(subnet.classlessRoutes.map(formatRoute).join("\n"));
  const [isManaged, setManaged] = useState(subnet.isManaged);
  const typed = {
    gateway: useSettled(gateway),
    dns: useSettled(dns),
    ntp: useSettled(ntp),
    routes: useSettled(routes),
  };
  const badRoute = routeLines(typed.routes).find((line) => parseRoute(line) === undefined);
  const leaseSeconds = Number(lease);
  const action = useAction(async () => {
    await api.patch("/subnets/:subnetId", {
      param: { subnetId: subnet.id },
      ifMatch: subnet.version,
      json: {
        name: name.trim() || subnet.cidr,
        dhcpMode: mode,
        gateway: gateway.trim() || null,
        leaseSeconds,
        dnsServers: splitList(dns),
        ntpServers: splitList(ntp),
        domain: domain.trim() || null,
        searchDomains: splitList(search),
        classlessRoutes: routeLines(routes).map((line) =>
          parseRoute(line) ?? { destination: line, gateway: "" }
        ),
        isManaged,
      },
    });
    refreshNetworks();
    toast("good", subnetText.saved);
  });
  const fault = (field: string) => faultIn(action.problem, field);
  return (
    <Card title={subnetText.settings}>
      <form
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          action.run();
        }}
      >
        <div class="form-grid">
          <TextField
            label={networksText.name}
            value={name}
            onInput={setName}
            fault={fault("name")}
            hasNoMemory
          />
          <SelectField<Mode>
            label={subnetText.mode}
            value={mode}
            options={[
              { value: "serve", label: subnetText.modes.serve },
              { value: "proxy", label: subnetText.modes.proxy },
              { value: "off", label: subnetText.modes.off },
            ]}
            onChange={setMode}
            fault={fault("dhcpMode")}
          />
          <TextField
            label={networksText.gateway}
            hint={networksText.gatewayHint}
            value={gateway}
            onInput={setGateway}
            fault={addressFault(typed.gateway) ?? fault("gateway")}
            isMono
            hasNoMemory
          />
          <TextField
            label={subnetText.leaseSeconds}
            hint={subnetText.leaseHint(formatDuration(leaseSeconds * 1000 || 0))}
            value={lease}
            onInput={setLease}
            fault={/^\d+$/.test(lease.trim()) && leaseSeconds >= 60 && leaseSeconds <= 31_536_000
              ? fault("leaseSeconds")
              : subnetText.leaseBad}
            hasNoMemory
          />
          <TextField
            label={subnetText.dnsServers}
            hint={subnetText.dnsHint}
            value={dns}
            onInput={setDns}
            fault={addressesFault(typed.dns) ?? fault("dnsServers")}
            isMono
            hasNoMemory
          />
          <TextField
            label={subnetText.ntpServers}
            hint={subnetText.dnsHint}
            value={ntp}
            onInput={setNtp}
            fault={addressesFault(typed.ntp) ?? fault("ntpServers")}
            isMono
            hasNoMemory
          />
          <TextField
            label={subnetText.domain}
            value={domain}
            onInput={setDomain}
            fault={fault("domain")}
            isMono
            hasNoMemory
          />
          <TextField
            label={subnetText.searchDomains}
            hint={subnetText.commaHint}
            value={search}
            onInput={setSearch}
            fault={fault("searchDomains")}
            isMono
            hasNoMemory
          />
        </div>
        <TextField
          label={subnetText.routes}
          hint={subnetText.routesHint}
          value={routes}
          onInput={setRoutes}
          fault={badRoute === undefined ? fault("classlessRoutes") : subnetText.routeBad(badRoute)}
          isMono
          rows={3}
        />
        <CheckField
          label={subnetText.isManaged}
          hint={subnetText.isManagedHint}
          checked={isManaged}
          onChange={setManaged}
        />
        <ProblemNote problem={action.problem} />
        <div>
          <Button type="submit" kind="primary" isBusy={action.isBusy}>{words.save}</Button>
        </div>
      </form>
    </Card>
  );
}

/** Also of what is in the field: `dnsServers[1]` is said at `dnsServers`. */
function faultIn(problem: Parameters<typeof faultOf>[0], field: string): string | undefined {
  const all = [problem?.field, ...(problem?.errors?.map((each) => each.field) ?? [])];
  const inside = all.find((each) =>
    each !== undefined && /^[.[]/.test(each.slice(field.length)) &&
    each.startsWith(field)
  );
  return faultOf(problem, field) ?? (inside === undefined ? undefined : faultOf(problem, inside));
}

function routeLines(text: string): string[] {
  return text.split("\n").map((line) => line.trim()).filter(Boolean);
}

function parseRoute(line: string): Subnet["classlessRoutes"][number] | undefined {
  const [destination, gateway, ...more] = line.split(/\s+/);
  return destination && gateway && more.length === 0 ? { destination, gateway } : undefined;
}

function formatRoute({ destination, gateway }: Subnet["classlessRoutes"][number]): string {
  return `${destination} ${gateway}`;
}
