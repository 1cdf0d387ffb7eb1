/** What the chassis of a simulated machine shows, by path. */
export function chassisResources(
  of: {
    chassis: string;
    system: string;
    manager: string;
    sensors: "power_thermal" | "environment_metrics";
    isOn: boolean;
  },
): ReadonlyMap<string, unknown> {
  const path = `/redfish/v1/Chassis/${of.chassis}`;
  const isOld = of.sensors === "power_thermal";
  const watts = of.isOn ? 212 : 9;
  const chassis = {
    "@odata.id": path,
    "@odata.type": "#Chassis.v1_15_0.Chassis",
    Id: of.chassis,
    Name: "Chassis",
    ChassisType: "RackMount",
    PowerState: of.isOn ? "On" : "Off",
    Status: { State: "Enabled", Health: "OK" },
    Links: {
      ComputerSystems: [{ "@odata.id": `/redfish/v1/Systems/${of.system}` }],
      ManagedBy: [{ "@odata.id": `/redfish/v1/Managers/${of.manager}` }],
    },
    ...(isOld
      ? { Power: { "@odata.id": `${path}/Power` }, Thermal: { "@odata.id": `${path}/Thermal` } }
      : { EnvironmentMetrics: { "@odata.id": `${path}/EnvironmentMetrics` } }),
  };
  if (!isOld) {
    const metrics = {
      "@odata.id": `${path}/EnvironmentMetrics`,
      "@odata.type": "#EnvironmentMetrics.v1_3_0.EnvironmentMetrics",
      Id: "EnvironmentMetrics",
      Name: "Environment Metrics",
      PowerWatts: { Reading: watts },
      TemperatureCelsius: { Reading: 23.5 },
      FanSpeedsPercent: [{ DeviceName: "Fan 1", Reading: 31 }],
    };
    return new Map<string, unknown>([[path, chassis], [`${path}/EnvironmentMetrics`, metrics]]);
  }
  const power = {
    "@odata.id": `${path}/Power`,
    "@odata.type": "#Power.v1_5_0.Power",
    Id: "Power",
    Name: "Power",
    PowerControl: [{ MemberId: "0", Name: "System", PowerConsumedWatts: watts }],
  };
  const thermal = {
    "@odata.id": `${path}/Thermal`,
    "@odata.type": "#Thermal.v1_5_0.Thermal",
    Id: "Thermal",
    Name: "Thermal",
    Temperatures: [
      { MemberId: "0", Name: "Inlet Temp", ReadingCelsius: 23.5, Status: { State: "Enabled" } },
      { MemberId: "1", Name: "CPU 2 Temp", ReadingCelsius: null, Status: { State: "Absent" } },
    ],
    Fans: [{ MemberId: "0", Name: "Fan 1", Reading: 4200, ReadingUnits: "RPM" }],
  };
  const entries = [[path, chassis], [`${path}/Power`, power], [
    `${path}/Thermal`,
    thermal,
  ]] as const;
  return new Map<string, unknown>(entries);
}
